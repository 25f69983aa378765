//! What a proposal is made from: a model's inputs and outputs, and what its file says of the photo that it wants.

use vision_protocol::manifest::{Layout, ModelInput};

use super::{Asked, labels};
use crate::model::{FirstLayer, Graph, Measured, Preamble};

/// Fewer pixels on a side are no picture.
const SMALLEST: u64 = 8;
/// Pixels of a side that a model leaves open: what classifiers of photos, and others, are trained on as a rule.
const OPEN_ROW: u32 = 224;
const OPEN: u32 = 640;
/// Frames of lines of text are this high at most, and this wide if that is open.
const LINE_HEIGHT: u64 = 64;
const OPEN_LINE: u32 = 320;

/// What a proposal is made from.
#[derive(Default)]
pub(crate) struct Facts {
    /// The picture that it looks at, if its input is one.
    pub(crate) frame: Option<Frame>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    /// The names of its classes, if there are any.
    pub(crate) labels: Option<Vec<String>>,
    /// What the first convolution says of the scale of its input.
    pub(crate) first_layer: Option<FirstLayer>,
    /// What it does with its input before that.
    pub(crate) preamble: Preamble,
    /// Whether it was trained with TensorFlow, whose customs are others.
    pub(crate) is_tensorflow: bool,
    /// What Ultralytics' exporter calls its task and describes it as.
    pub(crate) ultralytics: Option<Ultralytics>,
    /// What was asked for.
    pub(crate) asked: Asked,
}

/// What Ultralytics' exporter says of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ultralytics {
    pub(crate) task: String,
    pub(crate) description: String,
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

/// An input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// 0 is open.
    pub(crate) shape: Vec<u64>,
    pub(crate) is_float: bool,
}

/// An output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: String,
    /// 0 is open.
    pub(crate) shape: Vec<u64>,
    /// The last operator that changes its numbers.
    pub(crate) from: String,
    pub(crate) is_float: bool,
}

/// An output as planes of a picture: of the frame, or in its proportions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Planes {
    pub(crate) count: u64,
    pub(crate) rows: u64,
    pub(crate) columns: u64,
}

impl Facts {
    /// From a file, and from what an engine made of zeros, which knows shapes that the file does not tell.
    pub(crate) fn new(graph: &Graph, measured: Option<&Measured>, labels: Option<Vec<String>>, asked: Asked) -> Self {
        let outputs = graph.outputs.iter().map(|port| {
            let computed = measured.and_then(|measured| measured.outputs.iter().find(|(name, _)| *name == port.name));
            Output {
                name: port.name.clone(),
                shape: computed.map_or_else(|| port.shape.clone(), |(_, shape)| shape.clone()),
                from: port.from.clone().unwrap_or_default(),
                is_float: is_float(&port.element),
            }
        });
        let inputs = graph.inputs.iter().map(|port| Input {
            name: port.name.clone(),
            shape: port.shape.clone(),
            is_float: is_float(&port.element),
        });
        let said = |key: &str| graph.metadata.get(key).cloned().unwrap_or_default();
        Self {
            frame: Frame::of(graph, asked.size),
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            labels,
            first_layer: graph.first_layer,
            preamble: graph.preamble,
            is_tensorflow: ["tf2onnx", "keras", "tflite"].iter().any(|name| graph.producer.contains(name)),
            ultralytics: (said("author") == "Ultralytics")
                .then(|| Ultralytics { task: said("task"), description: said("description") }),
            asked,
        }
    }

    /// How many labels there are, if there are any.
    pub(super) fn labelled(&self) -> Option<u64> {
        self.labels.as_ref().map(|labels| labels.len() as u64)
    }

    /// Whether there are as many labels, if there are any.
    pub(super) fn suits(&self, classes: u64) -> bool {
        self.labelled().is_none_or(|labels| labels == classes)
    }

    /// The one output that matters, with its name if it has to be told: the only one, the one that was asked for, or the
    /// first of several of one form, of which the others serve the training.
    pub(super) fn only(&self) -> Option<(&Output, Option<String>)> {
        if let Some(name) = &self.asked.output {
            let output = self.outputs.iter().find(|output| output.name == *name)?;
            return Some((output, (self.outputs.len() > 1).then(|| name.clone())));
        }
        match &self.outputs[..] {
            [output] => Some((output, None)),
            [first, others @ ..] if others.iter().all(|output| output.shape == first.shape) => {
                Some((first, Some(first.name.clone())))
            }
            _ => None,
        }
    }

    /// The one output that matters, if it is one of planes.
    pub(super) fn planes(&self) -> Option<(&Output, Option<String>, Planes)> {
        let frame = self.frame?;
        let (output, name) = self.only()?;
        Some((output, name, output.planes(frame)?))
    }
}

fn is_float(element: &str) -> bool {
    element == "float32" || element == "float16"
}

