//! `GET /apps/{slug}`: an app with its form.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use vision_protocol::{
    ids::Slug,
    manifest::Manifest,
    results::{ResultType, StandardLayout},
};

use super::{extras::Extras, reviews::ReviewForm};
use crate::{
    domain::{
        DomainError,
        accounts::User,
        catalog::{self, AppCard, AppView, Figures},
        reviews::{self, ReviewView, Standing},
        running, shelves,
    },
    state::Portal,
    web::{chrome::Chrome, error::WebError, fields::RunForm, markdown, respond, results::ResultPart},
};

/// Reviews on an app's page; the others have a page of their own.
const REVIEWS: usize = 5;

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
    pub(crate) extras: Extras,
    pub(crate) figures: Figures,
    /// What it computes with, if the author chose.
    pub(crate) engine: Option<String>,
    pub(crate) is_kept: bool,
    /// The last ones.
    pub(crate) reviews: Vec<ReviewView>,
    pub(crate) review_form: ReviewForm,
}

/// What people made of an app, and what the viewer did.
pub(crate) struct Opinions {
    pub(crate) is_kept: bool,
    pub(crate) reviews: Vec<ReviewView>,
    pub(crate) standing: Standing,
}

impl Opinions {
    async fn load(portal: &Portal, viewer: Option<&User>, view: &AppView) -> Result<Self, WebError> {
        let is_kept = match viewer {
            Some(user) => shelves::is_kept(portal, user, view.app).await?,
            None => false,
        };
        let mut reviews = reviews::list(portal, viewer, view.app, view.figures.ratings(), 1).await?.items;
        reviews.truncate(REVIEWS);
        let standing = reviews::standing(portal, viewer, view.app, view.card.author_id).await?;
        Ok(Self { is_kept, reviews, standing })
    }
}

impl AppPage {
    /// The page with an untouched form, looked up.
    pub(crate) async fn load(
        portal: &Portal,
        chrome: Chrome,
        view: AppView,
        example: Option<u32>,
    ) -> Result<Self, WebError> {
        let opinions = Opinions::load(portal, chrome.user.as_ref(), &view).await?;
        let extras = Extras::of(portal, chrome.user.as_ref(), &view, example).await?;
        Ok(Self::new(chrome, view, opinions).with(extras))
    }

    /// The page with an untouched form.
    pub(crate) fn new(chrome: Chrome, view: AppView, opinions: Opinions) -> Self {
        let form = RunForm::new(format!("/apps/{}/runs", view.card.slug), &view.manifest.app_parameters);
        Self {
            chrome,
            version: view.manifest.version.to_string(),
            answers: answers(&view.manifest),
            readme: view.readme.as_deref().map(markdown::render).filter(|html| !html.trim().is_empty()),
            published_at: view.published_at,
            engine: view.manifest.runner.and_then(|runner| runner.engine),
            card: view.card,
            form,
            extras: Extras::default(),
            figures: view.figures,
            is_kept: opinions.is_kept,
            reviews: opinions.reviews,
            review_form: ReviewForm::new(opinions.standing),
        }
    }

    /// The same page with examples and releases, and the form filled in with the example that is looked at.
    pub(crate) fn with(mut self, extras: Extras) -> Self {
        if let Some(example) = &extras.example {
            self.form = self.form.filled(&example.typed);
        }
        self.extras = extras;
        self
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

/// What can stand behind the address.
#[derive(Deserialize)]
pub(crate) struct AppQuery {
    /// The place of an example.
    example: Option<String>,
    /// A run of one's own, whose inputs the form begins with.
    from: Option<String>,
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    query: Query<AppQuery>,
) -> Result<HttpResponse, WebError> {
    let view = catalog::app(&portal, chrome.user.as_ref(), &slug).await?;
    let example = query.example.as_deref().and_then(|text| text.parse().ok());
    let mut page = AppPage::load(&portal, chrome, view, example).await?;
    if let (Some(user), Some(run)) = (&page.chrome.user, query.from.as_deref().and_then(|text| text.parse().ok())) {
        match running::view(&portal, user, run).await {
            Ok(run) => page.form = page.form.filled_from(&run),
            // A form without the inputs of a run that is gone is still a form.
            Err(DomainError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    respond::page(StatusCode::OK, &page.chrome, &page)
}
