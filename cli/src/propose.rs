//! How a model may be used: task, head and preprocessing, proposed from its graph, and tried on a photo where the graph
//! leaves several.
//!
//! One file per task; each looks at the same [`Facts`] and says how the model would be used for its task, best guess
//! first, or nothing. To add a task: a file, and its line in [`TASKS`].

mod classification;
mod detection;
mod labels;
mod trial;

use serde::Serialize;
use vision_protocol::{
    Manifest,
    manifest::{Channels, Layout, Model, ModelInput, ModelOutput, Task},
};

use crate::model::{FirstLayer, Graph, Measured};

pub(crate) use labels::of_metadata as labels_of_metadata;
pub(crate) use trial::{Candidate, Tried, choose};

/// What is looked for, the most particular first.
const TASKS: [&Known; 2] = [&detection::TASK, &classification::TASK];

/// What is known here of a task.
pub(crate) struct Known {
    /// The task.
    pub(crate) task: Task,
    /// The shelf that its apps stand on.
    pub(crate) category: &'static str,
    /// What its apps do, in a sentence.
    pub(crate) description: &'static str,
    /// Its sign in an icon: SVG elements within 64 x 64, drawn in white lines.
    pub(crate) sign: &'static str,
    /// How a model may be used for it, best guess first.
    propose: fn(&Facts) -> Vec<Proposal>,
}

/// What a proposal is made from.
pub(crate) struct Facts {
    /// The picture that it looks at, if its input is one.
    pub(crate) frame: Option<Frame>,
    pub(crate) outputs: Vec<Output>,
    /// How many labels there are, if there are any.
    pub(crate) labels: Option<usize>,
    /// What the first convolution says of the scale of its input.
    pub(crate) first_layer: Option<FirstLayer>,
}

/// The picture that a model looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Whether the file leaves the size open, so that the manifest must say it.
    pub(crate) open: bool,
    pub(crate) layout: Layout,
    pub(crate) gray: bool,
}

/// An output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: String,
    /// 0 is open.
    pub(crate) shape: Vec<u64>,
    /// The last operator that changes its numbers.
    pub(crate) from: String,
}

/// A way to use a model.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposal {
    /// What for.
    pub(crate) task: Task,
    /// How a photo becomes its input.
    pub(crate) input: ModelInput,
    /// How its output becomes a result.
    pub(crate) output: ModelOutput,
    /// The preprocessing in words.
    pub(crate) preprocessing: String,
    /// What speaks for it.
    pub(crate) why: String,
}

/// All proposals, the best guess first; those of one task alone, if it is given.
pub(crate) fn proposals(facts: &Facts, task: Option<Task>) -> Vec<Proposal> {
    let wanted = TASKS.iter().filter(|known| task.is_none_or(|task| task == known.task));
    wanted.flat_map(|known| (known.propose)(facts)).collect()
}

/// The tasks that something can be proposed for.
pub(crate) fn tasks() -> Vec<Task> {
    TASKS.iter().map(|known| known.task).collect()
}

impl Facts {
    /// From a file, and from what an engine made of zeros, which knows shapes that the file does not tell.
    pub(crate) fn new(graph: &Graph, measured: Option<&Measured>, labels: Option<usize>) -> Self {
        let outputs = graph.outputs.iter().map(|port| {
            let computed = measured.and_then(|measured| measured.outputs.iter().find(|(name, _)| *name == port.name));
            Output {
                name: port.name.clone(),
                shape: computed.map_or_else(|| port.shape.clone(), |(_, shape)| shape.clone()),
                from: port.from.clone().unwrap_or_default(),
            }
        });
        Self { frame: Frame::of(graph), outputs: outputs.collect(), labels, first_layer: graph.first_layer }
    }
}

impl Frame {
    /// The frame of a model with one picture as its input.
    pub(crate) fn of(graph: &Graph) -> Option<Self> {
        let [input] = &graph.inputs[..] else { return None };
        let &[_, second, third, fourth] = &input.shape[..] else { return None };
        if input.element != "float32" && input.element != "float16" {
            return None;
        }
        let colourful = |side| side == 1 || side == 3;
        let layout = if !colourful(second) && colourful(fourth) { Layout::Nhwc } else { Layout::Nchw };
        let (depth, height, width) = match layout {
            Layout::Nchw => (second, third, fourth),
            Layout::Nhwc => (fourth, second, third),
        };
        if !(depth == 0 || colourful(depth)) {
            return None;
        }
        let (open_width, open_height) = labels::size_of_metadata(&graph.metadata).unwrap_or_else(|| {
            // What classifiers of photos and detectors are trained on as a rule.
            let is_row = graph.outputs.iter().all(|output| output.shape.len() <= 2);
            if is_row { (224, 224) } else { (640, 640) }
        });
        let side = |side: u64, open| u32::try_from(side).ok().filter(|side| *side > 0).unwrap_or(open);
        Some(Self {
            width: side(width, open_width),
            height: side(height, open_height),
            open: width == 0 || height == 0,
            layout,
            gray: depth == 1,
        })
    }

