//! How a model's output becomes a result.

use miniserde::Deserialize;

use super::{Channels, Head, Input, Layout, one_or_more};

/// How the model's output becomes a result.
#[derive(Clone, Default, Deserialize)]
pub struct Output {
    /// The form of the output.
    #[serde(rename = "Head")]
    pub head: Option<Head>,
    /// The name of the output that is read.
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "Strides")]
    strides: Option<Vec<u32>>,
    #[serde(rename = "Anchors")]
    anchors: Option<Vec<(f32, f32)>>,
    #[serde(rename = "ScoreThreshold")]
    score_threshold: Option<f32>,
    #[serde(rename = "IouThreshold")]
    iou_threshold: Option<f32>,
    #[serde(rename = "MaskThreshold")]
    mask_threshold: Option<f32>,
    /// How many labels or boxes are answered at most.
    #[serde(rename = "Top")]
    pub top: Option<u32>,
    /// The one class whose mask is asked for.
    #[serde(rename = "Class")]
    pub class: Option<u32>,
    /// Order of a picture's dimensions.
    #[serde(rename = "Layout")]
    pub layout: Option<Layout>,
    /// Order of a picture's channels.
    #[serde(rename = "Channels")]
    pub channels: Option<Channels>,
    #[serde(rename = "Divisor")]
    divisor: Option<f32>,
    #[serde(rename = "Mean")]
    mean: Option<Vec<f32>>,
    #[serde(rename = "Std")]
    deviation: Option<Vec<f32>>,
    /// Path of the file with the vectors to compare with.
    #[serde(rename = "Gallery")]
    pub gallery: Option<String>,
    #[serde(rename = "Attributes")]
    attributes: Option<Vec<Attribute>>,
    /// Where “no character” stands among the classes.
    #[serde(rename = "Blank")]
    pub blank: Option<Blank>,
    #[serde(rename = "Unclip")]
    unclip: Option<f32>,
}

/// Something that describes a photo.
#[derive(Clone, Default, Deserialize)]
pub struct Attribute {
    /// What people see.
    #[serde(rename = "Name")]
    pub name: String,
    /// The name of the output that it is read from.
    #[serde(rename = "Output")]
    pub output: Option<String>,
    /// What its numbers are.
    #[serde(rename = "Head")]
    pub head: Option<Head>,
    #[serde(rename = "Classes")]
    classes: Option<Vec<String>>,
    #[serde(rename = "Scale")]
    scale: Option<f32>,
    #[serde(rename = "Offset")]
    offset: Option<f32>,
}

/// Where a list of characters leaves room for “no character”.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub enum Blank {
    /// Before the first character.
    First,
    /// Behind the last character.
    Last,
}

/// Divisor, mean and deviation that turn a model's numbers back into pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// What pixels were divided by.
    pub divisor: f32,
    /// Mean of each channel, or of all.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel, or of all.
    pub deviation: Vec<f32>,
}

impl Output {
    /// Pixels per cell of each level, if they are stated.
    pub fn stated_strides(&self) -> Option<&[u32]> {
        self.strides.as_deref().filter(|strides| !strides.is_empty())
    }

    /// Pixels per cell of each level.
    pub fn strides(&self) -> Vec<u32> {
        self.stated_strides().unwrap_or(&[8, 16, 32]).to_vec()
    }

    /// Width and height of each anchor, in cells.
    pub fn anchors(&self) -> &[(f32, f32)] {
        self.anchors.as_deref().unwrap_or_default()
    }

    /// What scores below is dropped, if that is stated.
    pub fn stated_score_threshold(&self) -> Option<f32> {
        self.score_threshold
    }

    /// What scores below is dropped. Never 0: a score of 0 says that nothing is there.
    pub fn score_threshold(&self, default: f32) -> f32 {
        self.score_threshold.unwrap_or(default).max(f32::MIN_POSITIVE)
    }

    /// Of two boxes of one class that overlap by more, the weaker goes.
    pub fn iou_threshold(&self) -> f32 {
        self.iou_threshold.unwrap_or(0.45)
    }

    /// What lies within a mask: above this.
    pub fn mask_threshold(&self, default: f32) -> f32 {
        self.mask_threshold.unwrap_or(default)
    }

    /// What is read from which output.
    pub fn attributes(&self) -> &[Attribute] {
        self.attributes.as_deref().unwrap_or_default()
    }

    /// How far a region of text is grown.
    pub fn unclip(&self) -> f32 {
        self.unclip.unwrap_or(1.5)
    }

    /// How the numbers of a picture become pixels: as stated, or as those of the input are undone.
    pub fn steps(&self, input: &Input) -> Steps {
        if self.divisor.is_none() && self.mean.is_none() && self.deviation.is_none() {
            return Steps { divisor: input.divisor(), mean: input.mean(), deviation: input.deviation() };
        }
        Steps {
            divisor: self.divisor.unwrap_or(1.0),
            mean: one_or_more(self.mean.as_ref(), 0.0),
            deviation: one_or_more(self.deviation.as_ref(), 1.0),
        }
    }
}

impl Attribute {
    /// The names of its classes.
    pub fn classes(&self) -> &[String] {
        self.classes.as_deref().unwrap_or_default()
    }

    /// A number as people read it.
    pub fn value(&self, number: f32) -> f32 {
        number * self.scale.unwrap_or(1.0) + self.offset.unwrap_or(0.0)
    }
}