impl Frame {
    /// The frame of a model with one picture as its input; `size` is what was asked for where the file leaves it open.
    pub(crate) fn of(graph: &Graph, size: Option<(u32, u32)>) -> Option<Self> {
        let [input] = &graph.inputs[..] else { return None };
        let &[_, second, third, fourth] = &input.shape[..] else { return None };
        if !is_float(&input.element) {
            return None;
        }
        let colourful = |side| side == 1 || side == 3;
        let layout = if !colourful(second) && colourful(fourth) { Layout::Nhwc } else { Layout::Nchw };
        let (depth, height, width) = match layout {
            Layout::Nchw => (second, third, fourth),
            Layout::Nhwc => (fourth, second, third),
        };
        let is_side = |side: u64| side == 0 || side >= SMALLEST;
        if !(depth == 0 || colourful(depth)) || !is_side(height) || !is_side(width) {
            return None;
        }
        let (open_width, open_height) =
            size.or_else(|| labels::size_of_metadata(&graph.metadata)).unwrap_or_else(|| {
                let is_row = graph.outputs.iter().all(|output| output.shape.len() <= 2);
                let is_line = (1..=LINE_HEIGHT).contains(&height);
                match (is_line, is_row) {
                    (true, _) => (OPEN_LINE, OPEN_LINE),
                    (false, true) => (OPEN_ROW, OPEN_ROW),
                    (false, false) => (OPEN, OPEN),
                }
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
    pub(super) fn input(self) -> ModelInput {
        let mut input = ModelInput::default();
        if self.open {
            (input.width, input.height) = (Some(self.width), Some(self.height));
        }
        input
    }

    /// The cells that strides make of it, one grid each.
    pub(super) fn cells(self, strides: &[u32]) -> u64 {
        strides.iter().map(|stride| u64::from(self.width / stride) * u64::from(self.height / stride)).sum()
    }

    /// How much longer one side is than the other.
    pub(super) fn elongation(self) -> f64 {
        let (width, height) = (f64::from(self.width.max(1)), f64::from(self.height.max(1)));
        (width / height).max(height / width)
    }

    /// Whether so many rows and columns have its proportions, but for a rounded cell.
    fn is_like(self, rows: u64, columns: u64) -> bool {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        rows >= SMALLEST.min(height)
            && columns >= SMALLEST.min(width)
            && (rows * width).abs_diff(columns * height) <= width.max(height)
    }
}

impl Output {
    /// How many numbers it is a row of, if it is one.
    pub(super) fn row(&self) -> Option<u64> {
        let [0 | 1, sides @ ..] = &self.shape[..] else { return None };
        let mut sides = sides.iter().copied().filter(|&side| side != 1);
        match (self.shape.len(), sides.next(), sides.next()) {
            (2.., Some(numbers), None) => Some(numbers),
            (2.., None, _) => Some(1),
            _ => None,
        }
    }

    /// Planes of a picture of this frame, if it is that.
    pub(super) fn planes(&self, frame: Frame) -> Option<Planes> {
        let planes = |count, rows, columns| Some(Planes { count, rows, columns });
        match self.shape[..] {
            [rows, columns] | [1, rows, columns] if frame.is_like(rows, columns) => planes(1, rows, columns),
            [1, rows, columns, count @ (1 | 3)] if frame.is_like(rows, columns) => planes(count, rows, columns),
            [1, count, rows, columns] if frame.is_like(rows, columns) && !self.ends_in_planes(frame) => {
                planes(count, rows, columns)
            }
            [1, rows, columns, count] if frame.is_like(rows, columns) => planes(count, rows, columns),
            _ => None,
        }
    }

    /// Whether both orders would do, and the planes come last because there are fewer of them.
    fn ends_in_planes(&self, frame: Frame) -> bool {
        match self.shape[..] {
            [1, first, second, third] => frame.is_like(first, second) && third < first,
            _ => false,
        }
    }

    /// Whether its name holds one of these words.
    pub(super) fn is_called(&self, words: &[&str]) -> bool {
        let name = self.name.to_lowercase();
        words.iter().any(|word| name.contains(word))
    }

    /// Its shape as people write it.
    pub(super) fn shown(&self) -> String {
        let sides: Vec<_> =
            self.shape.iter().map(|&side| if side == 0 { "?".to_owned() } else { side.to_string() }).collect();
        format!("[{}]", sides.join(", "))
    }
}

impl Planes {
    /// Pixels of the frame per cell, if that is a whole number.
    pub(super) fn stride(self, frame: Frame) -> Option<u64> {
        let width = u64::from(frame.width);
        (self.columns > 0 && width.is_multiple_of(self.columns)).then(|| width / self.columns)
    }

    /// Whether it has as many pixels as the frame, or more.
    pub(super) fn is_full(self, frame: Frame) -> bool {
        self.rows >= u64::from(frame.height) && self.columns >= u64::from(frame.width)
    }
}

/// Descriptions of graphs, for tests.
#[cfg(test)]
pub(super) mod test_support {
    use super::*;

    /// A model that looks at a picture and has outputs of these names, shapes and last operators.
    pub(in crate::propose) fn facts((width, height): (u32, u32), outputs: &[(&str, &[u64], &str)]) -> Facts {
        let frame = Frame { width, height, open: false, layout: Layout::Nchw, gray: false };
        let outputs = outputs.iter().map(|(name, shape, from)| Output {
            name: (*name).to_owned(),
            shape: shape.to_vec(),
            from: (*from).to_owned(),
            is_float: true,
        });
        Facts { frame: Some(frame), outputs: outputs.collect(), ..Facts::default() }
    }

    /// So many labels.
    pub(in crate::propose) fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("class {number}")).collect()
    }
}
