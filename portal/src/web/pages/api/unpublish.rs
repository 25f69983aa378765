//! `POST /api/v1/releases/{id}/unpublish`: takes it back.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use vision_protocol::ids::ReleaseId;

use super::release;
use crate::{
    domain::publishing,
    state::Portal,
    web::{
        error::WebError,
        keyed::{Keyed, Publish},
    },
};

/// The handler.
pub(crate) async fn submit(
    keyed: Keyed<Publish>,
    portal: Data<Portal>,
    id: Path<ReleaseId>,
) -> Result<HttpResponse, WebError> {
    publishing::unpublish(&portal, &keyed.holder.user, *id).await?;
    release::answer(&portal, &keyed.holder.user, *id, StatusCode::OK).await
}
