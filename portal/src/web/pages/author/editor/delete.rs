//! `POST /author/drafts/{draft}/delete`: throws a draft away.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};

use crate::{
    domain::drafting::{self, DraftId},
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<DraftId>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    drafting::delete(&portal, &may.user, *id).await?;
    Ok(respond::see_other(&request, "/author", Some(Notice::DraftDeleted)))
}
