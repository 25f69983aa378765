//! The models of the comparison, from `models.json`, which the peers read too, and the apps made of them.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

/// One model, and how a photo becomes its input.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(crate) name: String,
    task: String,
    pub(crate) file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    labels: Option<String>,
    width: u32,
    height: u32,
    layout: String,
    channels: String,
    divisor: f64,
    mean: Vec<f64>,
    std: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score_threshold: Option<f64>,
}

/// All of them.
pub(crate) fn all() -> Result<Vec<Model>> {
    serde_json::from_str(include_str!("../models.json")).context("models.json")
}

impl Model {
    /// What the peers are told.
    pub(crate) fn spec(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// The model as an app.
    pub(crate) fn package(&self, data: &Path) -> Result<Vec<u8>> {
        let models = data.join("models");
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut add = |name: &str, bytes: &[u8]| -> Result<()> {
            zip.start_file(name, SimpleFileOptions::default())?;
            zip.write_all(bytes)?;
            Ok(())
        };
        add("app.json", self.manifest().to_string().as_bytes())?;
        add("models/model.onnx", &fs::read(models.join(&self.file))?)?;
        if let Some(labels) = &self.labels {
            add("assets/labels.txt", &fs::read(models.join(labels))?)?;
        }
        Ok(zip.finish()?.into_inner())
    }

    fn manifest(&self) -> Value {
        let mut manifest = json!({
            "Name": self.name,
            "Version": "1.0.0",
            "Task": self.task,
            "Models": [{
                "Name": "model",
                "File": "models/model.onnx",
                "Input": {
                    "Width": self.width,
                    "Height": self.height,
                    "Layout": self.layout,
                    "Channels": self.channels,
                    "Divisor": self.divisor,
                    "Mean": self.mean,
                    "Std": self.std
                }
            }]
        });
        let model = &mut manifest["Models"][0];
        if self.labels.is_some() {
            model["Labels"] = json!("assets/labels.txt");
        }
        if let Some(fit) = &self.fit {
            model["Input"]["Fit"] = json!(fit);
        }
        if let Some(head) = &self.head {
            model["Output"] = json!({ "Head": head });
        }
        if let Some(threshold) = self.score_threshold {
            model["Output"]["ScoreThreshold"] = json!(threshold);
        }
        manifest
    }
}
