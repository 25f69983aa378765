//! `POST /admin/reviews/{release}/approve`: everybody can run it.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::ReleaseId;

use crate::{
    domain::reviewing,
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
    id: Path<ReleaseId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    reviewing::approve(&portal, may.by(), *id).await?;
    Ok(respond::see_other(&request, "/admin/reviews", Some(Notice::ReleaseApproved)))
}
