//! `POST /settings/keys/{id}/revoke`: ends a key at once.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::KeyId;

use crate::{
    domain::api_keys,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    user: CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    key: Path<KeyId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    api_keys::revoke(&portal, &user.0, *key).await?;
    Ok(respond::see_other(&request, "/settings/keys", Some(Notice::KeyRevoked)))
}
