//! `GET` and `POST /author/drafts/{draft}/template`: what the app answers, and how that is shown.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use serde_json::{Value, json};
use vision_protocol::{manifest::Manifest, results::StandardLayout};

use super::{
    Fields, Frame, arrange, onward,
    rows::{self, RESULT_TYPES, ResultRow},
};
use crate::{
    domain::drafting::{self, Draft, DraftId, Step},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        respond,
    },
};

/// `author/editor/template.html`.
#[derive(Template)]
#[template(path = "author/editor/template.html")]
pub(crate) struct TemplatePage {
    pub(crate) chrome: Chrome,
    pub(crate) frame: Frame,
    /// Value, title, and whether it is chosen.
    pub(crate) layouts: Vec<(String, String, bool)>,
    pub(crate) template: String,
    pub(crate) rows: Vec<ResultRow>,
    /// The task whose own results are used, as none are written.
    pub(crate) of_task: Option<&'static str>,
    /// Names and types of what a template can show.
    pub(crate) variables: Vec<(String, String)>,
    /// Names of the inputs that it can show.
    pub(crate) inputs: Vec<String>,
}

impl TemplatePage {
    /// The page of a draft.
    pub(crate) fn new(chrome: Chrome, draft: &Draft) -> Self {
        let mut frame = Frame::of(draft, Step::Template);
        let document = &draft.document;
        let rows = rows::result_rows(document.results(), &mut frame.faults);
        let chosen = document.text("ResultLayout");
        let fitting = format!("What fits the results (now: {})", document.layout().name());
        let choices = [(String::new(), fitting), (Manifest::TEMPLATE.to_owned(), "My own template".to_owned())];
        let standard = StandardLayout::ALL.iter().map(|(name, _)| ((*name).to_owned(), format!("Standard: {name}")));
        let layouts = choices.into_iter().chain(standard).map(|(value, title)| {
            let is_chosen = value == chosen;
            (value, title, is_chosen)
        });
        let task = document.task().filter(|_| document.results().is_empty());
        let variables = document.good_results().into_iter();
        Self {
            chrome,
            frame,
            layouts: layouts.collect(),
            template: draft.template.clone(),
            rows,
            of_task: task.map(vision_protocol::manifest::Task::name),
            variables: variables.map(|variable| (variable.name, format!("{:?}", variable.result_type))).collect(),
            inputs: document.good_parameters().into_iter().map(|parameter| parameter.name).collect(),
        }
    }
}

/// Takes the fields of this step.
pub(super) fn take(form: &Fields, draft: &mut Draft) {
    draft.document.set_text("ResultLayout", form.text("ResultLayout"));
    draft.template = form.text("Template").to_owned();
    let mut list: Vec<Value> = form.rows().iter().map(rows::result).collect();
    arrange(&mut list, &form.action(), || json!({ "ResultType": "Text", "Name": "" }));
    draft.document.set_value("ResultVariables", Value::Array(list));
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::open(&portal, &may.user, *id).await?;
    let page = TemplatePage::new(chrome, &draft);
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The step, filled in.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<DraftId>,
    form: CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    let mut draft = drafting::open(&portal, &may.user, *id).await?;
    take(&form.0, &mut draft);
    drafting::save(&portal, &draft).await?;
    Ok(onward(&request, draft.id, Step::Template, &form.0.action(), ""))
}
