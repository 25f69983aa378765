//! `POST /admin/people/{id}/password-link`: a link with which a person sets a new password.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue},
    },
    web::{Data, Path},
};
use secrecy::{ExposeSecret, SecretString};
use vision_protocol::ids::UserId;

use super::person::{PersonPage, page};
use crate::{
    domain::people,
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{ManagePeople, May},
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<ManagePeople>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<UserId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    let secret = people::password_link(&portal, may.by(), *id).await?;
    let url = format!("{}/reset/{}", portal.public_url.as_str().trim_end_matches('/'), secret.expose_secret());
    let page = PersonPage { link: Some(SecretString::from(url)), ..page(&portal, &may, chrome, *id).await? };
    let mut response = respond::page(StatusCode::CREATED, &page.chrome, &page)?;
    // No copy of the link stays behind in the browser.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
