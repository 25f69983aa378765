//! `POST /reviews/{review}/reply`: an author answers a review of an app of theirs, or takes the answer back.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;

use crate::{
    domain::reviews::{self, ReviewId},
    state::Portal,
    web::{
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    words: String,
}

/// The handler.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    review: Path<ReviewId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let slug = reviews::reply(&portal, &may.user, *review, &form.words).await?;
    Ok(respond::see_other(&request, &format!("/apps/{slug}/reviews#review-{}", *review), Some(Notice::Replied)))
}
