//! What `run` is given: a runner's name and an app's inputs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;
use vision_package::Example;
use vision_protocol::{
    Manifest,
    messages::NamedValue,
    parameters::{Parameter, ParameterType, check_inputs},
};

use crate::local::{App, Engine, Input, Launch};

/// Which runner computes.
#[derive(Args, Clone)]
pub(crate) struct RunnerOptions {
    /// What computes the models.
    #[arg(long, value_enum, default_value = "tract")]
    engine: Engine,
    /// Another runner's program instead: anything that `vision conform` finds nothing wrong with, and that takes the
    /// options of `runner-tract serve`.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "engine")]
    runner: Option<PathBuf>,
}

impl RunnerOptions {
    pub(super) fn launch(&self) -> anyhow::Result<Launch> {
        match &self.runner {
            Some(program) => Ok(Launch::program(program)),
            None => Launch::carried(self.engine).context("this program cannot be found again"),
        }
    }

    /// The engine that was asked for.
    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        self.runner.as_ref().map_or_else(|| self.engine.name().to_owned(), |program| program.display().to_string())
    }
}

/// The inputs of a run.
#[derive(Args)]
pub(crate) struct InputOptions {
    /// The photo, for an app that takes one.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Any input by its parameter's name; a picture's value is its file. May be given more than once.
    #[arg(long = "input", value_name = "NAME=VALUE")]
    inputs: Vec<String>,
    /// The inputs of one of the app's examples; --image and --input go first.
    #[arg(long, value_name = "NAME")]
    example: Option<String>,
}

impl InputOptions {
    /// Everything that was given, checked against what the app takes.
    ///
    /// # Errors
    /// Every fault of the inputs at once, and what the app takes.
    pub(super) fn read(&self, app: &App) -> anyhow::Result<Vec<(String, Input)>> {
        let manifest = app.manifest();
        let mut inputs = match &self.example {
            Some(name) => {
                let known = || app.package.examples.iter().map(|example| &*example.name).collect::<Vec<_>>().join(", ");
                let example = app.package.examples.iter().find(|example| example.name == *name);
                example_inputs(app, example.with_context(|| format!("the app has no example “{name}”: {}", known()))?)?
            }
            None => Vec::new(),
        };
        let mut put = |name: &str, input: Input| {
            inputs.retain(|(known, _)| known != name);
            inputs.push((name.to_owned(), input));
        };
        if let Some(file) = &self.image {
            put(&only_image(manifest)?, photo(file)?);
        }
        for given in &self.inputs {
            let (name, text) = given.split_once('=').with_context(|| format!("--input {given}: must be NAME=VALUE"))?;
            let parameter = parameter(manifest, name)?;
            if parameter.parameter_type == ParameterType::Image {
                put(name, photo(Path::new(text))?);
            } else if let Some(value) =
                parameter.parse_text(text).map_err(|message| anyhow::anyhow!("--input {given}: {message}"))?
            {
                put(name, Input::Plain(value));
            }
        }
        check(manifest, &inputs)?;
        Ok(inputs)
    }
}

/// The inputs of an example.
pub(super) fn example_inputs(app: &App, example: &Example) -> anyhow::Result<Vec<(String, Input)>> {
    let is_image = |name: &str| {
        app.manifest().app_parameters.iter().any(|p| p.name == name && p.parameter_type == ParameterType::Image)
    };
    let inputs = example.inputs.iter().map(|(name, value)| match value.as_str() {
        Some(file) if is_image(name) => Ok((name.clone(), photo(&app.file(example, file))?)),
        _ => Ok((name.clone(), Input::Plain(value.clone()))),
    });
    inputs.collect()
}

fn photo(file: &Path) -> anyhow::Result<Input> {
    fs::read(file).map(Input::Photo).with_context(|| format!("{} cannot be read", file.display()))
}

fn only_image(manifest: &Manifest) -> anyhow::Result<String> {
    let images: Vec<_> =
        manifest.app_parameters.iter().filter(|p| p.parameter_type == ParameterType::Image).map(|p| &*p.name).collect();
    match images[..] {
        [one] => Ok(one.to_owned()),
        [] => bail!("the app takes no picture: leave --image out. {}", taken(manifest)),
        _ => bail!("the app takes several pictures: give each as --input NAME=FILE, for {}", images.join(", ")),
    }
}

fn parameter<'m>(manifest: &'m Manifest, name: &str) -> anyhow::Result<&'m Parameter> {
    let found = manifest.app_parameters.iter().find(|parameter| parameter.name == name);
    found.with_context(|| format!("the app has no parameter “{name}”. {}", taken(manifest)))
}

fn check(manifest: &Manifest, inputs: &[(String, Input)]) -> anyhow::Result<()> {
    let data: Vec<_> = inputs
        .iter()
        .map(|(name, input)| {
            let value = match input {
                Input::Plain(value) => value.clone(),
                // It has an address only when it is run.
                Input::Photo(_) => Value::from("http://localhost/"),
            };
            NamedValue { name: name.clone(), value }
        })
        .collect();
    check_inputs(&manifest.app_parameters, &data)
        .map(drop)
        .map_err(|faults| anyhow::anyhow!("{}\n{}", vision_protocol::fault::summary(&faults), taken(manifest)))
}

/// What the app takes, in a sentence.
fn taken(manifest: &Manifest) -> String {
    let one = |parameter: &Parameter| {
        let kind = match parameter.parameter_type {
            ParameterType::Image => return format!("--input {}=FILE", parameter.name),
            ParameterType::Select => parameter.options.join("|"),
            kind => format!("{kind:?}").to_lowercase(),
        };
        format!("--input {}={kind}", parameter.name)
    };
    let all: Vec<_> = manifest.app_parameters.iter().map(one).collect();
    if all.is_empty() { "It takes no inputs.".to_owned() } else { format!("It takes {}.", all.join(", ")) }
}
