//! `POST /admin/reports/{report}/dismiss`: nothing has to be done.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use crate::{
    domain::{ids::ReportId, moderation},
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
    id: Path<ReportId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    moderation::dismiss(&portal, may.by(), *id).await?;
    Ok(respond::see_other(&request, "/admin/reports", Some(Notice::Decided)))
}
