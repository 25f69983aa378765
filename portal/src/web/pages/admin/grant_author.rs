//! `POST /admin/requests/{id}/grant`: somebody becomes an author.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use crate::{
    domain::{authorship, ids::RequestId},
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{ManagePeople, May},
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<ManagePeople>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<RequestId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    authorship::grant(&portal, may.by(), *id).await?;
    Ok(respond::see_other(&request, "/admin/requests", Some(Notice::Decided)))
}
