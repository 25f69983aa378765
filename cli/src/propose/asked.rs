//! What people say of a model, where its graph leaves it open or they know better.

use std::path::PathBuf;

use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vision_protocol::manifest::{Blank, Channels, Fit, Head, ModelInput, Task};

/// What was asked for. What is left out is proposed.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "How the model is used, where its file leaves that open")]
pub(crate) struct Asked {
    /// What it is for.
    #[arg(long, value_parser = task)]
    pub(crate) task: Option<Task>,
    /// The form of its outputs: YOLOX, Softmax, Landmarks and so on.
    #[arg(long, value_parser = head)]
    pub(crate) head: Option<Head>,
    /// The output that is read, of several.
    #[arg(long, value_name = "NAME")]
    pub(crate) output: Option<String>,
    /// Order of the channels: RGB, BGR or GRAY.
    #[arg(long, value_parser = |name: &str| named::<Channels>(&["RGB", "BGR", "GRAY"], name))]
    pub(crate) channels: Option<Channels>,
    /// What pixels of 0 to 255 are divided by first.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) divisor: Option<f32>,
    /// What is subtracted then: one number, or one per channel.
    #[arg(long, value_name = "N,N,N", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) mean: Vec<f32>,
    /// What that is divided by: one number, or one per channel.
    #[arg(long, value_name = "N,N,N", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) std: Vec<f32>,
    /// How a photo of another aspect ratio is fitted: Stretch, Crop or Letterbox.
    #[arg(long, value_parser = |name: &str| named::<Fit>(&["Stretch", "Crop", "Letterbox"], name))]
    pub(crate) fit: Option<Fit>,
    /// The size of its picture, where the file leaves it open: 640x480.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Segmentation: the one class, counted from 0, whose soft mask is asked for.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) class: Option<u32>,
    /// Attributes: an output, and the names of its classes (gender=male,female) or what its number is multiplied by
    /// (age=x100). May be given more than once.
    #[arg(long = "attribute", value_name = "OUTPUT[=CLASS,CLASS|=xNUMBER]", value_parser = attribute)]
    pub(crate) attributes: Vec<AskedAttribute>,
    /// YOLOv2: width and height of each anchor, in cells, one after the other.
    #[arg(long, value_name = "W,H,W,H", value_delimiter = ',')]
    pub(crate) anchors: Vec<f32>,
    /// Text recognition: whether the class that means “no character” comes First or Last.
    #[arg(long, value_parser = |name: &str| named::<Blank>(&["First", "Last"], name))]
    pub(crate) blank: Option<Blank>,
    /// Embedding: a folder of pictures to compare with. A picture's name is its sub-folder's, or its file's.
    #[arg(long, value_name = "FOLDER", conflicts_with = "labels")]
    pub(crate) gallery: Option<PathBuf>,
}

/// What is said of one output of attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AskedAttribute {
    pub(crate) output: String,
    pub(crate) classes: Vec<String>,
    pub(crate) scale: Option<f32>,
}

impl Asked {
    /// The task that was asked for, by its name or by an option that only one task has.
    pub(crate) fn task(&self) -> Option<Task> {
        self.task.or_else(|| self.implied().first().map(|(_, task)| *task))
    }

    /// Whether all of it can be true.
    ///
    /// # Errors
    /// The option that belongs to another task.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Some(task) = self.task() else { return Ok(()) };
        match self.implied().into_iter().find(|(_, implied)| *implied != task) {
            Some((option, implied)) => {
                anyhow::bail!("{option} belongs to the task {}, not to {}", implied.name(), task.name())
            }
            None => Ok(()),
        }
    }

    /// The tasks that options belong to.
    fn implied(&self) -> Vec<(&'static str, Task)> {
        let options = [
            (self.class.is_some(), "--class", Task::Segmentation),
            (!self.attributes.is_empty(), "--attribute", Task::Attributes),
            (!self.anchors.is_empty(), "--anchors", Task::Detection),
            (self.blank.is_some(), "--blank", Task::TextRecognition),
            (self.gallery.is_some(), "--gallery", Task::Embedding),
        ];
        options.into_iter().filter(|(given, ..)| *given).map(|(_, option, task)| (option, task)).collect()
    }

    /// Puts what was asked for into a proposed input, and whether anything was.
    pub(super) fn apply(&self, input: &mut ModelInput) -> bool {
        if self.is_scale() {
            (input.divisor, input.mean, input.std) = (self.divisor, self.mean.clone(), self.std.clone());
        }
        if self.channels.is_some() {
            input.channels = self.channels;
        }
        if let Some(fit) = self.fit {
            input.fit = Some(fit);
            if fit != Fit::Letterbox {
                (input.anchor, input.pad) = (None, None);
            }
        }
        self.is_scale() || self.channels.is_some()
    }

    /// Whether divisor, mean or deviation were given: those that were not are then neutral.
    pub(super) fn is_scale(&self) -> bool {
        self.divisor.is_some() || !self.mean.is_empty() || !self.std.is_empty()
    }
}

