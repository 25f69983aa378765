//! The part of `app.json` that standard glue reads. The host has checked it, and has filled in
//! nothing below `Models`: what is left out there has its default here.

use miniserde::Deserialize;

use crate::bindings::vision::app::{assets, images};

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "Models")]
    models: Vec<Model>,
}

/// One entry of `Models`.
#[derive(Deserialize)]
pub struct Model {
    /// The name that it is loaded by.
    #[serde(rename = "Name")]
    pub name: String,
    /// Path of the file with the names of its classes.
    #[serde(rename = "Labels")]
    pub labels: Option<String>,
    #[serde(rename = "Input")]
    input: Option<Input>,
    #[serde(rename = "Output")]
    output: Option<Output>,
}

/// How a photo becomes the model's input.
#[derive(Clone, Default, Deserialize)]
pub struct Input {
    /// Pixels.
    #[serde(rename = "Width")]
    pub width: Option<u32>,
    /// Pixels.
    #[serde(rename = "Height")]
    pub height: Option<u32>,
    /// Order of the dimensions.
    #[serde(rename = "Layout")]
    pub layout: Option<Layout>,
    /// Order of the channels.
    #[serde(rename = "Channels")]
    pub channels: Option<Channels>,
    #[serde(rename = "Divisor")]
    divisor: Option<f32>,
    #[serde(rename = "Mean")]
    mean: Option<Vec<f32>>,
    #[serde(rename = "Std")]
    deviation: Option<Vec<f32>>,
    /// How a photo of another aspect ratio is fitted.
    #[serde(rename = "Fit")]
    pub fit: Option<Fit>,
    #[serde(rename = "Pad")]
    pad: Option<u8>,
    #[serde(rename = "Anchor")]
    anchor: Option<Anchor>,
}

/// How the model's output becomes a result.
#[derive(Clone, Default, Deserialize)]
pub struct Output {
    /// The form of the output.
    #[serde(rename = "Head")]
    pub head: Option<Head>,
    #[serde(rename = "Strides")]
    strides: Option<Vec<u32>>,
    #[serde(rename = "ScoreThreshold")]
    score_threshold: Option<f32>,
    #[serde(rename = "IouThreshold")]
    iou_threshold: Option<f32>,
    /// How many labels or boxes are answered at most.
    #[serde(rename = "Top")]
    pub top: Option<u32>,
}

/// Order of a tensor's dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub enum Layout {
    /// Batch, channel, row, column.
    #[serde(rename = "NCHW")]
    Nchw,
    /// Batch, row, column, channel.
    #[serde(rename = "NHWC")]
    Nhwc,
}

/// Order of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub enum Channels {
    /// Red, green, blue.
    #[serde(rename = "RGB")]
    Rgb,
    /// Blue, green, red.
    #[serde(rename = "BGR")]
    Bgr,
    /// Luma alone.
    #[serde(rename = "GRAY")]
    Gray,
}

/// How a photo of another aspect ratio is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub enum Fit {
    /// Both sides scaled on their own.
    Stretch,
    /// The short side scaled, the centre cut out.
    Crop,
    /// The long side scaled, the rest padded.
    Letterbox,
}

#[derive(Clone, Copy, Deserialize)]
enum Anchor {
    TopLeft,
    Center,
}

/// The form of a model's output.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub enum Head {
    /// One number per class, softmax still to be done.
    Logits,
    /// One probability per class.
    Softmax,
    /// Rows of cx, cy, w, h (grid cells, log scale), objectness, class scores.
    #[serde(rename = "YOLOX")]
    Yolox,
    /// `[1, 4 + classes, n]`, cx, cy, w, h in input pixels.
    #[serde(rename = "YOLOv8")]
    Yolov8,
    /// Boxes `[1, n, 4]` and class scores `[1, n, classes]`.
    #[serde(rename = "SSD")]
    Ssd,
}

impl Model {
    /// The app's first model, as the manifest describes it.
    ///
    /// # Errors
    /// If there is none.
    pub fn first() -> Result<Self, String> {
        let bytes = assets::read("app.json")?;
        let manifest = str::from_utf8(&bytes).ok().and_then(|text| miniserde::json::from_str::<Manifest>(text).ok());
        let models = manifest.ok_or("app.json: Models cannot be read")?.models;
        models.into_iter().next().ok_or_else(|| "app.json: Models is empty".to_owned())
    }

