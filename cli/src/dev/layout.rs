//! The author's own layout, rendered as the marketplace renders it. There it is cleaned as well; here the page frames it
//! without scripts.

use serde_json::{Map, Value, json};
use vision_package::template;
use vision_protocol::{Fault, Manifest};

use super::bench::data_uri;
use crate::local::{App, Input};

/// The HTML of `template.html`; nothing if the app uses a standard layout.
///
/// # Errors
/// What is wrong with the template, and where.
pub(super) fn render(
    app: &App,
    result: &Map<String, Value>,
    inputs: &[(String, Input)],
) -> Result<Option<String>, Fault> {
    let is_own = app.manifest().result_layout.as_deref() == Some(Manifest::TEMPLATE);
    let Some(source) = app.package.template.as_ref().filter(|_| is_own) else { return Ok(None) };
    let inputs: Map<String, Value> = inputs
        .iter()
        .map(|(name, input)| {
            let value = match input {
                Input::Photo(photo) => data_uri(photo).into(),
                Input::Plain(value) => value.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    let context = json!({ "result": result, "input": inputs, "app": { "name": app.manifest().name } });
    let environment = template::environment();
    let rendered = environment
        .template_from_named_str(Manifest::TEMPLATE, source)
        .and_then(|template| template.render(minijinja::value::Serde(context)));
    rendered.map(Some).map_err(|error| {
        let message = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
        let line = error.line().map(|line| format!(": line {line}")).unwrap_or_default();
        Fault::new(format!("{}{line}", Manifest::TEMPLATE), message)
    })
}
