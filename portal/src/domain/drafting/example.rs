//! A result to look at while its layout is written: that of the package's first example, or one that is made up.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, RunId, Slug},
    manifest::Manifest,
    parameters::{Parameter, ParameterType},
    results::{ResultType, ResultVariable},
};

use super::{Draft, archive, files};
use crate::{
    domain::{
        Result,
        layouts::{self, RenderedLayout},
        running::{InputView, Keeping, ResultView, RunStatus, RunView, Shown},
    },
    state::Portal,
};

/// Bytes of an example's photo that a preview carries.
const PHOTO_BYTES: u64 = 4 << 20;

/// A photo for apps without examples: two hills and a sun.
const PHOTO: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='640' height='480' viewBox='0 0 640 480'>\
    <rect width='640' height='480' fill='#bcd6e6'/><circle cx='500' cy='110' r='54' fill='#f4d58d'/>\
    <path d='M0 380 170 190 320 340 430 240 640 420V480H0Z' fill='#6f9a7d'/>\
    <path d='M0 480V420L240 330 640 450V480Z' fill='#4d7a63'/></svg>";
/// A result picture: stripes of grey.
const PICTURE: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='640' height='480' viewBox='0 0 640 480'>\
    <rect width='640' height='480' fill='#59636b'/><path d='M0 380 170 190 320 340 430 240 640 420' fill='none' \
    stroke='#e6eaed' stroke-width='10'/><circle cx='500' cy='110' r='54' fill='none' stroke='#e6eaed' \
    stroke-width='10'/></svg>";

/// A result by the draft's layout.
pub struct Example {
    /// The result.
    pub layout: std::result::Result<RenderedLayout, Vec<Fault>>,
    /// The photo, as an address that holds it.
    pub photo: Option<String>,
    /// Result pictures: title and address that holds it.
    pub images: Vec<(String, String)>,
    /// The example that it is made of, if the package has one.
    pub name: Option<String>,
}

/// What the package's first example says.
#[derive(Default)]
struct Given {
    name: Option<String>,
    expected: Map<String, Value>,
    photo: Option<String>,
}

/// Renders an example by the draft's layout, without running anything.
///
/// # Errors
/// The object store's.
pub async fn example(portal: &Portal, draft: &Draft) -> Result<Example> {
    let given = given(portal, draft).await?;
    let parameters = draft.document.good_parameters();
    let has_photo = parameters.iter().any(|parameter| parameter.parameter_type == ParameterType::Image);
    let photo = has_photo.then(|| given.photo.clone().unwrap_or_else(|| svg(PHOTO)));
    let own = draft.document.text("ResultLayout") == Manifest::TEMPLATE;
    let run = run(draft, &parameters, &given, photo.as_deref(), own);
    let variables = draft.document.good_results();
    let pictures = variables.iter().filter(|variable| variable.result_type == ResultType::Image);
    let images = pictures.map(|variable| (title(variable), svg(PICTURE))).collect();
    let layout = match layouts::render(portal, &run) {
        Ok(layout) => Ok(layout),
        Err(crate::domain::DomainError::Invalid(faults)) => Err(faults),
        Err(error) => return Err(error),
    };
    Ok(Example { layout, photo, images, name: given.name })
}

fn title(variable: &ResultVariable) -> String {
    if variable.label.is_empty() { variable.name.clone() } else { variable.label.clone() }
}

fn svg(text: &str) -> String {
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(text))
}

async fn given(portal: &Portal, draft: &Draft) -> Result<Given> {
    let example = |path: &str| path.strip_prefix("examples/")?.strip_suffix("/inputs.json").map(str::to_owned);
    let Some(name) = draft.files.iter().find_map(|file| example(&file.path)) else { return Ok(Given::default()) };
    let Some(object) = draft.archive else { return Ok(Given::default()) };
    let file = files::file_of(portal, object).await?;
    let read = move || {
        let content = |path: String, limit| archive::read(file.try_clone().ok()?, &path, limit);
        let value = |path: String| content(path, 1 << 20).and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let expected = match value(format!("examples/{name}/expected.json")) {
            Some(Value::Object(mut expected)) => match expected.remove("Result") {
                Some(Value::Object(result)) => result,
                _ => Map::new(),
            },
            _ => Map::new(),
        };
        let inputs = value(format!("examples/{name}/inputs.json")).unwrap_or_default();
        let photo = inputs.as_object().into_iter().flatten().find_map(|(_, value)| {
            let file = value.as_str()?;
            let kind = match file.rsplit('.').next()? {
                "jpg" | "jpeg" => "jpeg",
                "png" => "png",
                "webp" => "webp",
                _ => return None,
            };
            let photo = content(format!("examples/{name}/{file}"), PHOTO_BYTES)?;
            Some(format!("data:image/{kind};base64,{}", STANDARD.encode(photo)))
        });
        Given { name: Some(name), expected, photo }
    };
    tokio::task::spawn_blocking(read).await.map_err(crate::domain::DomainError::internal)
}

