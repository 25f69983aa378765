//! `GET /author/apps/{slug}/feedback/{run}/photo`: a photo that its person lets the author use, at this moment.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    web::{Data, Path},
};
use vision_protocol::ids::{RunId, Slug};

use crate::{
    domain::feedback::authors,
    state::Portal,
    web::{
        error::WebError,
        headers::FILE_POLICY,
        identity::{May, PublishApps},
    },
};

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    path: Path<(Slug, RunId)>,
) -> Result<HttpResponse, WebError> {
    let (slug, run) = path.into_inner();
    let photo = authors::photo(&portal, &may.user, &slug, run).await?;
    Ok(HttpResponse::Ok()
        .content_type(photo.media_type)
        .insert_header((CONTENT_SECURITY_POLICY, FILE_POLICY))
        // A consent may be withdrawn: no copy stays behind in the browser.
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(SizedStream::new(photo.size, photo.content)))
}
