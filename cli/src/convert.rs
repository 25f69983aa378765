//! Rewriting an ONNX file so that tract computes it.
//!
//! Each conversion is a file here, and says what it did as a [`Change`]. They work on the types of the file itself: what
//! they do not touch stays as it is.

mod draft;
mod experimental;
mod halves;
mod nodes;
mod numbers;
mod quantised;
mod raise;
mod resizing;
mod shapes;
mod sound;
mod tidy;

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use clap::ValueEnum;
use prost::Message as _;
use serde::Serialize;
use tract_onnx::pb::{GraphProto, ModelProto};
use vision_protocol::Fault;

use draft::Names;

pub(crate) use shapes::restate;

/// What can be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// 16-bit floating point becomes 32-bit.
    Fp16,
    /// Upsample, and Resize of operator set 10, become a Resize that says how it rounds.
    Upsample,
    /// ImageScaler, Crop, Affine and Scale become Mul, Add and Slice.
    Experimental,
    /// Operators on 8-bit integers become those on floating point.
    Quantised,
    /// Stated shapes that clash with a fixed input are dropped or corrected.
    Shapes,
    /// The operator set is raised. Done for another kind, never asked for.
    #[value(skip)]
    Opset,
    /// An open input is fixed, as `--fix-size` says.
    #[value(skip)]
    Sizes,
    /// Nodes are put into the order of their computation.
    #[value(skip)]
    Order,
}

/// What was done.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Change {
    /// Which conversion.
    pub(crate) kind: Kind,
    /// How many nodes of each operator were rewritten.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) operators: BTreeMap<String, usize>,
    /// What it was, for people.
    pub(crate) words: String,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// These conversions only; all that are needed if empty.
    pub(crate) only: Vec<Kind>,
    /// Inputs whose sides are to be fixed.
    pub(crate) sizes: Vec<(String, Vec<i64>)>,
}

impl Wanted {
    /// Whether that conversion may be done.
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        self.only.is_empty() || self.only.contains(&kind)
    }
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read or is no ONNX model.
pub(crate) fn read(path: &Path) -> anyhow::Result<(ModelProto, u64)> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let no_model = || format!("{} is not an ONNX model", path.display());
    if bytes.is_empty() {
        bail!("{}: it is empty", no_model());
    }
    let model = ModelProto::decode(bytes.as_slice()).map_err(|error| anyhow::anyhow!("{} ({error})", no_model()))?;
    if model.graph.is_none() {
        bail!("{}: it holds no graph", no_model());
    }
    Ok((model, bytes.len() as u64))
}

/// Rewrites the model; nothing is changed where nothing needs it.
///
/// # Errors
/// What cannot be converted, with node and operator; the model is of no use then.
pub(crate) fn convert(model: &mut ModelProto, wanted: &Wanted) -> Result<Vec<Change>, Fault> {
    let mut changes = Vec::new();
    changes.extend(sound::check(model)?);
    changes.extend(shapes::fix(model, &wanted.sizes)?);
    let mut names = Names::of(graph(model));
    if wanted.wants(Kind::Fp16) {
        changes.extend(halves::widen(graph(model))?);
    } else if halves::occur(graph(model)) {
        let others: Vec<_> = wanted.only.iter().filter(|kind| **kind != Kind::Shapes).collect();
        if !others.is_empty() {
            let words =
                "the file holds 16-bit floating point, which the other conversions do not read: add fp16 to --only";
            return Err(Fault::new("", words));
        }
    }
    let version = opset(model);
    if wanted.wants(Kind::Upsample) && resizing::occurs(graph(model), version) {
        changes.extend(raise::raise(model, &mut names)?);
        changes.extend(resizing::rewrite(model, &mut names)?);
    }
    if wanted.wants(Kind::Experimental) {
        changes.extend(experimental::rewrite(model, &mut names)?);
    }
    if wanted.wants(Kind::Quantised) {
        changes.extend(quantised::rewrite(model, &mut names)?);
    }
    if wanted.wants(Kind::Shapes) {
        changes.extend(shapes::drop_clashing(graph(model)));
    }
    if !changes.is_empty() {
        tidy::tidy(model);
    }
    Ok(changes)
}

/// The version of ONNX's own operator set; 0 if none is stated.
pub(crate) fn opset(model: &ModelProto) -> i64 {
    model.opset_import.iter().filter(|set| nodes::is_onnx(&set.domain)).map(|set| set.version).max().unwrap_or(0)
}

/// The graph, which [`read`] found to be there.
fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.get_or_insert_default()
}

/// Counts one more of these.
fn count(operators: &mut BTreeMap<String, usize>, operator: String) {
    *operators.entry(operator).or_default() += 1;
}
