//! `POST /admin/people/{id}/lift`: a person is suspended no more.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::UserId;

use crate::{
    domain::people,
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{ManagePeople, May},
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<ManagePeople>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<UserId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    people::lift(&portal, may.by(), *id).await?;
    Ok(respond::see_other(&request, &format!("/admin/people/{id}"), Some(Notice::PersonLifted)))
}
