//! `GET /apps/{slug}/shared/{token}`: the link of an app, which makes whoever opens it a guest.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use crate::{
    domain::sharing,
    state::Portal,
    web::{error::WebError, identity::CurrentUser, respond},
};

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    path: Path<(Slug, String)>,
) -> Result<HttpResponse, WebError> {
    let (slug, token) = path.into_inner();
    sharing::open_link(&portal, &user, &slug, &token).await?;
    Ok(respond::see_other(&request, &format!("/apps/{slug}"), None))
}
