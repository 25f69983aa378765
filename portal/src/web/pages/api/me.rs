//! `GET /api/v1/me`: whose key it is, what it is good for, and what may be uploaded.

use actix_web::{HttpResponse, web::Data};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    domain::{api_keys::Scope, site},
    state::Portal,
    web::{
        error::WebError,
        keyed::{AnyKey, Keyed},
    },
};

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    name: String,
    email: String,
    role: &'static str,
    key: Key,
    limits: Limits,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    name: String,
    /// Those of its scopes that the owner's role allows at present.
    scopes: Vec<&'static str>,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    package_bytes: u64,
}

/// The handler.
pub(crate) async fn show(keyed: Keyed<AnyKey>, portal: Data<Portal>) -> Result<HttpResponse, WebError> {
    let holder = keyed.holder;
    let scopes = holder.scopes.iter().filter(|scope| holder.require(**scope).is_ok());
    let key = Key {
        scopes: scopes.copied().map(Scope::name).collect(),
        name: holder.key.clone(),
        expires_at: holder.expires_at,
    };
    let site = site::current(&portal).await?;
    let limits = Limits { package_bytes: site.packages(&portal.config.limits).zipped_bytes };
    let user = holder.user;
    Ok(HttpResponse::Ok().json(Me { name: user.name, email: user.email, role: user.role.name(), key, limits }))
}
