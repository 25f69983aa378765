//! `POST /admin/people/{id}/role`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::UserId;

use super::people::{Params, PeoplePage};
use crate::{
    domain::{DomainError, people, roles::Role},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{ManagePeople, May},
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    role: String,
}

/// The handler.
pub(crate) async fn submit(
    may: May<ManagePeople>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    person: Path<UserId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let role: Role = form.role.parse().map_err(|_| DomainError::invalid("role", "there is no such role"))?;
    match people::set_role(&portal, may.by(), *person, role).await {
        Err(error @ DomainError::Conflict(_)) if respond::wants_html(&request) => {
            let query = Params::default().query();
            let found = people::list(&portal, &may.user, &query).await?;
            let page = PeoplePage::new(chrome, &query, found, Some(error.to_string()));
            respond::page(StatusCode::CONFLICT, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/people", Some(Notice::RoleSet)))
        }
    }
}
