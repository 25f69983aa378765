//! `POST /apps/{slug}/review/delete`: takes one's own review back.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use crate::{
    domain::reviews,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    reviews::delete(&portal, &user, &slug).await?;
    Ok(respond::see_other(&request, &format!("/apps/{}#reviews", *slug), Some(Notice::ReviewDeleted)))
}
