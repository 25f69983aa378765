//! `GET /api/v1/apps/{slug}/feedback/export`: consented feedback as training data.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use vision_protocol::ids::Slug;

use crate::{
    state::Portal,
    web::{
        error::WebError,
        keyed::{Feedback, Keyed},
        pages::author::feedback_export::{Params, answer},
    },
};

/// The handler.
pub(crate) async fn show(
    keyed: Keyed<Feedback>,
    portal: Data<Portal>,
    slug: Path<Slug>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    answer(&portal, &keyed.holder.user, &slug, &params).await
}
