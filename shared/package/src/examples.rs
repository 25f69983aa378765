//! The examples of a package: read, and held against the app's parameters and results.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vision_protocol::{
    Fault, Manifest,
    messages::NamedValue,
    parameters::{ParameterType, check_inputs},
};

use crate::{
    Example, Expected, json,
    layout::{EXAMPLES, EXPECTED, INPUTS},
};

/// Most examples of one package.
const MOST: usize = 50;

/// What was found in the folder of one example.
#[derive(Default)]
pub(crate) struct Found {
    inputs: Option<Vec<u8>>,
    expected: Option<Vec<u8>>,
    files: Vec<String>,
}

/// All examples that an archive holds, by name.
#[derive(Default)]
pub(crate) struct Collected(BTreeMap<String, Found>);

impl Collected {
    /// Notes a file of an example; `text` is its content if it is one of the two JSON files and could be read.
    pub(crate) fn note(&mut self, name: &str, file: &str, text: Option<Vec<u8>>) {
        let found = self.0.entry(name.to_owned()).or_default();
        match file {
            // What could not be read has been reported: it counts as there, and as empty.
            INPUTS => found.inputs = Some(text.unwrap_or_else(|| b"{}".to_vec())),
            EXPECTED => found.expected = text,
            _ => found.files.push(file.to_owned()),
        }
    }

    /// The examples, and what is wrong with them. Without a manifest only their form is checked.
    pub(crate) fn read(
        self,
        manifest: Option<&Manifest>,
        budget: &mut json::Budget,
        faults: &mut Vec<Fault>,
    ) -> Vec<Example> {
        if self.0.len() > MOST {
            let message = format!("holds {} examples; at most {MOST} are allowed", self.0.len());
            faults.push(Fault::new(EXAMPLES, message));
            return Vec::new();
        }
        self.0.into_iter().filter_map(|(name, found)| read(name, found, manifest, budget, faults)).collect()
    }
}

fn read(
    name: String,
    found: Found,
    manifest: Option<&Manifest>,
    budget: &mut json::Budget,
    faults: &mut Vec<Fault>,
) -> Option<Example> {
    let folder = format!("{EXAMPLES}/{name}");
    let mut fault = |file: &str, message: String| faults.push(Fault::new(format!("{folder}/{file}"), message));
    let expected = found.expected.and_then(|text| match read_expected(&text, budget) {
        Ok(expected) => Some(expected),
        Err(message) => {
            fault(EXPECTED, message);
            None
        }
    });
    let Some(text) = found.inputs else {
        fault(INPUTS, "is missing: an example needs one, such as {\"Image\": \"photo.jpg\"}".to_owned());
        return None;
    };
    let inputs = match budget.parse(&text) {
        Ok(Value::Object(inputs)) => inputs,
        Ok(_) => {
            fault(INPUTS, "must be an object of inputs by parameter, such as {\"Image\": \"photo.jpg\"}".to_owned());
            return None;
        }
        Err(message) => {
            fault(INPUTS, message);
            return None;
        }
    };
    let example = Example { name, inputs, expected, files: found.files };
    if let Some(manifest) = manifest {
        hold_against(manifest, &example, &mut fault);
    }
    Some(example)
}

fn hold_against(manifest: &Manifest, example: &Example, fault: &mut impl FnMut(&str, String)) {
    let is_image =
        |name: &str| manifest.app_parameters.iter().any(|p| p.name == name && p.parameter_type == ParameterType::Image);
    let mut data = Vec::new();
    let mut named = Vec::new();
    for (name, value) in &example.inputs {
        let mut value = value.clone();
        if is_image(name) {
            match value.as_str() {
                Some(file) if example.files.iter().any(|known| known == file) => named.push(file.to_owned()),
                Some(file) => fault(INPUTS, format!("{name} names “{file}”, which does not lie beside it")),
                None => fault(INPUTS, format!("{name} must name an image file that lies beside it")),
            }
            // The rest of the check wants the address that an image has in a run.
            value = Value::from("http://localhost/");
        }
        data.push(NamedValue { name: name.clone(), value });
    }
    if let Err(faults) = check_inputs(&manifest.app_parameters, &data) {
        for found in faults {
            fault(INPUTS, format!("{}: {}", found.place, found.message));
        }
    }
    for file in example.files.iter().filter(|file| !named.contains(file)) {
        fault(file, format!("is not named by {INPUTS}: remove it"));
    }
    for name in example.expected.iter().flat_map(|expected| expected.result.keys()) {
        if !manifest.result_variables.iter().any(|variable| variable.name == *name) {
            fault(EXPECTED, format!("Result.{name}: the app has no such result variable"));
        }
    }
}

fn read_expected(text: &[u8], budget: &mut json::Budget) -> Result<Expected, String> {
    const FORM: &str = "must have the form {\"Tolerance\": 0.02, \"Result\": {…}}";
    let Value::Object(mut object) = budget.parse(text)? else { return Err(FORM.to_owned()) };
    let tolerance = match object.remove("Tolerance") {
        None => 0.0,
        Some(value) => value.as_f64().filter(|t| *t >= 0.0).ok_or("Tolerance: must be a number of at least 0")?,
    };
    let result: Map<String, Value> = match object.remove("Result") {
        Some(Value::Object(result)) => result,
        _ => return Err(FORM.to_owned()),
    };
    match object.keys().next() {
        Some(key) => Err(format!("{key}: is not known here; the file {FORM}")),
        None => Ok(Expected { tolerance, result }),
    }
}
