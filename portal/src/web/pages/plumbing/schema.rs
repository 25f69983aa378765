//! `GET /schema/app.json`: the manifest's JSON Schema.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL};
use vision_protocol::manifest::Manifest;

/// The handler.
pub(crate) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/schema+json")
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(serde_json::to_vec_pretty(&Manifest::json_schema()).unwrap_or_default())
}
