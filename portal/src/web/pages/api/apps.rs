//! `GET /api/v1/apps`: an author's apps with their releases.

use actix_web::{HttpResponse, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use vision_protocol::ids::{ReleaseId, Slug};

use crate::{
    domain::publishing,
    state::Portal,
    web::{
        error::WebError,
        keyed::{Keyed, Read},
    },
};

#[derive(Serialize)]
struct Apps {
    apps: Vec<App>,
}

#[derive(Serialize)]
struct App {
    slug: Slug,
    name: String,
    /// Newest first.
    releases: Vec<Release>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    id: ReleaseId,
    version: String,
    status: &'static str,
    created_at: Timestamp,
}

/// The handler.
pub(crate) async fn show(keyed: Keyed<Read>, portal: Data<Portal>) -> Result<HttpResponse, WebError> {
    let mine = publishing::my_apps(&portal, &keyed.holder.user).await?;
    let apps = mine.into_iter().map(|app| App {
        slug: app.slug,
        name: app.name,
        releases: app
            .releases
            .into_iter()
            .map(|line| Release {
                id: line.id,
                version: line.version,
                status: line.status.name(),
                created_at: line.created_at,
            })
            .collect(),
    });
    Ok(HttpResponse::Ok().json(Apps { apps: apps.collect() }))
}
