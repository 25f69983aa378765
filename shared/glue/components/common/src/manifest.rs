//! The part of `app.json` that standard glue reads. The host has checked it, and has filled in
//! nothing below `Models`: what is left out there has its default here.

mod heads;
mod output;

use miniserde::Deserialize;

pub use heads::Head;
pub use output::{Attribute, Blank, Output, Steps};

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

fn one_or_more(list: Option<&Vec<f32>>, default: f32) -> Vec<f32> {
    match list {
        Some(list) if !list.is_empty() => list.clone(),
        _ => vec![default],
    }
}

#[cfg(test)]
mod tests {
    use super::{Blank, Channels, Fit, Head, Layout, Manifest};

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
        assert_eq!((output.score_threshold(0.3), output.iou_threshold()), (0.5, 0.45));
    }

    #[test]
    fn every_key_of_the_output_is_read() {
        let text = r#"{"Models":[{"Name":"m","Output":{"Head":"YOLOv2","Name":"grid","Anchors":[[1.5,2],[3,4]],
            "MaskThreshold":0.2,"Class":15,"Layout":"NHWC","Channels":"BGR","Mean":[1],"Gallery":"assets/g.bin",
            "Blank":"Last","Unclip":2,"Attributes":[{"Name":"age","Output":"a","Head":"Value","Scale":10,"Offset":1},
            {"Name":"gender","Classes":["male","female"]}]}}]}"#;
        let manifest: Manifest = miniserde::json::from_str(text).unwrap();
        let output = manifest.models[0].output();
        assert_eq!((output.head, output.name.as_deref()), (Some(Head::Yolov2), Some("grid")));
        assert_eq!(output.anchors(), [(1.5, 2.0), (3.0, 4.0)]);
        assert_eq!((output.mask_threshold(0.5), output.class, output.unclip()), (0.2, Some(15), 2.0));
        assert_eq!((output.layout, output.channels), (Some(Layout::Nhwc), Some(Channels::Bgr)));
        assert_eq!((output.gallery.as_deref(), output.blank), (Some("assets/g.bin"), Some(Blank::Last)));
        let [age, gender] = output.attributes() else { panic!("two attributes") };
        assert_eq!((age.output.as_deref(), age.head, age.value(2.0)), (Some("a"), Some(Head::Value), 21.0));
        assert_eq!((gender.classes(), gender.value(2.0)), (&["male".to_owned(), "female".to_owned()][..], 2.0));
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let manifest: Manifest = miniserde::json::from_str(r#"{"Models":[{"Name":"m"}]}"#).unwrap();
        let (input, output) = (manifest.models[0].input(), manifest.models[0].output());
        assert_eq!((input.divisor(), input.mean(), input.deviation()), (1.0, vec![0.0], vec![1.0]));
        assert_eq!(input.pad().red, 114);
        assert_eq!((output.strides(), output.score_threshold(0.3)), (vec![8, 16, 32], 0.3));
        assert!(output.attributes().is_empty() && output.anchors().is_empty());
    }

    #[test]
    fn a_picture_is_denormalised_as_stated_or_as_the_input_was_normalised() {
        let steps = |output: &str| {
            let text = format!(
                r#"{{"Models":[{{"Name":"m","Input":{{"Divisor":255,"Mean":[0.5]}},"Output":{{{output}}}}}]}}"#
            );
            let manifest: Manifest = miniserde::json::from_str(&text).unwrap();
            let steps = manifest.models[0].output().steps(&manifest.models[0].input());
            (steps.divisor, steps.mean, steps.deviation)
        };
        assert_eq!(steps(""), (255.0, vec![0.5], vec![1.0]));
        assert_eq!(steps(r#""Divisor":127.5,"Mean":[1]"#), (127.5, vec![1.0], vec![1.0]));
        assert_eq!(steps(r#""Std":[2]"#), (1.0, vec![0.0], vec![2.0]));
    }
}
