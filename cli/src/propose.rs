//! How a model may be used: task, head and preprocessing, proposed from its graph, and tried on a photo where the graph
//! leaves several.
//!
//! One file per task; each looks at the same [`Facts`] and says how the model would be used for its task, best guess
//! first, or nothing. To add a task: a file, and its line in [`TASKS`]. docs/tasks.md tells people what is recognised by
//! what.

mod asked;
mod attributes;
mod classification;
mod detection;
mod embedding;
mod facts;
mod generation;
mod image_to_image;
mod keypoints;
mod labels;
mod scales;
mod segmentation;
mod text_detection;
mod text_recognition;
mod trial;

use std::cmp::Reverse;

use serde::Serialize;
use vision_protocol::{
    Manifest,
    manifest::{Anchor, Fit, Head, Model, ModelInput, ModelOutput, Task},
    parameters::Parameter,
};

use scales::Scale;

pub(crate) use asked::Asked;
pub(crate) use embedding::{GALLERY, NAMES};
pub(crate) use facts::{Facts, Frame};
pub(crate) use labels::of_metadata as labels_of_metadata;
pub(crate) use trial::{Candidate, Tried, choose, is_measurable};

/// What is looked for. Of two that are as likely the first is proposed.
const TASKS: [&Known; 10] = [
    &detection::TASK,
    &text_recognition::TASK,
    &text_detection::TASK,
    &attributes::TASK,
    &keypoints::TASK,
    &segmentation::TASK,
    &image_to_image::TASK,
    &embedding::TASK,
    &generation::TASK,
    &classification::TASK,
];

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
    propose: fn(&Facts) -> Vec<Form>,
}

/// How likely it is that a model is for a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Likely {
    /// Its outputs would do.
    #[default]
    Possible,
    /// Most models with such outputs are for it.
    Usual,
    /// Names, labels or a form that nothing else has say so.
    Sure,
}

/// What a model's outputs are for a task, but for how pixels become numbers.
#[derive(Clone, Default)]
struct Form {
    likely: Likely,
    output: ModelOutput,
    /// Customs of how pixels become numbers; none for a model without a photo.
    scales: Vec<Scale>,
    fit: Option<Fit>,
    anchor: Option<Anchor>,
    pad: Option<u8>,
    /// Of a model that leaves it open.
    size: Option<(u32, u32)>,
    /// What people are asked for, where it is not what the task implies.
    parameters: Vec<Parameter>,
    why: String,
    missing: Option<String>,
}

/// A way to use a model.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposal {
    /// What for.
    pub(crate) task: Task,
    /// How likely that is.
    pub(crate) likely: Likely,
    /// How a photo becomes its input.
    pub(crate) input: ModelInput,
    /// How its output becomes a result.
    pub(crate) output: ModelOutput,
    /// The preprocessing in words.
    pub(crate) preprocessing: String,
    /// What speaks for it.
    pub(crate) why: String,
    /// What has to be said before an app can be made of it, and by which option.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missing: Option<String>,
    #[serde(skip)]
    parameters: Vec<Parameter>,
}

/// All proposals, the likeliest first and those of one task together; those of one task or head alone, if it was asked
/// for.
pub(crate) fn proposals(facts: &Facts) -> Vec<Proposal> {
    let asked = facts.asked.task();
    let wanted = TASKS.iter().filter(|known| asked.is_none_or(|task| task == known.task));
    let mut of_tasks: Vec<Vec<Proposal>> = wanted.map(|known| of_task(known, facts)).collect();
    of_tasks.sort_by_key(|proposals| Reverse(proposals.first().map(|first| (first.likely, first.missing.is_none()))));
    of_tasks.into_iter().flatten().collect()
}

fn of_task(known: &Known, facts: &Facts) -> Vec<Proposal> {
    let mut forms = (known.propose)(facts);
    forms.sort_by_key(|form| Reverse(form.likely));
    let asked = facts.asked.head;
    let mut proposals: Vec<Proposal> = Vec::new();
    for form in forms.iter().filter(|form| asked.is_none() || form.output.head == asked) {
        for proposal in form.proposals(known.task, facts) {
            let is_known = |known: &Proposal| (&known.input, &known.output) == (&proposal.input, &proposal.output);
            if !proposals.iter().any(is_known) {
                proposals.push(proposal);
            }
        }
    }
    proposals
}

