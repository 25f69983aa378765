//! The author's own layout: rendered with everything escaped, then cleaned of all that could act or call out.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use serde_json::{Map, Value, json};
use vision_package::template;
use vision_protocol::manifest::Manifest;

use crate::domain::{
    DomainError, Result,
    running::{RunView, Shown},
};

/// Style properties that only change how something looks in its place.
const STYLES: &[&str] = &[
    "align-items",
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-top",
    "color",
    "column-gap",
    "display",
    "flex",
    "flex-direction",
    "flex-wrap",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "gap",
    "grid-template-columns",
    "height",
    "justify-content",
    "letter-spacing",
    "line-height",
    "list-style",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "object-fit",
    "opacity",
    "overflow",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "row-gap",
    "text-align",
    "text-decoration",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .add_tags(["section", "meter", "progress"])
        .rm_tags(["map", "area"])
        .add_generic_attributes(["class", "style", "title", "lang"])
        .add_tag_attributes("meter", ["value", "min", "max", "low", "high", "optimum"])
        .add_tag_attributes("progress", ["value", "max"])
        .filter_style_properties(STYLES.iter().copied().collect::<HashSet<_>>())
        .url_schemes(HashSet::from(["http", "https", "data"]))
        .url_relative(UrlRelative::PassThrough)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            // A picture comes from this run or is part of the page; nothing is loaded from elsewhere.
            (_, "src") => {
                let of_example = value.starts_with("/apps/") && value.contains("/examples/");
                let is_picture = of_example || value.starts_with("/runs/") || value.starts_with("data:image/");
                is_picture.then_some(Cow::Borrowed(value))
            }
            (_, "href") => value.starts_with("https://").then_some(Cow::Borrowed(value)),
            (_, "cite") => None,
            _ => Some(Cow::Borrowed(value)),
        });
    builder
});

/// Renders a template; the files of the run stand below `place`.
pub(super) fn render(source: &str, run: &RunView, place: &str) -> Result<String> {
    let environment = template::environment();
    let rendered = environment
        .template_from_named_str(Manifest::TEMPLATE, source)
        .and_then(|template| template.render(minijinja::value::Serde(context(run, place))))
        .map_err(|error| {
            let message = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
            let line = error.line().map(|line| format!(": line {line}")).unwrap_or_default();
            DomainError::invalid(format!("{}{line}", Manifest::TEMPLATE), message)
        })?;
    Ok(CLEANER.clean(&rendered).to_string())
}

/// What a template sees: `result.<name>`, `input.<name>` and `app.name`. Pictures are addresses.
fn context(run: &RunView, place: &str) -> Value {
    let shown = |value: &Shown| match value {
        Shown::File(file) => Value::String(format!("{place}/files/{}", file.blob)),
        Shown::Plain(value) => value.clone(),
    };
    let results: Map<String, Value> =
        run.results.iter().map(|result| (result.variable.name.clone(), shown(&result.value))).collect();
    let inputs: HashMap<String, Value> = run
        .inputs
        .iter()
        .filter_map(|input| Some((input.parameter.name.clone(), shown(input.value.as_ref()?))))
        .collect();
    json!({ "result": results, "input": inputs, "app": { "name": run.manifest.name } })
}
