//! What an app is made of, read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::Options;
use crate::{
    local::Engine,
    model::{Graph, Measured, Measurement, Which, measure},
    progress::Progress,
    propose::{self, Frame},
};

/// All that was given, read.
pub(super) struct Material {
    pub(super) model: (PathBuf, Vec<u8>),
    /// One label per line.
    pub(super) labels: Option<String>,
    pub(super) photo: Option<(PathBuf, Vec<u8>)>,
    pub(super) graph: Graph,
}

impl Material {
    /// Reads the model, and what was given beside it.
    ///
    /// # Errors
    /// What cannot be read, or is something else than it should be.
    pub(super) fn read(options: &Options, model: &Path) -> anyhow::Result<Self> {
        let graph = Graph::read(model)?;
        let labels = match &options.labels {
            Some(path) => Some(labels(path)?),
            None => propose::labels_of_metadata(&graph.metadata).map(|names| names.join("\n") + "\n"),
        };
        let photo = options.photo.as_ref().map(|path| Ok::<_, anyhow::Error>((path.clone(), content(path)?)));
        Ok(Self { model: (model.to_owned(), content(model)?), labels, photo: photo.transpose()?, graph })
    }

    /// The labels, one by one.
    pub(super) fn labels_of_classes(&self) -> Option<Vec<String>> {
        self.labels.as_ref().map(|labels| labels.lines().map(ToOwned::to_owned).collect())
    }

    /// Whether the engine takes the model; if not, why, and what can be done.
    ///
    /// # Errors
    /// When the engine is not on this machine.
    pub(super) fn measured(&self, options: &Options) -> anyhow::Result<Result<Measured, String>> {
        let which = if options.runner.engine() == Engine::Onnxruntime { Which::Onnxruntime } else { Which::Tract };
        let progress = Progress::new(&format!("computing with {}", which.name()));
        let frame = Frame::of(&self.graph, options.asked.size).map(|frame| (frame.width, frame.height));
        let measurement = measure(which, &self.model.0, frame)?;
        drop(progress);
        Ok(match measurement {
            Measurement::Computes(measured) => Ok(measured),
            Measurement::Missing { why } => bail!("{why}"),
            Measurement::Refuses { why } if which == Which::Tract => {
                Err(format!("{why}. --engine onnxruntime makes an app for runners with ONNX Runtime"))
            }
            Measurement::Refuses { why } => Err(why),
        })
    }
}

/// A file's bytes.
///
/// # Errors
/// When it cannot be read.
pub(super) fn content(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A file of labels, with line ends as everywhere. Spaces stay, because a space may be one of the characters.
///
/// # Errors
/// When it is no text, or empty.
pub(super) fn labels(path: &Path) -> anyhow::Result<String> {
    let text = String::from_utf8(content(path)?)
        .ok()
        .with_context(|| format!("{} is not UTF-8 text, one label per line", path.display()))?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let text = text.trim_end_matches('\n');
    if text.trim().is_empty() {
        bail!("{} is empty: it must hold one label per line", path.display());
    }
    Ok(text.to_owned() + "\n")
}
