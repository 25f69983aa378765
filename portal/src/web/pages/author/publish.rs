//! `POST /author/releases/{id}/publish`: everybody can run it.

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
    let slug = publishing::publish(&portal, &may.user, *id).await?;
    if publishing::waits(&portal, *id).await? {
        let here = format!("/author/releases/{id}");
        return Ok(respond::see_other(&request, &here, Some(Notice::SentToReview)));
    }
    Ok(respond::see_other(&request, &format!("/apps/{slug}"), Some(Notice::Published)))
}
