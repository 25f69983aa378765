//! `POST /apps/{slug}/favourite`: keeps an app at hand, or no longer.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::Slug;

use crate::{
    domain::shelves,
    state::Portal,
    web::{error::WebError, forms::CsrfForm, identity::CurrentUser, notices::Notice, respond},
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    /// `on` to keep it.
    #[serde(default)]
    keep: String,
}

/// The handler.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let on = form.keep == "on";
    shelves::keep(&portal, &user, &slug, on).await?;
    let notice = if on { Notice::Kept } else { Notice::NotKept };
    Ok(respond::see_other(&request, &format!("/apps/{}", *slug), Some(notice)))
}
