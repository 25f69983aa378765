//! `GET` and `POST /author/drafts/{draft}/code`: the task or the glue, the models, and all other files.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use serde_json::{Value, json};
use vision_protocol::{fault::Fault, manifest::Task};

use super::{
    Fields, Frame, arrange, onward,
    rows::{self, ModelRow},
};
use crate::{
    domain::drafting::{self, Draft, DraftFile, DraftId, Progress, Step},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        respond,
    },
};

/// `author/editor/code.html`.
#[derive(Template)]
#[template(path = "author/editor/code.html")]
pub(crate) struct CodePage {
    pub(crate) chrome: Chrome,
    pub(crate) frame: Frame,
    pub(crate) draft: DraftId,
    /// Name, and whether it is chosen.
    pub(crate) tasks: Vec<(&'static str, bool)>,
    pub(crate) deterministic: bool,
    pub(crate) rows: Vec<ModelRow>,
    pub(crate) files: Vec<DraftFile>,
    /// Files on their way.
    pub(crate) uploads: Vec<Progress>,
    pub(crate) limit_mb: u64,
    /// What was wrong with a file that was sent.
    pub(crate) refused: Vec<Fault>,
}

impl CodePage {
    /// The page of a draft.
    pub(crate) fn new(chrome: Chrome, draft: &Draft, uploads: Vec<Progress>, limit_mb: u64) -> Self {
        let mut frame = Frame::of(draft, Step::Code);
        let rows = rows::model_rows(draft.document.models(), &mut frame.faults);
        let task = draft.document.task();
        Self {
            chrome,
            frame,
            draft: draft.id,
            tasks: Task::ALL.into_iter().map(|known| (known.name(), Some(known) == task)).collect(),
            deterministic: draft.document.flag("Deterministic"),
            rows,
            files: draft.files.clone(),
            uploads,
            limit_mb,
            refused: Vec::new(),
        }
    }

    /// Files in a folder of the package, for a list to choose from.
    pub(crate) fn paths(&self, folder: &str) -> Vec<&str> {
        self.files.iter().map(|file| file.path.as_str()).filter(|path| path.starts_with(folder)).collect()
    }
}

/// The page of a draft, with what is wrong with a file that was sent.
pub(super) async fn page(
    portal: &Portal,
    chrome: Chrome,
    draft: &Draft,
    refused: Vec<Fault>,
) -> Result<HttpResponse, WebError> {
    let uploads = drafting::under_way(portal, draft).await?;
    let page = CodePage { refused, ..CodePage::new(chrome, draft, uploads, portal.config.limits.package_mib) };
    let status = if page.refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    respond::page(status, &page.chrome, &page)
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::open(&portal, &may.user, *id).await?;
    page(&portal, chrome, &draft, Vec::new()).await
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
    draft.document.set_text("Task", form.0.text("Task"));
    draft.document.set_flag("Deterministic", form.0.has("Deterministic"));
    let mut list: Vec<Value> = form.0.rows().iter().map(rows::model).collect();
    arrange(&mut list, &form.0.action(), || json!({ "Name": "", "File": "" }));
    draft.document.set_value("Models", Value::Array(list));
    drafting::save(&portal, &draft).await?;
    Ok(onward(&request, draft.id, Step::Code, &form.0.action(), ""))
}