impl Form {
    /// One for each custom that suits the graph.
    fn proposals(&self, task: Task, facts: &Facts) -> Vec<Proposal> {
        let proposal = |input: ModelInput, preprocessing: String| Proposal {
            task,
            likely: self.likely,
            input,
            output: self.output.clone(),
            preprocessing,
            why: self.why.clone(),
            missing: self.missing.clone(),
            parameters: self.parameters.clone(),
        };
        let Some(mut frame) = facts.frame.filter(|_| !self.scales.is_empty()) else {
            return vec![proposal(ModelInput::default(), "none: it looks at no photo".to_owned())];
        };
        if let Some(size) = self.size.filter(|_| frame.open && facts.asked.size.is_none()) {
            (frame.width, frame.height) = size;
        }
        let one = |scale: &Scale| {
            let mut input = scale.input(frame);
            (input.fit, input.anchor, input.pad) = (self.fit, self.anchor, self.pad);
            let is_asked = facts.asked.apply(&mut input);
            let words = if is_asked { asked::flags(&input) } else { scale.words.to_owned() };
            let words = words + fitted(&input, task);
            proposal(input, words)
        };
        scales::suited(&self.scales, facts).iter().map(one).collect()
    }
}

/// How a photo is fitted, in words.
fn fitted(input: &ModelInput, task: Task) -> &'static str {
    let implied = match task {
        Task::Classification => Fit::Crop,
        Task::Detection | Task::TextDetection | Task::TextRecognition => Fit::Letterbox,
        _ => Fit::Stretch,
    };
    match (input.fit.unwrap_or(implied), input.anchor) {
        (Fit::Letterbox, Some(Anchor::Center)) => ", padded around",
        (Fit::Letterbox, _) => ", padded at right and bottom",
        (Fit::Crop, _) => ", its middle cut out",
        (Fit::Stretch, _) => ", stretched",
    }
}

impl Proposal {
    /// What is known of its task.
    pub(crate) fn known(&self) -> Option<&'static Known> {
        TASKS.iter().find(|known| known.task == self.task).copied()
    }

    /// The options that would have chosen it rather than another.
    pub(crate) fn flags(&self, other: &Self) -> String {
        if self.task != other.task {
            return format!("--task {}", self.task.name());
        }
        let mut flags = Vec::new();
        if let Some(head) = self.output.head.filter(|_| self.output.head != other.output.head) {
            flags.push(format!("--head {}", head.name()));
        }
        if self.input != other.input {
            flags.push(asked::flags(&self.input));
        }
        flags.join(" ")
    }

    /// Whether its glue calls classes by the names in a file of labels.
    pub(crate) fn takes_labels(&self) -> bool {
        match self.task {
            Task::Classification | Task::Segmentation | Task::TextRecognition | Task::Keypoints => true,
            Task::Detection | Task::Generation => true,
            Task::Embedding => self.output.gallery.is_some(),
            Task::Attributes | Task::ImageToImage | Task::TextDetection => false,
        }
    }

    /// Whether people would miss names of classes that are not there.
    pub(crate) fn wants_labels(&self) -> bool {
        let has_faces = matches!(self.output.head, Some(Head::UltraFace | Head::YuNet));
        match self.task {
            Task::Classification => true,
            Task::Detection => !has_faces,
            Task::Segmentation => !matches!(self.output.head, Some(Head::Sigmoid | Head::SigmoidLogits)),
            _ => false,
        }
    }

    /// The model's entry in a manifest.
    pub(crate) fn model(&self, name: &str, file: &str, labels: Option<&str>) -> Model {
        let (input, output) = (self.input.clone(), self.output.clone());
        Model {
            name: name.to_owned(),
            file: file.to_owned(),
            labels: labels.filter(|_| self.takes_labels()).map(ToOwned::to_owned),
            input: (input != ModelInput::default()).then_some(input),
            output: (output != ModelOutput::default()).then_some(output),
        }
    }

    /// A manifest that uses the model so.
    pub(crate) fn manifest(&self, name: &str, model: Model) -> Manifest {
        Manifest {
            name: name.to_owned(),
            description: String::new(),
            category: String::new(),
            version: semver::Version::new(1, 0, 0),
            task: Some(self.task),
            app_parameters: self.parameters.clone(),
            result_variables: Vec::new(),
            result_layout: None,
            models: vec![model],
            runner: None,
            limits: None,
            deterministic: false,
        }
    }
}
