//! `GET /sw.js`: the service worker. It stands at the root, so that it serves every page, and knows the files that
//! belong to this version of the portal.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};
use vision_protocol::ids::Digest;

use crate::web::assets;

/// What the page for "no connection" is made of.
const OFFLINE: &[&str] = &["site.css", "site.js", "icon.svg"];

static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let files: Vec<String> = OFFLINE.iter().map(|name| assets::url(name)).collect();
    let files = serde_json::to_string(&files).unwrap_or_default();
    let source = assets::find("sw.js").map(|asset| String::from_utf8_lossy(asset.bytes)).unwrap_or_default();
    let version = Digest::of(format!("{files}{source}").as_bytes()).to_string();
    format!("const VERSION = \"{}\";\nconst FILES = {files};\n\n{source}", &version[..12])
});

/// The handler.
pub(crate) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; connect-src 'self'"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(SCRIPT.as_str())
}
