//! `POST /runs/batches/{id}/cancel`: stops all runs of a batch that have not ended.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use crate::{
    domain::running::{self, BatchId},
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
    id: Path<BatchId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    running::cancel_batch(&portal, &user, *id).await?;
    Ok(respond::see_other(&request, &format!("/runs/batches/{id}"), Some(Notice::RunCancelled)))
}