    /// What the manifest must say of the input beside how pixels become numbers.
    fn input(self) -> ModelInput {
        let mut input = ModelInput::default();
        if self.open {
            (input.width, input.height) = (Some(self.width), Some(self.height));
        }
        input
    }
}

impl Proposal {
    /// What is known of its task.
    pub(crate) fn known(&self) -> Option<&'static Known> {
        TASKS.iter().find(|known| known.task == self.task).copied()
    }

    /// The model's entry in a manifest.
    pub(crate) fn model(&self, name: &str, file: &str, labels: Option<&str>) -> Model {
        let (input, output) = (Some(self.input.clone()), Some(self.output.clone()));
        let (name, file, labels) = (name.to_owned(), file.to_owned(), labels.map(ToOwned::to_owned));
        Model { name, file, labels, input, output }
    }

    /// A manifest that uses the model so.
    pub(crate) fn manifest(&self, name: &str, model: Model) -> Manifest {
        Manifest {
            name: name.to_owned(),
            description: String::new(),
            category: String::new(),
            version: semver::Version::new(1, 0, 0),
            task: Some(self.task),
            app_parameters: Vec::new(),
            result_variables: Vec::new(),
            result_layout: None,
            models: vec![model],
            runner: None,
            limits: None,
            deterministic: false,
        }
    }
}

/// Those of some scales that suit the first layer, in the order in which they are given; all of them if it says nothing.
/// A photo cannot tell these: numbers that are much too large make a network surer, not less sure.
fn suited(scales: &[Scale], facts: &Facts) -> Vec<Scale> {
    let Some(layer) = facts.first_layer else { return scales.to_vec() };
    let least = scales.iter().map(|scale| scale.misfit(layer)).min();
    scales.iter().filter(|scale| Some(scale.misfit(layer)) == least).copied().collect()
}

/// How pixels may become numbers.
#[derive(Clone, Copy, Debug)]
struct Scale {
    words: &'static str,
    channels: Channels,
    divisor: f32,
    mean: &'static [f32],
    std: &'static [f32],
}

impl Scale {
    const fn new(words: &'static str, channels: Channels, divisor: f32) -> Self {
        Self { words, channels, divisor, mean: &[], std: &[] }
    }

    const fn with(self, mean: &'static [f32], std: &'static [f32]) -> Self {
        Self { mean, std, ..self }
    }

    /// The frame's input with pixels that become numbers so.
    fn input(&self, frame: Frame) -> ModelInput {
        ModelInput {
            channels: (self.channels != Channels::Gray).then_some(self.channels),
            divisor: (self.divisor != 1.0).then_some(self.divisor),
            mean: self.mean.to_vec(),
            std: self.std.to_vec(),
            ..frame.input()
        }
    }

    /// How far a photo on this scale would move the first layer beyond what it knows, in powers of ten. Filters answer
    /// to edges, of which there are less in a photo than in noise: a factor of 30 is nothing unusual.
    fn misfit(&self, layer: FirstLayer) -> u32 {
        let ratio = (layer.gain * self.spread() / layer.moved).log10();
        (ratio - 1.5).max(-1.0 - ratio).max(0.0).ceil() as u32
    }

    /// How far the numbers of an ordinary photo spread.
    fn spread(&self) -> f64 {
        let std = self.std.iter().sum::<f32>() / self.std.len().max(1) as f32;
        // Brightness spreads by about 60 of 255.
        60.0 / f64::from(self.divisor.abs()) / if std > 0.0 { f64::from(std) } else { 1.0 }
    }
}

const IMAGENET: Scale = Scale::new("RGB, ImageNet's mean and deviation", Channels::Rgb, 255.0)
    .with(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225]);
const RGB_255: Scale = Scale::new("RGB, 0 to 255", Channels::Rgb, 1.0);
const BGR_255: Scale = Scale::new("BGR, 0 to 255", Channels::Bgr, 1.0);
const RGB_1: Scale = Scale::new("RGB, 0 to 1", Channels::Rgb, 255.0);
const BGR_1: Scale = Scale::new("BGR, 0 to 1", Channels::Bgr, 255.0);
const RGB_SIGNED: Scale = Scale::new("RGB, -1 to 1", Channels::Rgb, 127.5).with(&[1.0], &[]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_that_the_first_layer_does_not_know_are_left_out() {
        let suited = |gain, moved| {
            let facts =
                Facts { frame: None, outputs: Vec::new(), labels: None, first_layer: Some(FirstLayer { gain, moved }) };
            suited(&[IMAGENET, BGR_255, RGB_SIGNED, RGB_1], &facts)
                .into_iter()
                .map(|scale| scale.words)
                .collect::<Vec<_>>()
        };
        // Medians of ShuffleNet, which wants ImageNet's numbers, and of YOLOX, which wants 0 to 255.
        assert_eq!(suited(0.854, 0.533), [IMAGENET.words, RGB_SIGNED.words, RGB_1.words]);
        assert_eq!(suited(0.033, 0.613), [BGR_255.words]);
    }
}
