//! `GET` and `POST /author/drafts/{draft}/parameters`: what the app asks for, in a form or as JSON, with the form that
//! comes of it; `POST …/parameters/preview`: that form alone.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};
use vision_protocol::fault::Fault;

use super::{
    Action, Fields, Frame, arrange, onward,
    rows::{self, PARAMETER_TYPES, ParameterRow},
};
use crate::{
    domain::drafting::{self, Document, Draft, DraftId, Step},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        fields::RunForm,
        forms::CsrfForm,
        identity::{May, PublishApps},
        respond,
    },
};

/// Which view is asked for.
#[derive(Deserialize)]
pub(crate) struct View {
    #[serde(default)]
    view: String,
}

/// `author/editor/parameters.html`.
#[derive(Template)]
#[template(path = "author/editor/parameters.html")]
pub(crate) struct ParametersPage {
    pub(crate) chrome: Chrome,
    pub(crate) frame: Frame,
    /// The JSON, in that view.
    pub(crate) json: Option<String>,
    pub(crate) rows: Vec<ParameterRow>,
    /// The task whose own parameters are used, as none are written.
    pub(crate) of_task: Option<&'static str>,
    pub(crate) form: RunForm,
}

/// `author/editor/form_preview.html`.
#[derive(Template)]
#[template(path = "author/editor/form_preview.html")]
pub(crate) struct FormPreview {
    pub(crate) chrome: Chrome,
    pub(crate) form: RunForm,
}

fn run_form(document: &Document) -> RunForm {
    RunForm::new("#preview".to_owned(), &document.good_parameters())
}

impl ParametersPage {
    /// The page of a draft; `json` is the text of the JSON view.
    pub(crate) fn new(chrome: Chrome, draft: &Draft, json: Option<String>) -> Self {
        let mut frame = Frame::of(draft, Step::Parameters);
        let rows = match &json {
            None => rows::parameter_rows(draft.document.parameters(), &mut frame.faults),
            Some(_) => Vec::new(),
        };
        let task = draft.document.task().filter(|_| draft.document.parameters().is_empty());
        let of_task = task.map(vision_protocol::manifest::Task::name);
        Self { chrome, frame, json, rows, of_task, form: run_form(&draft.document) }
    }
}

/// Takes what the form holds, in the view that it has.
fn take(form: &Fields, document: &mut Document) -> Result<(), Fault> {
    if form.has("Json") {
        return document.set_parameters_json(form.text("Json"));
    }
    let mut list: Vec<Value> = form.rows().iter().map(rows::parameter).collect();
    arrange(&mut list, &form.action(), || json!({ "ParameterType": "Text", "Name": "", "Required": true }));
    document.set_value("AppParameters", Value::Array(list));
    Ok(())
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
    view: Query<View>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::open(&portal, &may.user, *id).await?;
    let json = (view.view == "json").then(|| draft.document.parameters_json());
    let page = ParametersPage::new(chrome, &draft, json);
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The step, filled in.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
    form: CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    let mut draft = drafting::open(&portal, &may.user, *id).await?;
    let action = form.0.action();
    let is_json = form.0.has("Json");
    if let Err(fault) = take(&form.0, &mut draft.document) {
        let mut page = ParametersPage::new(chrome, &draft, Some(form.0.text("Json").to_owned()));
        page.frame.faults = vec![fault];
        return respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page);
    }
    if action == Action::Preview {
        let json = is_json.then(|| form.0.text("Json").to_owned());
        let page = ParametersPage::new(chrome, &draft, json);
        return respond::page(StatusCode::OK, &page.chrome, &page);
    }
    drafting::save(&portal, &draft).await?;
    let json = match action {
        Action::View { json } => json,
        _ => is_json,
    };
    Ok(onward(&request, draft.id, Step::Parameters, &action, if json { "?view=json" } else { "" }))
}

/// The form that comes of what is typed, which is not saved.
pub(crate) async fn preview(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
    form: CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    let mut draft = drafting::open(&portal, &may.user, *id).await?;
    take(&form.0, &mut draft.document).map_err(|fault| crate::domain::DomainError::Invalid(vec![fault]))?;
    let page = FormPreview { chrome, form: run_form(&draft.document) };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
