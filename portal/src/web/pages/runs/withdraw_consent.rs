//! `POST /runs/{id}/feedback/withdraw`: the photo of this run is no longer for the author. The words stay.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunId;

use crate::{
    domain::feedback::consents,
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
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<RunId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    consents::withdraw(&portal, &user, *id).await?;
    Ok(respond::see_other(&request, "/settings/consents", Some(Notice::ConsentWithdrawn)))
}
