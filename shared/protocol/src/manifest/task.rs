//! Tasks: what the standard glue does for apps without code, what it reads and what it answers with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Head, Model};
use crate::{
    parameters::{Parameter, ParameterType},
    results::{ResultType, ResultVariable, StandardLayout},
};

/// Tasks that have standard glue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Which label fits the photo; with a head `Sigmoid`, which labels do.
    Classification,
    /// What is on the photo, and where.
    Detection,
    /// Which class each part of the photo is of; or where one class is, as a soft mask.
    Segmentation,
    /// A picture made of the photo: in another style, with more pixels, with more light.
    ImageToImage,
    /// Where certain points lie: of a face, a hand, a body.
    Keypoints,
    /// The photo as a vector; with a `Gallery`, the labels of the nearest vectors there.
    Embedding,
    /// Numbers and classes that describe the photo, as `Attributes` names them: an age, an expression.
    Attributes,
    /// Where text stands on the photo.
    TextDetection,
    /// What the line of text on the photo says.
    TextRecognition,
    /// A picture made of a class and a seed, without a photo.
    Generation,
}

impl Task {
    /// All tasks.
    pub const ALL: [Self; 10] = [
        Self::Classification,
        Self::Detection,
        Self::Segmentation,
        Self::ImageToImage,
        Self::Keypoints,
        Self::Embedding,
        Self::Attributes,
        Self::TextDetection,
        Self::TextRecognition,
        Self::Generation,
    ];

    /// The parameter that holds the photo.
    pub const PHOTO: &str = "Image";
    /// The parameter that says of which class a generated picture is to be.
    pub const CLASS: &str = "Class";
    /// The parameter that makes one generated picture differ from another.
    pub const SEED: &str = "Seed";

    /// The name that a manifest uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Detection => "detection",
            Self::Segmentation => "segmentation",
            Self::ImageToImage => "image-to-image",
            Self::Keypoints => "keypoints",
            Self::Embedding => "embedding",
            Self::Attributes => "attributes",
            Self::TextDetection => "text-detection",
            Self::TextRecognition => "text-recognition",
            Self::Generation => "generation",
        }
    }

    /// What the standard glue of this task answers with, which may depend on how the model is described.
    pub fn results(self, model: Option<&Model>) -> Vec<ResultVariable> {
        let has_gallery = model.and_then(|model| model.output.as_ref()).is_some_and(|output| output.gallery.is_some());
        let results: &[(&str, ResultType, &str)] = match self {
            Self::Classification => &[("labels", ResultType::Labels, "Labels")],
            Self::Detection => &[("boxes", ResultType::Boxes, "Objects")],
            Self::Segmentation => {
                &[("mask", ResultType::Image, "Mask"), ("labels", ResultType::Labels, "Share of the photo")]
            }
            Self::ImageToImage | Self::Generation => &[("picture", ResultType::Image, "Picture")],
            Self::Keypoints => &[("points", ResultType::Points, "Points")],
            Self::Embedding if has_gallery => &[("labels", ResultType::Labels, "Nearest")],
            Self::Embedding => &[("embedding", ResultType::Json, "Vector")],
            Self::Attributes => &[("attributes", ResultType::Table, "Attributes")],
            Self::TextDetection => &[("regions", ResultType::Polygons, "Text")],
            Self::TextRecognition => {
                &[("text", ResultType::Text, "Text"), ("confidence", ResultType::Number, "Confidence")]
            }
        };
        let variable = |&(name, result_type, label): &(&str, ResultType, &str)| ResultVariable {
            result_type,
            name: name.to_owned(),
            label: label.to_owned(),
            description: String::new(),
        };
        results.iter().map(variable).collect()
    }

    /// What the standard glue of this task reads.
    pub fn parameters(self) -> Vec<Parameter> {
        match self {
            Self::Generation => vec![
                number(Self::CLASS, "Which class, counted from 0"),
                number(Self::SEED, "Each number gives another picture, and the same one always the same"),
            ],
            _ => vec![Parameter {
                label: "Photo".to_owned(),
                required: true,
                ..parameter(ParameterType::Image, Self::PHOTO, "Choose a photo, or take one")
            }],
        }
    }

    /// The forms of output that the standard glue of this task can read.
    pub fn heads(self) -> &'static [Head] {
        match self {
            Self::Classification | Self::Segmentation => {
                &[Head::Logits, Head::Softmax, Head::Sigmoid, Head::SigmoidLogits]
            }
            Self::Detection => &[
                Head::Yolox,
                Head::Yolov2,
                Head::Yolov5,
                Head::Yolov8,
                Head::Yolo11,
                Head::Yolov10,
                Head::Ssd,
                Head::NanoDet,
                Head::FastestDet,
                Head::UltraFace,
                Head::YuNet,
            ],
            Self::ImageToImage => &[Head::Picture, Head::Luma],
            Self::Keypoints => &[Head::Landmarks, Head::Heatmaps],
            Self::TextRecognition => &[Head::Logits, Head::Softmax],
            Self::Generation => &[Head::Picture],
            Self::Embedding | Self::Attributes | Self::TextDetection => &[],
        }
    }

    /// The layout that shows what this task answers with, where the results alone do not tell.
    pub fn layout(self) -> Option<StandardLayout> {
        match self {
            Self::Segmentation | Self::ImageToImage => Some(StandardLayout::BeforeAfter),
            Self::TextRecognition => Some(StandardLayout::Text),
            _ => None,
        }
    }
}

fn number(name: &str, description: &str) -> Parameter {
    Parameter { min: Some(0.into()), step: Some(1.0), ..parameter(ParameterType::Number, name, description) }
}

fn parameter(parameter_type: ParameterType, name: &str, description: &str) -> Parameter {
    Parameter {
        parameter_type,
        name: name.to_owned(),
        label: String::new(),
        description: description.to_owned(),
        required: false,
        default: None,
        min: None,
        max: None,
        step: None,
        max_length: None,
        options: Vec::new(),
    }
}
