//! `GET /runs/{id}/result.csv`: the results of a run, for a spreadsheet.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunId;

use crate::{
    domain::{
        running::{self, table},
        spreadsheets,
    },
    state::Portal,
    web::{error::WebError, identity::CurrentUser, respond},
};

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    id: Path<RunId>,
) -> Result<HttpResponse, WebError> {
    let run = running::view(&portal, &user, *id).await?;
    let (columns, rows) = table::sheet(&table::parts(&run.results));
    let name = format!("{}.csv", run.slug);
    Ok(respond::download(&name, "text/csv; charset=utf-8", spreadsheets::csv(&columns, &rows)?))
}
