//! `GET /apps/{slug}/reviews`: all reviews of an app, page by page, with the form for one's own.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use askama::Template;
use serde::Deserialize;
use vision_protocol::{fault::Fault, ids::Slug};

use crate::{
    domain::{
        catalog::{self, AppCard, Figures},
        reviews::{self, NewReview, ReviewView, Standing},
    },
    state::Portal,
    web::{chrome::Chrome, error::WebError, forms, respond, show::Pager},
};

/// Which page.
#[derive(Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    page: String,
}

/// The form for one's own review, as it stands on the page.
pub(crate) struct ReviewForm {
    /// What its sender may do.
    pub(crate) standing: Standing,
    pub(crate) stars: u8,
    pub(crate) words: String,
    pub(crate) faults: Vec<Fault>,
}

impl ReviewForm {
    /// The form with what one wrote before.
    pub(crate) fn new(standing: Standing) -> Self {
        let (stars, words) = match &standing {
            Standing::May(Some(mine)) => (mine.stars, mine.words.clone()),
            _ => (0, String::new()),
        };
        Self { standing, stars, words, faults: Vec::new() }
    }

    /// The form with what is wrong in it.
    pub(crate) fn refused(&mut self, given: &NewReview, faults: Vec<Fault>) {
        self.stars = given.stars.parse().unwrap_or(0);
        self.words.clone_from(&given.words);
        self.faults = faults;
    }

    /// Whether it changes a review that is there.
    pub(crate) fn is_change(&self) -> bool {
        matches!(self.standing, Standing::May(Some(_)))
    }

    /// Whether the viewer made the app, and answers reviews.
    pub(crate) fn can_reply(&self) -> bool {
        matches!(self.standing, Standing::Author)
    }

    pub(crate) fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }
}

/// `reviews.html`.
#[derive(Template)]
#[template(path = "reviews.html")]
pub(crate) struct ReviewsPage {
    pub(crate) chrome: Chrome,
    pub(crate) card: AppCard,
    pub(crate) figures: Figures,
    pub(crate) reviews: Vec<ReviewView>,
    pub(crate) form: ReviewForm,
    pub(crate) pager: Pager,
}

/// The page of an app's reviews.
pub(crate) async fn load(portal: &Portal, chrome: Chrome, slug: &Slug, page: u32) -> Result<ReviewsPage, WebError> {
    let view = catalog::app(portal, chrome.user.as_ref(), slug).await?;
    let viewer = chrome.user.as_ref();
    let found = reviews::list(portal, viewer, view.app, view.figures.ratings(), page).await?;
    let standing = reviews::standing(portal, viewer, view.app, view.card.author_id).await?;
    Ok(ReviewsPage {
        pager: pager(slug, found.page, found.pages),
        chrome,
        card: view.card,
        figures: view.figures,
        reviews: found.items,
        form: ReviewForm::new(standing),
    })
}

pub(crate) fn pager(slug: &Slug, page: u32, pages: u32) -> Pager {
    let slug = slug.clone();
    Pager::new(page, pages, move |page| format!("/apps/{slug}/reviews?page={page}"))
}

/// The handler.
pub(crate) async fn show(
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let page = load(&portal, chrome, &slug, params.page.parse().unwrap_or(1)).await?;
    respond::page(StatusCode::OK, &page.chrome, &page)
}