    /// How a photo becomes its input.
    pub fn input(&self) -> Input {
        self.input.clone().unwrap_or_default()
    }

    /// How its output becomes a result.
    pub fn output(&self) -> Output {
        self.output.clone().unwrap_or_default()
    }
}

impl Input {
    /// What pixels are divided by.
    pub fn divisor(&self) -> f32 {
        self.divisor.unwrap_or(1.0)
    }

    /// Mean of each channel, or of all.
    pub fn mean(&self) -> Vec<f32> {
        one_or_more(self.mean.as_ref(), 0.0)
    }

    /// Standard deviation of each channel, or of all.
    pub fn deviation(&self) -> Vec<f32> {
        one_or_more(self.deviation.as_ref(), 1.0)
    }

    /// The colour around a letterboxed photo.
    pub fn pad(&self) -> images::Color {
        let grey = self.pad.unwrap_or(114);
        images::Color { red: grey, green: grey, blue: grey }
    }

    /// Where a letterboxed photo lies.
    pub fn anchor(&self) -> images::Anchor {
        match self.anchor {
            Some(Anchor::Center) => images::Anchor::Center,
            Some(Anchor::TopLeft) | None => images::Anchor::TopLeft,
        }
    }
}

impl Output {
    /// Pixels per cell of each level.
    pub fn strides(&self) -> Vec<u32> {
        match &self.strides {
            Some(strides) if !strides.is_empty() => strides.clone(),
            _ => vec![8, 16, 32],
        }
    }

    /// Boxes below are dropped. Never 0: a score of 0 says that nothing is there.
    pub fn score_threshold(&self) -> f32 {
        self.score_threshold.unwrap_or(0.3).max(f32::MIN_POSITIVE)
    }

    /// Of two boxes of one class that overlap by more, the weaker goes.
    pub fn iou_threshold(&self) -> f32 {
        self.iou_threshold.unwrap_or(0.45)
    }
}

fn one_or_more(list: Option<&Vec<f32>>, default: f32) -> Vec<f32> {
    match list {
        Some(list) if !list.is_empty() => list.clone(),
        _ => vec![default],
    }
}

#[cfg(test)]
mod tests {
    use super::{Fit, Head, Layout, Manifest};

    #[test]
    fn every_key_is_read() {
        let text = r#"{"Name":"x","Version":"1.0.0","Task":"detection","Models":[{"Name":"m","File":"models/m.onnx",
            "Input":{"Width":416,"Layout":"NHWC","Channels":"BGR","Divisor":255,"Mean":[0.5],"Std":[1,-2.5,3],
            "Fit":"Stretch","Pad":0,"Anchor":"Center"},"Output":{"Head":"SSD","Strides":[8],"ScoreThreshold":0.5}}]}"#;
        let manifest: Manifest = miniserde::json::from_str(text).unwrap();
        let (input, output) = (manifest.models[0].input(), manifest.models[0].output());
        assert_eq!((input.width, input.height, input.divisor()), (Some(416), None, 255.0));
        assert_eq!((input.layout, input.fit), (Some(Layout::Nhwc), Some(Fit::Stretch)));
        assert_eq!((input.mean(), input.deviation()), (vec![0.5], vec![1.0, -2.5, 3.0]));
        assert_eq!((output.head, output.strides()), (Some(Head::Ssd), vec![8]));
        assert_eq!((output.score_threshold(), output.iou_threshold()), (0.5, 0.45));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let manifest: Manifest = miniserde::json::from_str(r#"{"Models":[{"Name":"m"}]}"#).unwrap();
        let (input, output) = (manifest.models[0].input(), manifest.models[0].output());
        assert_eq!((input.divisor(), input.mean(), input.deviation()), (1.0, vec![0.0], vec![1.0]));
        assert_eq!(input.pad().red, 114);
        assert_eq!((output.strides(), output.score_threshold()), (vec![8, 16, 32], 0.3));
    }
}
