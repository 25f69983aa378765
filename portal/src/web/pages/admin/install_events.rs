//! `GET /admin/installs/{id}/events`: how far an install is.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use futures_util::stream;
use vision_protocol::ids::InstallId;

use crate::{
    domain::installing,
    state::Portal,
    web::{
        error::WebError,
        events::{self, News},
        identity::{InstallModels, May},
    },
};

/// The handler.
pub(crate) async fn show(
    may: May<InstallModels>,
    portal: Data<Portal>,
    id: Path<InstallId>,
) -> Result<HttpResponse, WebError> {
    let watch = installing::watch(&portal, &may.user, *id).await?;
    Ok(events::answer(stream::unfold(watch, |mut watch| async {
        match watch.next().await {
            Ok(Some(view)) => Some((News::of_install(&view), watch)),
            Ok(None) => None,
            Err(error) => {
                tracing::debug!(error.message = %error, "an install cannot be followed any more");
                None
            }
        }
    })))
}
