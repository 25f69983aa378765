//! An app with code of its own: the template of a language with its kit beside it, and the models that it will use.

use std::{fs, io::Write, path::Path, process::ExitCode};

use anyhow::Context;
use serde_json::json;
use vision_protocol::{Manifest, fault::summary, manifest::Model};
use vision_starters::Language;

use super::{Options, material};
use crate::{
    model::Graph,
    scaffold::{self, LABELS},
    show,
};

/// Writes the app.
///
/// # Errors
/// What cannot be read or written.
pub(super) fn begin(
    options: &Options,
    language: Language,
    folder: &Path,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let models: Vec<Graph> = options.model.iter().map(|model| Graph::read(model)).collect::<Result<_, _>>()?;
    let made = scaffold::begin(folder)?;
    language.write(made.path()).with_context(|| format!("the template cannot be written to {}", folder.display()))?;
    let manifest = described(options, folder, made.path())?;
    scaffold::finish(made, folder)?;
    if options.json {
        let models: Vec<_> = manifest.models.iter().map(|model| &model.name).collect();
        writeln!(out, "{:#}", json!({ "folder": folder, "language": language.name(), "models": models }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = folder.display();
    writeln!(out, "{folder}: an app with code of its own, in {}", language.name())?;
    for (model, graph) in manifest.models.iter().zip(&models) {
        let shown = |ports: &[crate::model::Port]| {
            let all: Vec<_> =
                ports.iter().map(|port| format!("{} {}", show::clean(&port.name), port.shown())).collect();
            all.join(", ")
        };
        writeln!(
            out,
            "  its model “{}” takes {} and answers {}",
            model.name,
            shown(&graph.inputs),
            shown(&graph.outputs)
        )?;
    }
    writeln!(out, "{folder}/build makes its app.wasm; {folder}/DEVELOPING.md tells where things are.")?;
    Ok(ExitCode::SUCCESS)
}

/// Gives the template's manifest the app's name, its models and their labels.
fn described(options: &Options, folder: &Path, made: &Path) -> anyhow::Result<Manifest> {
    let file = made.join(Manifest::FILE);
    let mut manifest = Manifest::parse(&material::content(&file)?)
        .map_err(|faults| anyhow::anyhow!("the template has faults: {}", summary(&faults)))?;
    let title = scaffold::title(&folder.file_name().unwrap_or_default().to_string_lossy());
    if !title.is_empty() {
        manifest.name = title;
    }
    let labels = options.labels.as_deref().map(material::labels).transpose()?;
    if let Some(labels) = &labels {
        put(made, LABELS, labels.as_bytes())?;
    }
    for (number, model) in options.model.iter().enumerate() {
        let stem = model.file_stem().unwrap_or_default().to_string_lossy();
        let (mut name, mut plain) = (scaffold::identifier(&stem), scaffold::plain(&stem, "model"));
        if manifest.models.iter().any(|known| known.name == name) {
            name = format!("{name}_{}", number + 1);
            plain = format!("{plain}-{}", number + 1);
        }
        let path = format!("models/{plain}.onnx");
        put(made, &path, &material::content(model)?)?;
        // With several models, the first one's.
        let labels = labels.as_ref().filter(|_| number == 0).map(|_| LABELS.to_owned());
        manifest.models.push(Model { name, file: path, labels, input: None, output: None });
    }
    put(made, Manifest::FILE, (manifest.to_json() + "\n").as_bytes())?;
    Ok(manifest)
}

fn put(folder: &Path, path: &str, content: &[u8]) -> anyhow::Result<()> {
    let file = folder.join(path);
    file.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))
}
