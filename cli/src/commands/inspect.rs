//! `vision inspect`: what an ONNX file holds, which engines take it, and how it may be used.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use serde::Serialize;
use serde_json::json;
use vision_protocol::manifest::{ModelInput, ModelOutput};

use crate::{
    model::{Graph, Measurement, Which, measure},
    progress::Progress,
    propose::{Asked, Facts, Frame, Proposal, is_measurable, labels_of_metadata, proposals},
    show::clean,
};

/// Operators that are named in text; JSON has all.
const MOST_OPERATORS: usize = 30;

/// What `inspect` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The ONNX file.
    model: PathBuf,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

/// All of it. A struct, because the numbers of a manifest are short only as they are.
#[derive(Serialize)]
struct Document<'a> {
    model: &'a Graph,
    engines: &'a [Tried],
    proposals: &'a [Proposal],
}

/// What stands in a manifest.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described<'a> {
    input: &'a ModelInput,
    output: &'a ModelOutput,
}

/// How one engine took the model.
#[derive(Serialize)]
struct Tried {
    engine: &'static str,
    #[serde(flatten)]
    measurement: Measurement,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let graph = Graph::read(&options.model)?;
    let frame = Frame::of(&graph, None).map(|frame| (frame.width, frame.height));
    let progress = Progress::of(Which::ALL.len(), "");
    let mut engines = Vec::new();
    for which in Which::ALL {
        progress.say(&format!("computing with {}", which.name()));
        engines.push(Tried { engine: which.name(), measurement: measure(which, &options.model, frame)? });
        progress.step();
    }
    drop(progress);
    let measured = engines.iter().find_map(|tried| match &tried.measurement {
        Measurement::Computes(measured) => Some(measured),
        _ => None,
    });
    let labels = labels_of_metadata(&graph.metadata);
    let proposals = proposals(&Facts::new(&graph, measured, labels, Asked::default()));
    if options.json {
        let document = Document { model: &graph, engines: &engines, proposals: &proposals };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        report_graph(out, options, &graph)?;
        report_engines(out, &engines)?;
        report_proposals(out, &proposals)?;
    }
    // The engine that every portal has.
    Ok(ExitCode::from(u8::from(!matches!(engines[0].measurement, Measurement::Computes(_)))))
}

fn report_graph(out: &mut impl Write, options: &Options, graph: &Graph) -> anyhow::Result<()> {
    let opset: Vec<_> = graph.opset.iter().map(|(domain, version)| format!("{domain} {version}")).collect();
    let producer = if graph.producer.is_empty() { String::new() } else { format!(", by {}", clean(&graph.producer)) };
    let name = options.model.file_name().unwrap_or_default().to_string_lossy();
    writeln!(out, "{name}: {}, operators of {}{producer}", mega(graph.file_bytes, "B"), clean(&opset.join(", ")))?;
    for (title, ports) in [("Inputs", &graph.inputs), ("Outputs", &graph.outputs)] {
        writeln!(out, "{title}:")?;
        for port in ports {
            let from = port.from.as_ref().map(|from| format!(", from {}", clean(from))).unwrap_or_default();
            writeln!(out, "  {}: {}{from}", clean(&port.name), port.shown())?;
        }
    }
    let mut operators: Vec<_> = graph.operators.iter().collect();
    operators.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut named: Vec<_> =
        operators.iter().take(MOST_OPERATORS).map(|(name, count)| format!("{} {count}", clean(name))).collect();
    if operators.len() > MOST_OPERATORS {
        named.push(format!("and {} more kinds", operators.len() - MOST_OPERATORS));
    }
    let nodes: usize = graph.operators.values().sum();
    writeln!(out, "Operators: {nodes} in all. {}", named.join(", "))?;
    let weights: Vec<_> = graph.weights.iter().map(|(kind, count)| format!("{} {kind}", mega(*count, ""))).collect();
    writeln!(out, "Parameters: {} ({})", mega(graph.parameters, ""), weights.join(", "))?;
    Ok(())
}

fn report_engines(out: &mut impl Write, engines: &[Tried]) -> anyhow::Result<()> {
    writeln!(out, "Engines:")?;
    for tried in engines {
        let words = match &tried.measurement {
            Measurement::Missing { why } => format!("is not here. {why}"),
            Measurement::Refuses { why } => format!("does not take it: {why}"),
            Measurement::Computes(measured) => format!(
                "{:.1} ms per inference (median of {} on zeros), ready in {:.2} s, {} of memory",
                measured.inference_ms,
                measured.inferences,
                measured.load_seconds,
                mega(measured.memory_bytes, "B")
            ),
        };
        writeln!(out, "  {}: {}", tried.engine, clean(&words))?;
        if let Measurement::Computes(measured) = &tried.measurement {
            for (name, shape) in &measured.outputs {
                writeln!(out, "    answers {} {shape:?}", clean(name))?;
            }
            for remark in &measured.remarks {
                writeln!(out, "    remark: {}", clean(remark))?;
            }
        }
    }
    Ok(())
}

fn report_proposals(out: &mut impl Write, proposals: &[Proposal]) -> anyhow::Result<()> {
    let Some(first) = proposals.first() else {
        writeln!(
            out,
            "Use: none of the standard tasks fits. `vision new NAME --language rust --model …` begins an app whose code uses it."
        )?;
        return Ok(());
    };
    let head = first.output.head.map(|head| format!(", head {}", json!(head).as_str().unwrap_or_default()));
    writeln!(out, "Use: {}{}", first.task.name(), head.unwrap_or_default())?;
    writeln!(out, "  because {}", clean(&first.why))?;
    writeln!(out, "  pixels: {}", first.preprocessing)?;
    if let Some(missing) = &first.missing {
        writeln!(out, "  still to be said: {}", clean(missing))?;
    }
    let of_task: Vec<_> = proposals[1..].iter().filter(|other| other.task == first.task).collect();
    if !of_task.is_empty() {
        let ways: Vec<_> = of_task.iter().map(|other| other.preprocessing.as_str()).collect();
        writeln!(out, "  or: {}", ways.join("; "))?;
        if is_measurable(first.task) {
            writeln!(out, "  `vision new NAME --model … --photo …` tries them on a photo and takes the surest")?;
        }
    }
    let mut tasks = vec![first.task];
    for other in proposals {
        if !tasks.contains(&other.task) {
            tasks.push(other.task);
            writeln!(out, "  or {}: {}", other.flags(first), clean(&other.why))?;
        }
    }
    let described = Described { input: &first.input, output: &first.output };
    writeln!(out, "  in app.json: {}", serde_json::to_string(&described)?)?;
    Ok(())
}

/// `3660092` as `3.66 MB`.
pub(super) fn mega(number: u64, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    match number {
        0..1_000 => format!("{number}{space}{unit}"),
        1_000..1_000_000 => format!("{:.1}{space}k{unit}", number as f64 / 1e3),
        _ => format!("{:.2}{space}M{unit}", number as f64 / 1e6),
    }
}
