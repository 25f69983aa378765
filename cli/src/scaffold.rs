//! The files of a new app.

mod icon;
mod names;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Map, Value, json};
use vision_protocol::{
    Manifest,
    manifest::{RunnerNeeds, Task},
};

use crate::{
    expectation,
    propose::{GALLERY, Proposal},
};

pub(crate) use names::{identifier, plain, title};

/// What a new app is made of.
pub(crate) struct Scaffold<'a> {
    /// What people see.
    pub(crate) title: &'a str,
    /// How the model is used.
    pub(crate) proposal: &'a Proposal,
    /// The model's file, and its content.
    pub(crate) model: (&'a Path, &'a [u8]),
    /// A place for a file of labels, and its content: one per line.
    pub(crate) labels: Option<(&'a str, &'a str)>,
    /// The vectors that labels belong to.
    pub(crate) gallery: Option<&'a [u8]>,
    /// The photo's file, and its content.
    pub(crate) photo: Option<(&'a Path, &'a [u8])>,
    /// The engine that it needs, if it is not the one of every runner.
    pub(crate) engine: Option<&'a str>,
}

/// Where labels lie in an app.
pub(crate) const LABELS: &str = "assets/labels.txt";

impl Scaffold<'_> {
    /// Writes all files into a folder that is there and empty, but for what the example expects.
    ///
    /// # Errors
    /// What cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let put = |path: &str, content: &[u8]| {
            let file = folder.join(path);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))
        };
        let manifest = self.manifest();
        put(Manifest::FILE, (manifest.to_json() + "\n").as_bytes())?;
        put(&manifest.models[0].file, self.model.1)?;
        if let Some((path, labels)) = self.labels {
            put(path, labels.as_bytes())?;
        }
        if let Some(gallery) = self.gallery {
            put(GALLERY, gallery)?;
        }
        put(
            "icon.svg",
            icon::svg(self.title, self.proposal.known().map(|known| known.sign).unwrap_or_default()).as_bytes(),
        )?;
        put("README.md", self.readme().as_bytes())?;
        let Some(example) = self.example() else { return Ok(()) };
        let mut inputs = Map::new();
        if let (Some((_, content)), Some(name)) = (self.photo, self.photo_name()) {
            put(&format!("examples/{example}/{name}"), content)?;
            inputs.insert(Task::PHOTO.to_owned(), name.into());
        }
        for parameter in manifest.app_parameters {
            inputs.extend(parameter.default.map(|value| (parameter.name, value)));
        }
        put(&format!("examples/{example}/inputs.json"), (pretty(&inputs.into()) + "\n").as_bytes())
    }

    /// Writes what the example expects from now on.
    ///
    /// # Errors
    /// What cannot be written.
    pub(crate) fn expect(&self, folder: &Path, manifest: &Manifest, result: &Map<String, Value>) -> anyhow::Result<()> {
        let Some(example) = self.example() else { return Ok(()) };
        let file = folder.join("examples").join(example).join("expected.json");
        let expected = expectation::of(manifest, result, None);
        fs::write(&file, pretty(&expected) + "\n").with_context(|| format!("{} cannot be written", file.display()))
    }

    /// The name of the example: that of the photo, if it takes one.
    fn example(&self) -> Option<String> {
        if self.proposal.task == Task::Generation {
            return Some("first".to_owned());
        }
        let stem = self.photo?.0.file_stem()?.to_string_lossy().into_owned();
        Some(plain(&stem, "photo").to_lowercase())
    }

    fn photo_name(&self) -> Option<String> {
        let (_, content) = self.photo.filter(|_| self.proposal.task != Task::Generation)?;
        let extension = match content {
            [0xff, 0xd8, ..] => "jpg",
            [b'R', b'I', b'F', b'F', ..] => "webp",
            [b'G', b'I', b'F', ..] => "gif",
            [b'B', b'M', ..] => "bmp",
            _ => "png",
        };
        Some(format!("photo.{extension}"))
    }

    fn manifest(&self) -> Manifest {
        let stem = self.model.0.file_stem().unwrap_or_default().to_string_lossy();
        let file = plain(&stem, "model");
        let model =
            self.proposal.model(&identifier(&stem), &format!("models/{file}.onnx"), self.labels.map(|(path, _)| path));
        let mut manifest = self.proposal.manifest(self.title, model);
        if let Some(known) = self.proposal.known() {
            manifest.category = known.category.to_owned();
            manifest.description = known.description.to_owned();
        }
        manifest.runner =
            self.engine.map(|engine| RunnerNeeds { engine: Some(engine.to_owned()), ..RunnerNeeds::default() });
        manifest
    }

    fn readme(&self) -> String {
        let model = self.model.0.file_name().unwrap_or_default().to_string_lossy();
        let description = self.proposal.known().map(|known| known.description).unwrap_or_default();
        let head = self.proposal.output.head.map(|head| json!(head).as_str().unwrap_or_default().to_owned());
        let head = head.map(|head| format!(" Its output is read as {head}.")).unwrap_or_default();
        let (pixels, run) = match self.proposal.task {
            Task::Generation => (String::new(), "vision run . --input Seed=2      "),
            _ => {
                let pixels = &self.proposal.preprocessing;
                (format!(" A photo becomes its input so: {pixels}."), "vision run . --image photo.jpg   ")
            }
        };
        format!(
            "# {title}\n\n{description}\n\nThe model is `{model}`.{pixels}{head}\n\n\
             ```sh\n{run} # run it here\nvision test .                     # run its examples\n\
             vision pack .                     # make the zip that a marketplace takes\n```\n",
            title = self.title,
        )
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A folder for a new app beside the place where it will be, so that it can be moved there in one step.
///
/// # Errors
/// When something is there already, or nothing can be made there.
pub(crate) fn begin(folder: &Path) -> anyhow::Result<tempfile::TempDir> {
    let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if folder.exists() && !is_empty {
        anyhow::bail!("{} is there already: give another name, or remove it", folder.display());
    }
    let beside = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&beside).with_context(|| format!("{} cannot be made", beside.display()))?;
    tempfile::Builder::new()
        .prefix(".vision-new-")
        .tempdir_in(&beside)
        .with_context(|| format!("nothing can be made in {}", beside.display()))
}

/// Moves the finished app to its place.
///
/// # Errors
/// When it cannot be moved there.
pub(crate) fn finish(made: tempfile::TempDir, folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // A temporary folder is for its owner alone; an app's is like any other.
    fs::set_permissions(made.path(), fs::Permissions::from_mode(0o755))?;
    // It may take the place of an empty folder.
    fs::rename(made.path(), folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    // It is not there any more, so that nothing is left to be removed.
    let _ = made.keep();
    Ok(())
}
