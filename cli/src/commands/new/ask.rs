//! What is missing is asked for on a terminal, and told anywhere else.

use std::{
    io::{IsTerminal, stderr, stdin},
    path::{Path, PathBuf},
};

use anyhow::bail;
use dialoguer::{Input, theme::ColorfulTheme};

use super::Options;

/// The options with what was missing.
///
/// # Errors
/// What is missing, where nobody can be asked.
pub(super) fn complete(mut options: Options) -> anyhow::Result<Options> {
    if options.name.is_some() && options.model.is_some() {
        return Ok(options);
    }
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        let mut missing = Vec::new();
        if options.name.is_none() {
            missing.push("NAME, the folder of the app");
        }
        if options.model.is_none() {
            missing.push("--model, the ONNX file");
        }
        bail!("{} missing: {}", if missing.len() > 1 { "these are" } else { "this is" }, missing.join("; "));
    }
    if options.model.is_none() {
        options.model = Some(file("The model, an ONNX file", false)?.unwrap_or_default());
    }
    if options.labels.is_none() {
        options.labels = file("The names of its classes, a text file (empty: none)", true)?;
    }
    if options.photo.is_none() {
        options.photo = file("A photo of what it knows (empty: none)", true)?;
    }
    if options.name.is_none() {
        let name: String =
            Input::with_theme(&ColorfulTheme::default()).with_prompt("The folder of the app").interact_text()?;
        options.name = Some(PathBuf::from(name));
    }
    Ok(options)
}

fn file(prompt: &str, may_be_empty: bool) -> anyhow::Result<Option<PathBuf>> {
    let theme = ColorfulTheme::default();
    let path: String = Input::with_theme(&theme)
        .with_prompt(prompt)
        .allow_empty(may_be_empty)
        .validate_with(move |path: &String| match Path::new(path.trim()).is_file() {
            true => Ok(()),
            false if may_be_empty && path.trim().is_empty() => Ok(()),
            false => Err("there is no such file"),
        })
        .interact_text()?;
    let path = path.trim();
    Ok((!path.is_empty()).then(|| PathBuf::from(path)))
}
