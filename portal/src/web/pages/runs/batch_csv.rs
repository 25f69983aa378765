//! `GET /runs/batches/{id}/results.csv`: what was found on all photos of a batch, for a spreadsheet.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use crate::{
    domain::{
        running::{self, BatchId},
        spreadsheets,
    },
    state::Portal,
    web::{error::WebError, identity::CurrentUser, respond},
};

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    id: Path<BatchId>,
) -> Result<HttpResponse, WebError> {
    let batch = running::batch(&portal, &user, *id).await?;
    let (columns, rows) = batch.sheet();
    let name = format!("{}-batch.csv", batch.slug);
    Ok(respond::download(&name, "text/csv; charset=utf-8", spreadsheets::csv(&columns, &rows)?))
}