/// A run that never was.
fn run(draft: &Draft, parameters: &[Parameter], given: &Given, photo: Option<&str>, own: bool) -> RunView {
    let results = draft.document.good_results();
    let manifest = Manifest {
        name: draft.document.text("Name"),
        description: draft.document.text("Description"),
        category: draft.document.text("Category"),
        version: draft.document.text("Version").parse().unwrap_or_else(|_| semver::Version::new(0, 0, 0)),
        task: draft.document.task(),
        app_parameters: parameters.to_vec(),
        result_variables: results.clone(),
        result_layout: Some(draft.document.text("ResultLayout")).filter(|layout| !layout.is_empty()),
        models: Vec::new(),
        runner: None,
        limits: None,
        deterministic: false,
    };
    let inputs = parameters.iter().map(|parameter| {
        let value = match parameter.parameter_type {
            ParameterType::Image => photo.map(Value::from),
            _ => parameter.default.clone().or_else(|| Some(sample_input(parameter))),
        };
        InputView { parameter: parameter.clone(), value: value.map(Shown::Plain) }
    });
    let shown = results.iter().filter(|variable| own || variable.result_type != ResultType::Image).map(|variable| {
        let expected = given.expected.get(&variable.name).filter(|value| variable.result_type.check(value).is_ok());
        let value = expected.cloned().unwrap_or_else(|| sample(variable.result_type));
        ResultView { variable: variable.clone(), value: Shown::Plain(value) }
    });
    RunView {
        id: RunId(Uuid::nil()),
        status: RunStatus::Done,
        queue_place: None,
        slug: draft.app.as_ref().map_or_else(|| Slug::from_name(&manifest.name), |(_, slug)| slug.clone()),
        app_is_listed: false,
        release: ReleaseId(0),
        deprecated: None,
        template: own.then(|| draft.template.clone()),
        inputs: inputs.collect(),
        results: shown.collect(),
        manifest,
        timings: None,
        logs: Vec::new(),
        error: None,
        created_at: Timestamp::UNIX_EPOCH,
        finished_at: None,
        can_retry: false,
        keeping: Keeping::Forever,
        gone_at: None,
        batch: None,
    }
}

fn sample_input(parameter: &Parameter) -> Value {
    match parameter.parameter_type {
        ParameterType::Number => parameter.min.clone().unwrap_or_else(|| json!(1)),
        ParameterType::Text | ParameterType::Image => json!("Text"),
        ParameterType::Date => parameter.min.clone().unwrap_or_else(|| json!("2026-01-31")),
        ParameterType::Select => parameter.options.first().map(|option| json!(option)).unwrap_or_default(),
        ParameterType::Boolean => json!(true),
    }
}

/// A value of each kind, of the form that the check asks for.
fn sample(kind: ResultType) -> Value {
    match kind {
        ResultType::Text => json!("An example"),
        ResultType::Number => json!(12.5),
        ResultType::Boolean => json!(true),
        ResultType::Date => json!("2026-01-31"),
        ResultType::Image => json!(svg(PICTURE)),
        ResultType::Labels => {
            json!([{"label": "first", "score": 0.82}, {"label": "second", "score": 0.13}, {"label": "third", "score": 0.05}])
        }
        ResultType::Boxes => json!({"width": 640, "height": 480, "boxes": [
            {"label": "sun", "score": 0.91, "x": 440, "y": 50, "width": 120, "height": 120},
            {"label": "hill", "score": 0.76, "x": 60, "y": 190, "width": 250, "height": 210}]}),
        ResultType::Points => json!({"width": 640, "height": 480, "points": [
            {"label": "left", "score": 0.9, "x": 170, "y": 190}, {"label": "right", "score": 0.8, "x": 430, "y": 240}]}),
        ResultType::Polygons => json!({"width": 640, "height": 480, "polygons": [
            {"label": "hill", "score": 0.88, "points": [[0, 380], [170, 190], [320, 340], [240, 330]]}]}),
        ResultType::Table => json!([{"name": "bolt", "count": 12}, {"name": "nut", "count": 7}]),
        ResultType::Json => json!({"key": "value", "list": [1, 2, 3]}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_up_has_the_form_that_the_check_asks_for() {
        use ResultType::{Boolean, Boxes, Date, Image, Json, Labels, Number, Points, Polygons, Table, Text};
        for kind in [Text, Number, Boolean, Date, Image, Labels, Boxes, Points, Polygons, Table, Json] {
            assert_eq!(kind.check(&sample(kind)), Ok(()), "{kind:?}");
        }
    }
}
