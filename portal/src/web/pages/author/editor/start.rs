//! `GET` and `POST /author/new`: a new app begins with its first step; `POST /author/apps/{slug}/edit`: the draft of a
//! new release.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::Slug;

use super::{Action, Fields, Frame, general, general::GeneralPage, onward, step_url};
use crate::{
    domain::drafting::{self, Document, Step},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        respond,
    },
};

/// How a draft of an app is begun.
#[derive(Deserialize)]
pub(crate) struct EditForm {
    #[serde(default)]
    afresh: Option<String>,
}

/// The first step, empty.
pub(crate) async fn show(_: May<PublishApps>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let page = GeneralPage::new(chrome, Frame::blank(), &Document::blank(), String::new());
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The first step, filled in.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    form: CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    let mut document = Document::blank();
    let mut readme = String::new();
    general::take(&form.0, &mut document, &mut readme);
    let draft = drafting::create(&portal, &may.user, &document, &readme).await?;
    let action = match form.0.action() {
        Action::Previous => Action::Save,
        action => action,
    };
    Ok(onward(&request, draft, Step::General, &action, ""))
}

/// The draft of a new release of one's own app.
pub(crate) async fn edit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    form: CsrfForm<EditForm>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::edit(&portal, &may.user, &slug, form.0.afresh.is_some()).await?;
    Ok(respond::see_other(&request, &step_url(draft, Step::General), None))
}
