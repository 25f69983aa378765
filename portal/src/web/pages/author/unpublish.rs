//! `POST /author/releases/{id}/unpublish`: takes it back.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::ReleaseId;

use crate::{
    domain::publishing,
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
    id: Path<ReleaseId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    publishing::unpublish(&portal, &may.user, *id).await?;
    Ok(respond::see_other(&request, &format!("/author/releases/{id}"), Some(Notice::Unpublished)))
}
