//! `GET` and `POST /author/drafts/{draft}/general`: name, description, shelf, long description.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;

use super::{Fields, Frame, onward};
use crate::{
    domain::drafting::{self, Document, DraftId, Step},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        respond,
    },
};

/// `author/editor/general.html`.
#[derive(Template)]
#[template(path = "author/editor/general.html")]
pub(crate) struct GeneralPage {
    pub(crate) chrome: Chrome,
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: String,
    pub(crate) readme: String,
}

impl GeneralPage {
    pub(crate) fn new(chrome: Chrome, frame: Frame, document: &Document, readme: String) -> Self {
        let text = |key| document.text(key);
        let (name, description, category) = (text("Name"), text("Description"), text("Category"));
        Self { chrome, frame, name, description, category, readme }
    }
}

/// Takes the fields of this step.
pub(super) fn take(form: &Fields, document: &mut Document, readme: &mut String) {
    for key in ["Name", "Description", "Category"] {
        document.set_text(key, form.text(key));
    }
    readme.clear();
    readme.push_str(form.text("Readme"));
}

/// The page.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::open(&portal, &may.user, *id).await?;
    let page = GeneralPage::new(chrome, Frame::of(&draft, Step::General), &draft.document, draft.readme);
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
    take(&form.0, &mut draft.document, &mut draft.readme);
    drafting::save(&portal, &draft).await?;
    Ok(onward(&request, draft.id, Step::General, &form.0.action(), ""))
}
