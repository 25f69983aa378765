//! `POST /author/apps/{slug}/alerts/seen`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use crate::{
    domain::figures,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    figures::see(&portal, &may.user, &slug).await?;
    Ok(respond::see_other(&request, &format!("/author/apps/{slug}"), Some(Notice::AlertsSeen)))
}
