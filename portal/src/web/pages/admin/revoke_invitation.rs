//! `POST /admin/invitations/{id}/revoke`: an invitation is good no more.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use crate::{
    domain::{ids::InvitationId, invitations},
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
    id: Path<InvitationId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    invitations::revoke(&portal, may.by(), *id).await?;
    Ok(respond::see_other(&request, "/admin/invitations", Some(Notice::InvitationRevoked)))
}
