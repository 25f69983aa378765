//! Finding ONNX Runtime's library and loading it.

use std::{
    env,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ort::{LoadDynamicError, environment::Environment, logging::LogLevel};

use crate::device::Device;

/// What the system's loader is asked for: a link for developers, and what distributions install.
const SYSTEM_NAMES: [&str; 2] = ["libonnxruntime.so", "libonnxruntime.so.1"];

/// Where `setup` makes its environment, and where it is looked for.
pub(crate) const ENVIRONMENT: &str = "./runner-gpu-python";

/// From release 1.29 on ONNX Runtime tells its maker about the models that it computes, by a thread of its own and a file
/// in the home folder. It must be told not to before it is loaded; its interface would come too late.
pub(crate) const SILENCE: (&str, &str) = ("ORT_DISABLE_TELEMETRY", "1");

/// The oldest release whose interface is spoken here.
pub(crate) const OLDEST: u32 = ort::MINOR_VERSION;

/// Why there is no library.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A folder that was named holds no environment with ONNX Runtime.
    #[error(
        "{} holds no Python environment with ONNX Runtime. `runner-gpu setup --into {}` makes one", folder.display(),
        folder.display()
    )]
    NoEnvironment {
        /// The folder.
        folder: PathBuf,
    },
    /// It is there and cannot be loaded, or is not there.
    #[error("ONNX Runtime cannot be loaded from {}: {message}. {advice}", path.display())]
    NotLoaded {
        /// Where it was looked for.
        path: PathBuf,
        /// The loader's words.
        message: String,
        /// How to get one.
        advice: String,
    },
    /// It would report to its maker.
    #[error(
        "{}={} is not set, so that ONNX Runtime would report to its maker. The program sets it for its workers; who \
         calls the engine from another program starts that with it", SILENCE.0, SILENCE.1
    )]
    Talkative,
    /// It is older than what is spoken here.
    #[error(
        "{} is ONNX Runtime {version}, this needs 1.{OLDEST} or newer. `runner-gpu setup` installs one; or set \
         ORT_DYLIB_PATH to a newer libonnxruntime.so", path.display()
    )]
    TooOld {
        /// The library.
        path: PathBuf,
        /// Its version.
        version: String,
    },
}

/// Where an operator may have said that the library is.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The file itself.
    pub library: Option<PathBuf>,
    /// A Python environment that was named; it must hold the library.
    pub python: Option<PathBuf>,
    /// Python environments that may hold it.
    pub likely: Vec<PathBuf>,
}

impl Places {
    /// What the environment says.
    pub fn of_environment() -> Self {
        let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let likely = [Some(PathBuf::from(ENVIRONMENT)), named("VIRTUAL_ENV")].into_iter().flatten().collect();
        Self { library: named("ORT_DYLIB_PATH"), python: named("VISION_RUNNER_PYTHON"), likely }
    }
}

/// The library's file, or the name by which the system's loader is asked.
///
/// # Errors
/// When an environment that was named does not hold it.
pub fn find(places: &Places) -> Result<PathBuf, LibraryError> {
    if let Some(file) = &places.library {
        return Ok(absolute(file));
    }
    if let Some(folder) = &places.python {
        let found = in_environment(folder);
        return found.ok_or_else(|| LibraryError::NoEnvironment { folder: folder.clone() });
    }
    let found = places.likely.iter().find_map(|folder| in_environment(folder));
    Ok(found.unwrap_or_else(|| PathBuf::from(SYSTEM_NAMES[0])))
}

/// The library of the package `onnxruntime` or `onnxruntime-gpu` in a virtual environment.
pub(crate) fn in_environment(folder: &Path) -> Option<PathBuf> {
    let interpreters = sorted(&folder.join("lib"), |name| name.starts_with("python3"));
    interpreters.iter().find_map(|lib| {
        let capi = lib.join("site-packages/onnxruntime/capi");
        sorted(&capi, |name| name.starts_with("libonnxruntime.so.")).pop().map(|file| absolute(&file))
    })
}

/// Folders with CUDA's and cuDNN's libraries that were installed from PyPI beside ONNX Runtime.
pub(crate) fn cuda_folders(library: &Path) -> Vec<PathBuf> {
    let Some(packages) = library.ancestors().nth(3) else { return Vec::new() };
    sorted(&packages.join("nvidia"), |_| true)
        .into_iter()
        .map(|part| part.join("lib"))
        .filter(|lib| lib.is_dir())
        .collect()
}

fn sorted(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().and_then(OsStr::to_str).is_some_and(&wanted))
        .collect();
    found.sort();
    found
}

