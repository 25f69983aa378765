//! `GET /runs/batches/{id}/events`: a batch's progress.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use futures_util::stream;

use crate::{
    domain::running::{self, BatchId},
    state::Portal,
    web::{
        error::WebError,
        events::{self, News},
        identity::CurrentUser,
    },
};

/// The handler.
pub(crate) async fn show(
    CurrentUser(user): CurrentUser,
    portal: Data<Portal>,
    id: Path<BatchId>,
) -> Result<HttpResponse, WebError> {
    let watch = running::watch_batch(&portal, &user, *id).await?;
    Ok(events::answer(stream::unfold(watch, |mut watch| async {
        match watch.next().await {
            Ok(Some(progress)) => Some((News::of_batch(progress), watch)),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(error.message = %error, "a batch cannot be followed any more");
                None
            }
        }
    })))
}
