//! `POST /admin/reviews/{release}/examples`: runs the examples, as runs of the reviewer's own.

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
    reviewing::try_examples(&portal, &may.user, *id).await?;
    Ok(respond::see_other(&request, "/runs", Some(Notice::ExamplesBegun)))
}
