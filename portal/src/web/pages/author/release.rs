//! `GET /author/releases/{id}`: where a release stands, what is wrong with it, and a form to try it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::ids::ReleaseId;

use crate::{
    domain::publishing::{self, ReleaseStatus, ReleaseView},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        fields::RunForm,
        identity::{May, PublishApps},
        markdown, respond,
    },
};

/// `author/release.html`.
#[derive(Template)]
#[template(path = "author/release.html")]
pub(crate) struct ReleasePage {
    pub(crate) chrome: Chrome,
    pub(crate) release: ReleaseView,
    pub(crate) readme: Option<String>,
    pub(crate) form: RunForm,
}

impl ReleasePage {
    /// The page with an untouched form.
    pub(crate) fn new(chrome: Chrome, release: ReleaseView) -> Self {
        let form = RunForm::new(format!("/releases/{}/runs", release.id), &release.manifest.app_parameters);
        let readme = release.readme.as_deref().map(markdown::render).filter(|html| !html.trim().is_empty());
        Self { chrome, release, readme, form }
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<ReleaseId>,
) -> Result<HttpResponse, WebError> {
    let release = publishing::release(&portal, &may.user, *id).await?;
    let page = ReleasePage::new(chrome, release);
    respond::page(StatusCode::OK, &page.chrome, &page)
}
