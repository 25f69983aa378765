//! `GET /api/v1/releases/{id}`: where a release stands, and what is wrong with it.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{LOCATION, RETRY_AFTER},
    },
    web::{Data, Path},
};
use serde::Serialize;
use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, Slug},
};

use crate::{
    domain::{
        accounts::User,
        publishing::{self, ReleaseStatus, ReleaseView},
    },
    state::Portal,
    web::{
        error::WebError,
        keyed::{Keyed, Read},
    },
};

/// Whoever waits for a runner's word looks again after so many seconds.
const LOOK_AGAIN_S: u64 = 1;

#[derive(Serialize)]
struct Release {
    id: ReleaseId,
    app: Slug,
    name: String,
    version: String,
    status: &'static str,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    /// The page on which people see it: its author's while it is not published, then everybody's.
    url: String,
}

/// The handler.
pub(crate) async fn show(
    keyed: Keyed<Read>,
    portal: Data<Portal>,
    id: Path<ReleaseId>,
) -> Result<HttpResponse, WebError> {
    answer(&portal, &keyed.holder.user, *id, StatusCode::OK).await
}

/// Tells where a release stands, after whatever was done to it.
pub(super) async fn answer(
    portal: &Portal,
    author: &User,
    id: ReleaseId,
    status: StatusCode,
) -> Result<HttpResponse, WebError> {
    let view = publishing::release(portal, author, id).await?;
    let mut response = HttpResponse::build(status);
    if view.status.is_pending() {
        response.insert_header((RETRY_AFTER, LOOK_AGAIN_S));
    }
    if status == StatusCode::ACCEPTED {
        response.insert_header((LOCATION, format!("/api/v1/releases/{id}")));
    }
    Ok(response.json(told(portal, view)))
}

fn told(portal: &Portal, view: ReleaseView) -> Release {
    let path = match view.status {
        ReleaseStatus::Published => format!("/apps/{}", view.slug),
        _ => format!("/author/releases/{}", view.id),
    };
    Release {
        url: format!("{}{path}", portal.public_url.as_str().trim_end_matches('/')),
        id: view.id,
        app: view.slug,
        name: view.manifest.name,
        version: view.manifest.version.to_string(),
        status: view.status.name(),
        faults: view.faults,
        warnings: view.warnings,
    }
}
