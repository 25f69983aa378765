//! `vision convert`: rewrites an ONNX file so that tract computes it, and proves the result.

use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use prost::Message as _;
use serde::Serialize;
use tempfile::NamedTempFile;
use tract_onnx::pb::ModelProto;
use vision_protocol::Fault;

use super::{inspect::mega, run::report_faults};
use crate::{
    convert::{self, Change, Kind, Wanted},
    model::{Agreement, Graph, Measured, Measurement, Which, agreement, measure},
    progress::Progress,
    propose::Frame,
    show::clean,
};

/// What `convert` is told.
#[derive(Args)]
pub(crate) struct Options {
    /// The ONNX file.
    model: PathBuf,
    /// Where to write.
    #[arg(required_unless_present = "list")]
    output: Option<PathBuf>,
    /// Converts these only; all that the file needs if left out.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    only: Vec<Kind>,
    /// Fixes an input that leaves sides open. May be given for several inputs.
    #[arg(long, value_name = "NAME=1,3,224,224", value_parser = size)]
    fix_size: Vec<(String, Vec<i64>)>,
    /// Tells what would be done, and writes nothing.
    #[arg(long)]
    list: bool,
    /// Writes over a file that is there.
    #[arg(long)]
    force: bool,
    /// Writes the file even if tract still refuses it, or if it answers otherwise than the original.
    #[arg(long)]
    unproven: bool,
    /// Answers with one JSON document.
    #[arg(long)]
    json: bool,
}

/// Largest difference to the original where nothing was rounded in it, and where 8-bit integers were.
const ALIKE: f64 = 0.01;
const ALIKE_ROUNDED: f64 = 0.5;
/// Most bytes that the format allows.
const MOST_BYTES: usize = i32::MAX as usize;

/// All of it. A struct, because the numbers of a manifest are short only as they are.
#[derive(Serialize)]
struct Document<'a> {
    file: Option<&'a Path>,
    bytes: BeforeAfter<u64>,
    opset: BeforeAfter<i64>,
    changes: &'a [Change],
    tract: &'a Measurement,
    agreement: &'a Agreement,
}

#[derive(Clone, Copy, Serialize)]
struct BeforeAfter<T> {
    before: T,
    after: T,
}

/// A converted model, and how it went.
struct Converted {
    file: NamedTempFile,
    bytes: BeforeAfter<u64>,
    opset: BeforeAfter<i64>,
    changes: Vec<Change>,
    tract: Measurement,
    agreement: Agreement,
}

