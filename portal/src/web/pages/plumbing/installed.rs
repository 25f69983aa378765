//! `GET /manifest.webmanifest`: what a telephone needs to keep the marketplace among its apps.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL};
use serde_json::json;

use crate::web::assets;

/// The handler.
pub(crate) async fn show() -> HttpResponse {
    let icon = |name: &str, sizes: &str, kind: &str, purpose: &str| json!({ "src": assets::url(name), "sizes": sizes, "type": kind, "purpose": purpose });
    let manifest = json!({
        "id": "/",
        "name": "Intelligent Vision",
        "short_name": "Vision",
        "description": "Apps that see: run them on a photo of yours.",
        // The last used app, ready for the next photo.
        "start_url": "/last",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f7f7f5",
        "theme_color": "#0b6b63",
        "icons": [
            icon("icon-192.png", "192x192", "image/png", "any"),
            icon("icon-512.png", "512x512", "image/png", "any"),
            icon("icon-maskable-512.png", "512x512", "image/png", "maskable"),
            icon("icon.svg", "any", "image/svg+xml", "any"),
        ],
        "shortcuts": [
            { "name": "Take a photo", "url": "/last" },
            { "name": "My runs", "url": "/runs" },
            { "name": "All apps", "url": "/" },
        ],
    });
    HttpResponse::Ok()
        .content_type("application/manifest+json")
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(manifest.to_string())
}
