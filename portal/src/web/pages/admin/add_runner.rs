//! `POST /admin/runners`: one more runner.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use serde::Deserialize;

use super::runners::RunnersPage;
use crate::{
    domain::{
        DomainError,
        fleet::{self, NewRunner},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::CsrfForm,
        identity::{ManageRunners, May},
        notices::Notice,
        respond,
    },
};

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    url: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    token: String,
}

/// The handler.
pub(crate) async fn submit(
    may: May<ManageRunners>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let token = Some(form.token).filter(|token| !token.is_empty()).map(Into::into);
    let new = NewRunner { name: form.name.clone(), base_url: form.url.clone(), token };
    match fleet::add_runner(&portal, &may.user, new).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let runners = fleet::list_runners(&portal, &may.user).await?;
            let page = RunnersPage { chrome, runners, url: form.url, name: form.name, faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/runners", Some(Notice::RunnerAdded)))
        }
    }
}
