//! `app.json`, the manifest of an app.

mod check;
mod heads;
mod mend;
mod models;
mod task;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{fault::Fault, parameters::Parameter, results::ResultVariable};

pub use heads::Head;
pub use models::{Anchor, Attribute, Blank, Channels, Fit, Layout, Model, ModelInput, ModelOutput};
pub use task::Task;

/// The manifest of an app. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Manifest {
    /// What people see in lists.
    pub name: String,
    /// A sentence or two.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The shelf it stands on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// Semantic version of the release.
    #[schemars(with = "String")]
    pub version: semver::Version,
    /// The standard glue that runs the model, for apps without a component of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// The inputs. With a `Task` and none given: what its glue reads, in most cases one photo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub app_parameters: Vec<Parameter>,
    /// The results. With a `Task` and none given: what the task answers with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub result_variables: Vec<ResultVariable>,
    /// `template.html`, or the name of a standard layout; without one, what fits the results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_layout: Option<String>,
    /// The ONNX models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<Model>,
    /// Which runner it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<RunnerNeeds>,
    /// What one run may use at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<AppLimits>,
    /// Whether the same inputs always give the same results, so that a runner may keep a person's results and give
    /// them to that person again without computing. It is the author's word: nothing checks it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deterministic: bool,
}

/// Which runner an app needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RunnerNeeds {
    /// Name of the inference engine, for example `tract`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// What it computes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<Compute>,
}

/// What a runner computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compute {
    /// Processor.
    Cpu,
    /// Graphics processor.
    Gpu,
}

/// What one run may use; never more than the operator allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AppLimits {
    /// Milliseconds for one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// MiB of the glue's memory.
    #[serde(default, rename = "MemoryMiB", skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
}

impl Manifest {
    /// Name of the manifest in an archive.
    pub const FILE: &'static str = "app.json";
    /// Name of the author's layout in an archive.
    pub const TEMPLATE: &'static str = "template.html";
    /// Name of the glue in an archive.
    pub const COMPONENT: &'static str = "app.wasm";

    /// Reads a manifest, fills in what its task implies, and checks it.
    ///
    /// # Errors
    /// Every fault at once, each with its place, such as `app.json: Models[0].File`.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<Fault>> {
        check::parse(text)
    }

    /// The JSON Schema of the manifest.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// The manifest as it is written into a package.
    ///
    /// # Panics
    /// Never: a manifest has only string keys.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a manifest serialises")
    }

    /// The model of that name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}
