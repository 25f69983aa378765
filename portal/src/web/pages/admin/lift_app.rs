//! `POST /admin/apps/{slug}/lift`: an app is back, as it was.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use crate::{
    domain::takedowns,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{May, ReviewApps},
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<ReviewApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    takedowns::lift(&portal, may.by(), &slug).await?;
    Ok(respond::see_other(&request, &format!("/admin/apps/{slug}"), Some(Notice::AppLifted)))
}