/// The options that ask for this input.
pub(super) fn flags(input: &ModelInput) -> String {
    let list = |numbers: &[f32]| numbers.iter().map(f32::to_string).collect::<Vec<_>>().join(",");
    let mut flags = vec![format!("--channels {}", written(&input.channels.unwrap_or(Channels::Rgb)))];
    flags.push(format!("--divisor {}", input.divisor.unwrap_or(1.0)));
    if !input.mean.is_empty() {
        flags.push(format!("--mean {}", list(&input.mean)));
    }
    if !input.std.is_empty() {
        flags.push(format!("--std {}", list(&input.std)));
    }
    flags.join(" ")
}

/// A value as a manifest writes it.
pub(super) fn written(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

fn task(name: &str) -> Result<Task, String> {
    let known = || Task::ALL.iter().map(|task| task.name()).collect::<Vec<_>>().join(", ");
    Task::ALL.into_iter().find(|task| task.name() == name).ok_or_else(|| format!("must be one of: {}", known()))
}

fn head(name: &str) -> Result<Head, String> {
    let mut heads: Vec<&str> = Vec::new();
    for head in Task::ALL.iter().flat_map(|task| task.heads()).map(|head| head.name()) {
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    named(&heads, name)
}

/// The value that a manifest writes so, whatever the case.
fn named<T: DeserializeOwned>(names: &[&str], name: &str) -> Result<T, String> {
    let known = names.iter().find(|known| known.eq_ignore_ascii_case(name));
    let value = known.and_then(|known| serde_json::from_value(Value::from(*known)).ok());
    value.ok_or_else(|| format!("must be one of: {}", names.join(", ")))
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let side = |side: &str| side.trim().parse::<u32>().ok().filter(|side| (8..=8192).contains(side));
    let sides = text.split_once(['x', '×']).and_then(|(width, height)| Some((side(width)?, side(height)?)));
    sides.ok_or_else(|| "must be two sides of 8 to 8192 pixels, such as 640x480".to_owned())
}

fn attribute(text: &str) -> Result<AskedAttribute, String> {
    let (output, rest) = text.split_once('=').map_or((text, None), |(output, rest)| (output, Some(rest)));
    if output.is_empty() || rest.is_some_and(str::is_empty) {
        return Err("must be the name of an output, and may have = and its classes behind".to_owned());
    }
    let scale = rest.and_then(|rest| rest.strip_prefix('x')).and_then(|factor| factor.parse().ok());
    let classes = match (rest, scale) {
        (Some(rest), None) => rest.split(',').map(|class| class.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    Ok(AskedAttribute { output: output.to_owned(), classes, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_output_is_read() {
        let said = |output: &str, classes: &[&str], scale| AskedAttribute {
            output: output.to_owned(),
            classes: classes.iter().map(ToString::to_string).collect(),
            scale,
        };
        assert_eq!(attribute("age"), Ok(said("age", &[], None)));
        assert_eq!(attribute("age=x100"), Ok(said("age", &[], Some(100.0))));
        assert_eq!(attribute("mood=sad, xenial"), Ok(said("mood", &["sad", "xenial"], None)));
        assert!(attribute("=a").is_err() && attribute("a=").is_err());
    }

    #[test]
    fn an_option_of_one_task_asks_for_it() {
        let asked = Asked { class: Some(15), ..Asked::default() };
        assert_eq!(asked.task(), Some(Task::Segmentation));
        asked.check().unwrap();
        let both = Asked { task: Some(Task::Detection), ..asked };
        assert!(both.check().unwrap_err().to_string().contains("--class belongs to the task segmentation"));
    }

    #[test]
    fn names_are_those_of_a_manifest() {
        assert_eq!(head("yolov8"), Ok(Head::Yolov8));
        assert!(head("YOLOv99").unwrap_err().contains("YOLOX, YOLOv2"));
        assert_eq!(named::<Channels>(&["RGB", "BGR"], "bgr"), Ok(Channels::Bgr));
        assert_eq!(size("640x480"), Ok((640, 480)));
        assert!(size("640").is_err() && size("0x9").is_err());
    }

    #[test]
    fn numbers_that_are_given_put_others_out_of_force() {
        let mut input =
            ModelInput { divisor: Some(255.0), mean: vec![0.5], channels: Some(Channels::Bgr), ..Default::default() };
        let asked = Asked { mean: vec![127.0], ..Asked::default() };
        assert!(asked.apply(&mut input));
        assert_eq!((input.divisor, &input.mean[..], input.channels), (None, &[127.0][..], Some(Channels::Bgr)));
        assert_eq!(flags(&input), "--channels BGR --divisor 1 --mean 127");
    }
}
