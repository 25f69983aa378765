//! `runner-gpu setup`: ONNX Runtime from PyPI, in a virtual environment of its own.
//!
//! Python is needed for this alone: the package carries the library, which the runner loads without Python. Where PyPI
//! is reached by a mirror or a folder, pip's own settings say so (`PIP_INDEX_URL`, `PIP_NO_INDEX`, `PIP_FIND_LINKS`).

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};

use crate::{
    library::{self, ENVIRONMENT},
    probe,
};

/// The release that is installed; the one that the tests run with.
const VERSION: &str = "1.31.1";

/// The oldest Python that this release has packages for.
const PYTHON: &str = "3.11";

/// Options of `setup`.
#[derive(Args, Debug)]
pub(crate) struct SetupOptions {
    /// What models will be computed on. `cuda` brings CUDA and cuDNN: 2.5 GB.
    #[arg(long, default_value = "cuda")]
    device: Kind,
    /// Where to make the environment.
    #[arg(long, default_value = ENVIRONMENT, value_name = "FOLDER")]
    into: PathBuf,
    /// The Python to make it with.
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    python: OsString,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// NVIDIA GPUs.
    Cuda,
    /// The processor.
    Cpu,
}

impl Kind {
    fn package(self) -> &'static str {
        match self {
            Self::Cuda => "onnxruntime-gpu",
            Self::Cpu => "onnxruntime",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Cuda => Self::Cpu,
            Self::Cpu => Self::Cuda,
        }
    }

    /// For the processor the library is all that is needed of the package.
    fn requirement(self) -> Vec<String> {
        match self {
            Self::Cuda => vec![format!("onnxruntime-gpu[cuda,cudnn]=={VERSION}")],
            Self::Cpu => vec!["--no-deps".to_owned(), format!("onnxruntime=={VERSION}")],
        }
    }
}

/// Makes the environment, installs, and tries the library out. Its path goes to standard output.
///
/// # Errors
/// What is missing, and what to install.
pub(crate) fn setup(options: &SetupOptions, prefix: &[OsString]) -> anyhow::Result<()> {
    let folder = std::path::absolute(&options.into).context("--into")?;
    make_environment(&options.python, &folder)?;
    let python = folder.join("bin/python");
    say(&format!("installing ONNX Runtime {VERSION} for {} into {}", options.device.package(), folder.display()));
    // The two packages share their files.
    pip(&python, &["uninstall", "--yes", options.device.other().package()].map(OsString::from), Stdio::null())?;
    let mut install: Vec<OsString> = ["install", "--only-binary=:all:", "--no-input"].map(OsString::from).to_vec();
    install.extend(options.device.requirement().into_iter().map(OsString::from));
    ensure!(
        pip(&python, &install, Stdio::inherit())?,
        "pip could not install {}; its words stand above. Without a way to PyPI, set PIP_INDEX_URL to a mirror, or \
         PIP_NO_INDEX=1 and PIP_FIND_LINKS to a folder with the packages",
        options.device.package()
    );
    let library = library::in_environment(&folder)
        .with_context(|| format!("the package in {} holds no libonnxruntime.so", folder.display()))?;
    let arguments = |device: &str| ["--device".into(), device.into(), "--library".into(), library.clone().into()];
    probe(prefix, &arguments("cpu")).context("ONNX Runtime is installed and cannot compute")?;
    if options.device == Kind::Cuda
        && let Err(error) = probe(prefix, &arguments("cuda"))
    {
        say(&format!("installed; on this machine it cannot compute on a GPU yet: {error:#}"));
    }
    writeln!(io::stdout(), "{}", library.display())?;
    if folder != std::path::absolute(ENVIRONMENT)? {
        say(&format!("start with --python {}", folder.display()));
    }
    Ok(())
}

fn make_environment(python: &OsStr, folder: &Path) -> anyhow::Result<()> {
    let exists = folder.join("pyvenv.cfg").is_file();
    let is_empty = folder.read_dir().map_or(true, |mut entries| entries.next().is_none());
    ensure!(
        exists || is_empty,
        "{} holds other files; --into names a new folder, or an environment that `setup` made",
        folder.display()
    );
    let check = format!("import sys; sys.exit(sys.version_info < ({}))", PYTHON.replace('.', ", "));
    let name = python.to_string_lossy();
    match Command::new(python).args(["-c", &check]).stdin(Stdio::null()).status() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
            "{name} is not found. Install Python {PYTHON} or newer (on Debian: apt-get install python3 python3-venv), \
             or name one with --python"
        ),
        Err(error) => return Err(error).context(format!("{name} cannot be started")),
        Ok(status) => ensure!(status.success(), "{name} is older than {PYTHON}; name a newer one with --python"),
    }
    if exists {
        return Ok(());
    }
    let mut venv = Command::new(python);
    let made = venv.args(["-m", "venv"]).arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    ensure!(made.success(), "{name} -m venv failed; its words stand above. On Debian: apt-get install python3-venv");
    Ok(())
}

/// Whether pip did it. What it says goes where it is seen: its output is progress, not this command's.
fn pip(python: &Path, arguments: &[OsString], errors: Stdio) -> anyhow::Result<bool> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "--disable-pip-version-check"]).args(arguments).stdin(Stdio::null()).stderr(errors);
    // What it downloads and how far it is, beside what goes wrong.
    let seen = arguments.first().is_some_and(|command| command == "install");
    let output = if seen { Stdio::from(io::stderr().as_fd().try_clone_to_owned()?) } else { Stdio::null() };
    let status = pip.stdout(output).status().with_context(|| format!("{} cannot be started", python.display()))?;
    Ok(status.success())
}

fn say(words: &str) {
    // Where even this cannot be written there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{words}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("thesis.txt"), "text").unwrap();
        let error = make_environment(OsStr::new("python3"), folder.path()).unwrap_err();
        assert!(error.to_string().contains("holds other files"), "{error}");
    }

    #[test]
    fn a_missing_python_is_told_with_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let error = make_environment(OsStr::new("no-such-python"), &folder.path().join("new")).unwrap_err();
        assert!(error.to_string().contains("apt-get install python3"), "{error}");
    }
}
