//! `POST /api/v1/releases`: a package, as the body itself or in the field `zip` of a form. With `?app=…` it becomes a
//! release of that app, without a new app.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    web::{Data, Payload, Query},
};
use serde::Deserialize;
use vision_protocol::ids::{ReleaseId, Slug};

use super::release;
use crate::{
    domain::{DomainError, accounts::User, publishing, site},
    state::Portal,
    web::{
        error::WebError,
        forms::{self, Parts},
        keyed::{Keyed, Publish},
    },
};

/// The form field with the package.
const ZIP_FIELD: &str = "zip";

/// What stands in the query.
#[derive(Deserialize)]
pub(crate) struct Target {
    app: Option<Slug>,
}

/// The handler.
pub(crate) async fn submit(
    keyed: Keyed<Publish>,
    request: HttpRequest,
    portal: Data<Portal>,
    target: Query<Target>,
    body: Payload,
) -> Result<HttpResponse, WebError> {
    let author = &keyed.holder.user;
    let id = take(&portal, author, target.app.as_ref(), &request, body).await?;
    release::answer(&portal, author, id, StatusCode::ACCEPTED).await
}

/// Reads the package. What is left of a refused one is read too: programs send all before they listen.
async fn take(
    portal: &Portal,
    author: &User,
    app: Option<&Slug>,
    request: &HttpRequest,
    mut body: Payload,
) -> Result<ReleaseId, WebError> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        let mut form = Parts::new(request, body.into_inner());
        let taken = in_form(portal, author, app, &mut form).await;
        form.drain().await;
        return taken;
    }
    let limit = site::current(portal).await?.packages(&portal.config.limits).zipped_bytes;
    let announced = header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let taken = match announced {
        Some(length) if length > limit => Err(DomainError::TooLarge { limit }),
        _ => publishing::upload(portal, author, app, &mut body).await,
    };
    if taken.is_err() {
        forms::drain(&mut body).await;
    }
    Ok(taken?)
}

async fn in_form(portal: &Portal, author: &User, app: Option<&Slug>, form: &mut Parts) -> Result<ReleaseId, WebError> {
    while let Some(mut field) = form.next().await? {
        if field.name() == Some(ZIP_FIELD) {
            return Ok(publishing::upload(portal, author, app, &mut field).await?);
        }
    }
    Err(DomainError::invalid(ZIP_FIELD, "the form has no such field; put the package there").into())
}
