//! `POST /admin/people/{id}/role`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::UserId;

use super::people::PeoplePage;
use crate::{
    domain::{DomainError, accounts, roles::Role},
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
    match accounts::set_role(&portal, &may.user, *person, role).await {
        Err(error @ DomainError::Conflict(_)) if respond::wants_html(&request) => {
            let people = accounts::list_people(&portal, &may.user).await?;
            let page = PeoplePage { chrome, people, wrong: Some(error.to_string()) };
            respond::page(StatusCode::CONFLICT, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/people", Some(Notice::RoleSet)))
        }
    }
}
