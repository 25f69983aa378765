//! The models of the comparison, from `models.json`, which the peers read too, and the apps made of them.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, anyhow};
use image::{RgbImage, imageops};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vision_runner::engine::{Data, Tensor};
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

    /// What the model sees of a photo, more or less: numbers like those that it will have to compute with.
    pub(crate) fn input(&self, photo: &RgbImage) -> Result<Tensor> {
        let (width, height) = (self.width as usize, self.height as usize);
        let scaled = imageops::thumbnail(photo, self.width, self.height);
        let number = |pixel: usize, channel: usize| {
            let from = if self.channels == "BGR" { 2 - channel } else { channel };
            let step = |list: &[f64]| list.get(channel).or(list.first()).copied().unwrap_or_default();
            let value = f64::from(scaled.as_raw()[3 * pixel + from]) / self.divisor;
            ((value - step(&self.mean)) / step(&self.std)) as f32
        };
        let (shape, numbers) = if self.layout == "NHWC" {
            let numbers = (0..width * height).flat_map(|pixel| [0, 1, 2].map(|channel| number(pixel, channel)));
            ([1, height, width, 3], numbers.collect())
        } else {
            let plane = |channel| (0..width * height).map(move |pixel| number(pixel, channel));
            let mut numbers = Vec::with_capacity(3 * width * height);
            (0..3).for_each(|channel| numbers.extend(plane(channel)));
            ([1, 3, height, width], numbers)
        };
        Tensor::new(shape, Data::Float32(numbers)).map_err(|message| anyhow!(message))
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
