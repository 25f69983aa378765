//! `POST /author/apps/{slug}/visibility`: who sees an app; `POST /author/apps/{slug}/share`: another link to it.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::Slug;

use crate::{
    domain::{
        DomainError,
        sharing::{self, Visibility},
    },
    state::Portal,
    web::{
        error::WebError,
        forms::{CsrfForm, NoFields},
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// Who sees it.
#[derive(Deserialize)]
pub(crate) struct VisibilityForm {
    #[serde(default)]
    visibility: String,
}

/// Says who sees it.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    form: CsrfForm<VisibilityForm>,
) -> Result<HttpResponse, WebError> {
    let visibility = Visibility::by_name(&form.0.visibility);
    sharing::sharing(&portal, &may.user, &slug).await?;
    let visibility = visibility.ok_or_else(|| DomainError::invalid("visibility", "is none of the choices"))?;
    sharing::set_visibility(&portal, &may.user, &slug, visibility).await?;
    let location = format!("/author/apps/{slug}/releases");
    Ok(respond::see_other(&request, &location, Some(Notice::VisibilitySet)))
}

/// Gives it another link.
pub(crate) async fn renew(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    _: CsrfForm<NoFields>,
) -> Result<HttpResponse, WebError> {
    sharing::renew(&portal, &may.user, &slug).await?;
    let location = format!("/author/apps/{slug}/releases");
    Ok(respond::see_other(&request, &location, Some(Notice::LinkRenewed)))
}
