//! The files of a new app.

mod icon;
mod names;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Map, Value, json};
use vision_protocol::{Manifest, manifest::RunnerNeeds};

use crate::{expectation, propose::Proposal};

pub(crate) use names::title;

/// What a new app is made of.
pub(crate) struct Scaffold<'a> {
    /// What people see.
    pub(crate) title: &'a str,
    /// How the model is used.
    pub(crate) proposal: &'a Proposal,
    /// The model's file, and its content.
    pub(crate) model: (&'a Path, &'a [u8]),
    /// One label per line.
    pub(crate) labels: Option<&'a str>,
    /// The photo's file, and its content.
    pub(crate) photo: Option<(&'a Path, &'a [u8])>,
    /// The engine that it needs, if it is not the one of every runner.
    pub(crate) engine: Option<&'a str>,
}

const LABELS: &str = "assets/labels.txt";

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
        if let Some(labels) = self.labels {
            put(LABELS, labels.as_bytes())?;
        }
        put(
            "icon.svg",
            icon::svg(self.title, self.proposal.known().map(|known| known.sign).unwrap_or_default()).as_bytes(),
        )?;
        put("README.md", self.readme().as_bytes())?;
        if let Some((_, content)) = self.photo {
            let example = self.example().unwrap_or_default();
            let name = self.photo_name().unwrap_or_default();
            put(&format!("examples/{example}/{name}"), content)?;
            let inputs = json!({ "Image": name });
            put(&format!("examples/{example}/inputs.json"), (pretty(&inputs) + "\n").as_bytes())?;
        }
        Ok(())
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

    /// The name of the example that the photo makes.
    pub(crate) fn example(&self) -> Option<String> {
        let stem = self.photo?.0.file_stem()?.to_string_lossy().into_owned();
        Some(names::plain(&stem, "photo").to_lowercase())
    }

    fn photo_name(&self) -> Option<String> {
        let extension = match self.photo?.1 {
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
        let plain = names::plain(&stem, "model");
        let model = self.proposal.model(
            &names::identifier(&stem),
            &format!("models/{plain}.onnx"),
            self.labels.map(|_| LABELS),
        );
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
        let head = head.map(|head| format!("; its output is read as {head}")).unwrap_or_default();
        format!(
            "# {title}\n\n{description}\n\nThe model is `{model}`. A photo becomes its input as {pixels}{head}.\n\n\
             ```sh\nvision run . --image photo.jpg    # run it here\nvision test .                     # run its examples\n\
             vision pack .                     # make the zip that a marketplace takes\n```\n",
            title = self.title,
            pixels = self.proposal.preprocessing,
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
