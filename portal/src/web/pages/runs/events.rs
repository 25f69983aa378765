//! `GET /runs/{id}/events`: a run's progress.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use futures_util::stream;
use vision_protocol::ids::RunId;

use crate::{
    domain::running,
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
    id: Path<RunId>,
) -> Result<HttpResponse, WebError> {
    let watch = running::watch(&portal, &user, *id).await?;
    Ok(events::answer(stream::unfold(watch, |mut watch| async {
        match watch.next().await {
            Ok(Some(progress)) => Some((News::of_run(&progress), watch)),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(error.message = %error, "a run cannot be followed any more");
                None
            }
        }
    })))
}