/// The loader looks for a name without a folder where the system keeps libraries; everything else is a file.
fn absolute(file: &Path) -> PathBuf {
    let is_name = file.parent().is_none_or(|parent| parent.as_os_str().is_empty()) && !file.exists();
    if is_name { file.to_owned() } else { std::path::absolute(file).unwrap_or_else(|_: io::Error| file.to_owned()) }
}

/// Loads the library and makes its environment, once for the process: it has room for one.
///
/// # Errors
/// When it cannot be loaded or is too old, with what to install.
pub(crate) fn load(path: &Path, device: Device) -> Result<Environment, LibraryError> {
    static LOADED: Mutex<Option<Environment>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    if env::var_os(SILENCE.0).is_none_or(|value| value != SILENCE.1) {
        return Err(LibraryError::Talkative);
    }
    if device.gpu().is_some() {
        preload(&cuda_folders(path));
    }
    let mut attempt = ort::init_from(path);
    if attempt.is_err() && path == Path::new(SYSTEM_NAMES[0]) {
        attempt = ort::init_from(SYSTEM_NAMES[1]).or(attempt);
    }
    let not_loaded =
        |message: String| LibraryError::NotLoaded { path: path.to_owned(), message, advice: advice(device) };
    let builder = attempt.map_err(|error| match error {
        LoadDynamicError::BadVersion { version_str, path } => LibraryError::TooOld { path, version: version_str },
        LoadDynamicError::Dlopen { error, .. } => not_loaded(plain(&error.to_string())),
        other => not_loaded(other.to_string()),
    })?;
    let environment = builder.with_telemetry(false).build().map_err(|error| not_loaded(error.to_string()))?;
    // What goes wrong is returned, too; a stranger's model shall not fill the log.
    environment.set_log_level(LogLevel::Fatal);
    Ok(loaded.insert(environment).clone())
}

/// CUDA's libraries find each other by name once they are loaded. One that is missing is missed when a session is made,
/// with ONNX Runtime's own words.
fn preload(folders: &[PathBuf]) {
    for name in ort::ep::cuda::CUDA_DYLIBS.iter().chain(ort::ep::cuda::CUDNN_DYLIBS) {
        if let Some(file) = folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()) {
            let _ = ort::util::preload_dylib(file);
        }
    }
}

fn advice(device: Device) -> String {
    let setup = if device.gpu().is_some() { "cuda" } else { "cpu" };
    format!(
        "`runner-gpu setup --device {setup}` installs ONNX Runtime; or set ORT_DYLIB_PATH to a libonnxruntime.so of \
         version 1.{OLDEST} or newer"
    )
}

/// The loader's sentence without the path in front, which stands in the error already.
fn plain(message: &str) -> String {
    message.rsplit_once(".so: ").map_or(message, |(_, words)| words).trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(folder: &Path) -> PathBuf {
        let capi = folder.join("lib/python3.11/site-packages/onnxruntime/capi");
        fs::create_dir_all(&capi).unwrap();
        let library = capi.join("libonnxruntime.so.1.31.1");
        fs::write(&library, b"").unwrap();
        fs::write(capi.join("libonnxruntime_providers_shared.so"), b"").unwrap();
        library
    }

    #[test]
    fn the_file_comes_before_the_environment_and_that_before_likely_ones() {
        let folder = tempfile::tempdir().unwrap();
        let (named, likely) = (folder.path().join("named"), folder.path().join("likely"));
        let (in_named, in_likely) = (environment(&named), environment(&likely));
        let mut places = Places {
            library: Some("/opt/libonnxruntime.so".into()),
            python: Some(named),
            likely: vec![folder.path().join("none"), likely],
        };
        assert_eq!(find(&places).unwrap(), Path::new("/opt/libonnxruntime.so"));
        places.library = None;
        assert_eq!(find(&places).unwrap(), in_named);
        places.python = None;
        assert_eq!(find(&places).unwrap(), in_likely);
        places.likely.pop();
        assert_eq!(find(&places).unwrap(), Path::new("libonnxruntime.so"));
    }

    #[test]
    fn a_named_environment_without_the_library_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { python: Some(folder.path().to_owned()), ..Places::default() };
        let error = find(&places).unwrap_err().to_string();
        assert!(error.contains("runner-gpu setup --into"), "{error}");
    }

    #[test]
    fn cuda_from_pypi_is_found_beside_the_library() {
        let folder = tempfile::tempdir().unwrap();
        let library = environment(folder.path());
        let packages = folder.path().join("lib/python3.11/site-packages");
        for part in ["nvidia/cu13/lib", "nvidia/cudnn/lib", "nvidia/other"] {
            fs::create_dir_all(packages.join(part)).unwrap();
        }
        assert_eq!(cuda_folders(&library), [packages.join("nvidia/cu13/lib"), packages.join("nvidia/cudnn/lib")]);
        assert!(cuda_folders(Path::new("libonnxruntime.so")).is_empty());
    }
}
