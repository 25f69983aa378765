//! `POST /apps/{slug}/review`: a person's stars and words for an app, or those of before written anew.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::Slug;

use super::reviews::{ReviewsPage, load};
use crate::{
    domain::{
        DomainError,
        reviews::{self, NewReview},
    },
    state::Portal,
    web::{chrome::Chrome, error::WebError, forms::CsrfForm, identity::CurrentUser, notices::Notice, respond},
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    stars: String,
    #[serde(default)]
    words: String,
}

/// The handler.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let new = NewReview { stars: form.stars, words: form.words };
    match reviews::write(&portal, &user, &slug, &new).await {
        Ok(()) => {
            let back = format!("/apps/{}#reviews", *slug);
            Ok(respond::see_other(&request, &back, Some(Notice::Reviewed)))
        }
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let mut page: ReviewsPage = load(&portal, chrome, &slug, 1).await?;
            page.form.refused(&new, faults);
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        Err(error) => Err(error.into()),
    }
}
