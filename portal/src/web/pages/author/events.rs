//! `GET /author/releases/{id}/events`: how far the checking is.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use futures_util::stream;
use vision_protocol::ids::ReleaseId;

use crate::{
    domain::publishing,
    state::Portal,
    web::{
        error::WebError,
        events::{self, News},
        identity::{May, PublishApps},
    },
};

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    id: Path<ReleaseId>,
) -> Result<HttpResponse, WebError> {
    let watch = publishing::watch(&portal, &may.user, *id).await?;
    Ok(events::answer(stream::unfold(watch, |mut watch| async {
        match watch.next().await {
            Ok(Some(status)) => Some((News::of_release(status), watch)),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(error.message = %error, "a release cannot be followed any more");
                None
            }
        }
    })))
}
