//! `GET /health/live` and `/health/ready`, for whatever restarts a portal.

use actix_web::{HttpResponse, web::Data};

use crate::{
    domain::{DomainError, finding},
    state::Portal,
    web::error::WebError,
};

/// The process answers.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// The database answers, and the portal is not about to stop.
pub(crate) async fn ready(portal: Data<Portal>) -> Result<HttpResponse, WebError> {
    if portal.stopping.is_cancelled() {
        return Err(DomainError::Stopping.into());
    }
    finding::categories(&portal, 1).await?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ok\n"))
}
