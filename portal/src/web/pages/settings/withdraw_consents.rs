//! `POST /settings/consents/withdraw`: all photos at once.

use actix_web::{HttpRequest, HttpResponse, web::Data};

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
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    consents::withdraw_all(&portal, &user).await?;
    Ok(respond::see_other(&request, "/settings/consents", Some(Notice::ConsentWithdrawn)))
}