pub(crate) fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let output = options.output.as_deref().filter(|_| !options.list);
    if let Some(output) = output.filter(|output| !options.force && output.exists()) {
        bail!("{} is there already; --force writes over it", output.display());
    }
    let refused = |fault: &Fault| Fault::new(place(options, &fault.place), fault.message.clone());
    let converted = match convert(options, output)? {
        Ok(converted) => converted,
        Err(fault) => return report_faults(out, &[refused(&fault)], options.json),
    };
    if let Some(fault) = unfit(&converted).filter(|_| !options.unproven) {
        if !options.json {
            report_changes(out, options, &converted)?;
        }
        return report_faults(out, &[refused(&fault)], options.json);
    }
    if options.json {
        let Converted { bytes, opset, changes, tract, agreement, .. } = &converted;
        let document = Document { file: output, bytes: *bytes, opset: *opset, changes, tract, agreement };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        report_changes(out, options, &converted)?;
        report_proof(out, &converted)?;
        if let Some(output) = output {
            writeln!(out, "{}: {}", output.display(), mega(converted.bytes.after, "B"))?;
        }
    }
    if let Some(output) = output {
        let writing = || format!("cannot write {}", output.display());
        if options.force {
            converted.file.persist(output).with_context(writing)?;
        } else {
            converted.file.persist_noclobber(output).with_context(writing)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Converts the file into one beside its place, and proves it there.
fn convert(options: &Options, output: Option<&Path>) -> anyhow::Result<Result<Converted, Fault>> {
    let (mut model, before) = convert::read(&options.model)?;
    let opset_before = convert::opset(&model);
    let wanted = Wanted { only: options.only.clone(), sizes: options.fix_size.clone() };
    let mut changes = match convert::convert(&mut model, &wanted) {
        Ok(changes) => changes,
        Err(fault) => return Ok(Err(fault)),
    };
    if model.encoded_len() > MOST_BYTES {
        return Ok(Err(Fault::new("", "it would be larger than the 2 GiB that an ONNX file may have")));
    }
    let folder = match output.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => folder.to_owned(),
        None if output.is_some() => PathBuf::from("."),
        None => std::env::temp_dir(),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".convert-")
        .suffix(".onnx")
        // As any new file: the system takes from it what its owner says.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(&folder)
        .with_context(|| format!("cannot write to {}", folder.display()))?;
    write(&mut file, &model)?;
    let frame = Frame::of(&Graph::read(file.path())?, None).map(|frame| (frame.width, frame.height));
    let progress = Progress::new("computing with tract");
    let tract = measure(Which::Tract, file.path(), frame)?;
    if let Measurement::Computes(Measured { outputs, .. }) = &tract
        && wanted.wants(Kind::Shapes)
        && let Some(change) = convert::restate(&mut model, outputs)
    {
        changes.push(change);
        write(&mut file, &model)?;
    }
    if changes.is_empty() {
        let words = match &tract {
            Measurement::Refuses { why } => format!("nothing in it can be converted, and tract refuses it: {why}"),
            _ => "nothing in it needs to be converted: use it as it is".to_owned(),
        };
        return Ok(Err(Fault::new("", words)));
    }
    progress.say("comparing with the original");
    let agreement = match &tract {
        // tract takes a Resize of operator set 10, and rounds it otherwise.
        Measurement::Computes(_) => {
            let by_tract = !changes.iter().any(|change| change.operators.contains_key("Resize"));
            agreement(&options.model, file.path(), frame, by_tract)?
        }
        _ => Agreement::NotCompared { why: "tract does not compute the converted file".to_owned() },
    };
    drop(progress);
    let bytes = BeforeAfter { before, after: fs::metadata(file.path())?.len() };
    let opset = BeforeAfter { before: opset_before, after: convert::opset(&model) };
    Ok(Ok(Converted { file, bytes, opset, changes, tract, agreement }))
}

fn write(file: &mut NamedTempFile, model: &ModelProto) -> anyhow::Result<()> {
    fs::write(file.path(), model.encode_to_vec()).with_context(|| format!("cannot write {}", file.path().display()))
}

/// Why the result is not to be used.
fn unfit(converted: &Converted) -> Option<Fault> {
    const MENDING: &str = "; nothing is written. --unproven writes it all the same";
    if let Measurement::Refuses { why } | Measurement::Missing { why } = &converted.tract {
        return Some(Fault::new("", format!("converted, tract still does not take it: {why}{MENDING}")));
    }
    let rounded = converted.changes.iter().any(|change| change.kind == Kind::Quantised);
    let most = if rounded { ALIKE_ROUNDED } else { ALIKE };
    match &converted.agreement {
        Agreement::Compared { with, output, difference } if *difference > most => Some(Fault::new(
            format!("output “{output}”"),
            format!(
                "converted, it differs from what {with} makes of the original, by {}{MENDING}",
                percent(*difference)
            ),
        )),
        _ => None,
    }
}

fn place(options: &Options, within: &str) -> String {
    let name = options.model.display();
    if within.is_empty() { name.to_string() } else { format!("{name}: {within}") }
}

fn report_changes(out: &mut impl Write, options: &Options, converted: &Converted) -> anyhow::Result<()> {
    let name = options.model.file_name().unwrap_or_default().to_string_lossy();
    writeln!(out, "{name}: {}", mega(converted.bytes.before, "B"))?;
    for change in &converted.changes {
        writeln!(out, "  {}", clean(&change.words))?;
        let nodes: Vec<_> = change.operators.iter().map(|(name, count)| format!("{} {count}", clean(name))).collect();
        if !nodes.is_empty() {
            writeln!(out, "    nodes: {}", nodes.join(", "))?;
        }
    }
    Ok(())
}

fn report_proof(out: &mut impl Write, converted: &Converted) -> anyhow::Result<()> {
    match &converted.tract {
        Measurement::Computes(measured) => writeln!(
            out,
            "  tract computes it: {:.1} ms per inference, the median of {}",
            measured.inference_ms, measured.inferences
        )?,
        Measurement::Refuses { why } | Measurement::Missing { why } => {
            writeln!(out, "  tract does not compute it: {}", clean(why))?;
        }
    }
    match &converted.agreement {
        Agreement::Compared { with, output, difference } => writeln!(
            out,
            "  on noise it differs from what {with} makes of the original by {} ({})",
            percent(*difference),
            clean(output)
        )?,
        Agreement::NotCompared { why } => writeln!(out, "  not compared with the original: {}", clean(why))?,
    }
    Ok(())
}

fn percent(part: f64) -> String {
    match part * 100.0 {
        small if small < 0.001 => "less than 0.001 %".to_owned(),
        small if small < 1.0 => format!("{small:.3} %"),
        large if large < 1000.0 => format!("{large:.1} %"),
        _ => "more than its own size".to_owned(),
    }
}

/// `NAME=1,3,224,224`.
fn size(text: &str) -> Result<(String, Vec<i64>), String> {
    let (name, sides) = text.rsplit_once('=').ok_or("say NAME=1,3,224,224")?;
    let side = |side: &str| side.trim().parse().ok().filter(|side| *side > 0);
    let sides: Option<Vec<i64>> = sides.split(',').map(side).collect();
    Ok((name.to_owned(), sides.ok_or("each side must be a whole number above 0")?))
}
