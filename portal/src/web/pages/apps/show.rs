//! `GET /apps/{slug}`: an app with its form.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use jiff::Timestamp;
use vision_protocol::{ids::Slug, manifest::Manifest, results::ResultType};

use crate::{
    domain::catalog::{self, AppCard, AppView},
    state::Portal,
    web::{chrome::Chrome, error::WebError, fields::RunForm, markdown, respond},
};

/// `app.html`.
#[derive(Template)]
#[template(path = "app.html")]
pub(crate) struct AppPage {
    pub(crate) chrome: Chrome,
    pub(crate) card: AppCard,
    pub(crate) version: String,
    pub(crate) published_at: Timestamp,
    pub(crate) answers: String,
    pub(crate) readme: Option<String>,
    pub(crate) form: RunForm,
}

impl AppPage {
    /// The page with an untouched form.
    pub(crate) fn new(chrome: Chrome, view: AppView) -> Self {
        let form = RunForm::new(format!("/apps/{}/runs", view.card.slug), &view.manifest.app_parameters);
        Self {
            chrome,
            version: view.manifest.version.to_string(),
            answers: answers(&view.manifest),
            readme: view.readme.as_deref().map(markdown::render).filter(|html| !html.trim().is_empty()),
            published_at: view.published_at,
            card: view.card,
            form,
        }
    }
}

fn answers(manifest: &Manifest) -> String {
    let word = |kind| match kind {
        ResultType::Text => "text",
        ResultType::Number => "a number",
        ResultType::Boolean => "yes or no",
        ResultType::Date => "a day",
        ResultType::Image => "a picture",
        ResultType::Labels => "labels with scores",
        ResultType::Boxes => "boxes on the photo",
        ResultType::Points => "points on the photo",
        ResultType::Polygons => "outlines on the photo",
        ResultType::Table => "a table",
        ResultType::Json => "data",
    };
    let mut words: Vec<&str> = manifest.result_variables.iter().map(|result| word(result.result_type)).collect();
    words.dedup();
    words.join(", ")
}

/// The handler.
pub(crate) async fn show(portal: Data<Portal>, chrome: Chrome, slug: Path<Slug>) -> Result<HttpResponse, WebError> {
    let view = catalog::app(&portal, &slug).await?;
    let page = AppPage::new(chrome, view);
    respond::page(StatusCode::OK, &page.chrome, &page)
}
