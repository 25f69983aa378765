//! What is missing is asked for on a terminal, and told anywhere else.

use std::{
    io::{IsTerminal, stderr, stdin},
    path::{Path, PathBuf},
};

use anyhow::bail;
use dialoguer::{Input, Select, theme::ColorfulTheme};
use vision_protocol::manifest::Task;
use vision_starters::Language;

use super::Options;
use crate::propose::Proposal;

/// The options with what was missing.
///
/// # Errors
/// What is missing, where nobody can be asked.
pub(super) fn complete(mut options: Options) -> anyhow::Result<Options> {
    let is_code = options.language.is_some();
    let has_model = is_code || !options.model.is_empty();
    if options.name.is_some() && has_model {
        return Ok(options);
    }
    if !is_terminal() {
        let mut missing = Vec::new();
        if options.name.is_none() {
            missing.push("NAME, the folder of the app");
        }
        if !has_model {
            missing.push("--model, the ONNX file (or --language, for code of your own)");
        }
        bail!("{} missing: {}", if missing.len() > 1 { "these are" } else { "this is" }, missing.join("; "));
    }
    if !has_model {
        match file("The model, an ONNX file (empty: an app with code of your own)")? {
            Some(model) => options.model = vec![model],
            None => options.language = Some(language()?),
        }
    }
    if options.language.is_none() {
        if options.labels.is_none() && options.asked.gallery.is_none() {
            options.labels = file("The names of its classes, a text file (empty: none)")?;
        }
        if options.photo.is_none() {
            options.photo = file("A photo of what it knows (empty: none)")?;
        }
    }
    if options.name.is_none() {
        let name: String =
            Input::with_theme(&ColorfulTheme::default()).with_prompt("The folder of the app").interact_text()?;
        options.name = Some(PathBuf::from(name));
    }
    Ok(options)
}

/// Which of several tasks that are as likely it is for, if somebody can be asked.
///
/// # Errors
/// When the terminal is gone.
pub(super) fn task(proposals: &[Proposal]) -> anyhow::Result<Option<Task>> {
    let Some(first) = proposals.first() else { return Ok(None) };
    let mut equals: Vec<&Proposal> = Vec::new();
    for proposal in proposals.iter().filter(|other| other.likely == first.likely) {
        if equals.iter().all(|known| known.task != proposal.task) {
            equals.push(proposal);
        }
    }
    if equals.len() < 2 || !is_terminal() {
        return Ok(None);
    }
    let items: Vec<String> = equals.iter().map(|one| format!("{}: {}", one.task.name(), one.why)).collect();
    let theme = ColorfulTheme::default();
    let chosen = Select::with_theme(&theme).with_prompt("What it is for").items(&items).default(0).interact()?;
    Ok(equals.get(chosen).map(|one| one.task))
}

fn is_terminal() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

fn language() -> anyhow::Result<Language> {
    let names = Language::ALL.map(Language::name);
    let theme = ColorfulTheme::default();
    let name: String = Input::with_theme(&theme)
        .with_prompt(format!("The language: {}", names.join(", ")))
        .validate_with(move |name: &String| match Language::named(name.trim()) {
            Some(_) => Ok(()),
            None => Err("there is no kit for that language"),
        })
        .interact_text()?;
    Ok(Language::named(name.trim()).unwrap_or(Language::Rust))
}

/// A file, or nothing.
fn file(prompt: &str) -> anyhow::Result<Option<PathBuf>> {
    let theme = ColorfulTheme::default();
    let path: String = Input::with_theme(&theme)
        .with_prompt(prompt)
        .allow_empty(true)
        .validate_with(|path: &String| match path.trim() {
            "" => Ok(()),
            path if Path::new(path).is_file() => Ok(()),
            _ => Err("there is no such file"),
        })
        .interact_text()?;
    let path = path.trim();
    Ok((!path.is_empty()).then(|| PathBuf::from(path)))
}
