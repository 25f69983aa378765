//! `POST /admin/runners`: one more runner.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use serde::Deserialize;

use super::runners::RunnersPage;
use crate::{
    domain::{
        DomainError,
        fleet::{self, About, NewRunner},
        overview,
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
    #[serde(flatten)]
    about: AboutForm,
}

/// What an operator says of a runner.
#[derive(Deserialize)]
pub(crate) struct AboutForm {
    #[serde(default)]
    engine: String,
    #[serde(default)]
    compute_class: String,
    #[serde(default)]
    cost: String,
}

impl From<AboutForm> for About {
    fn from(form: AboutForm) -> Self {
        Self { engine: form.engine, compute_class: form.compute_class, cost: form.cost }
    }
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
    let new = NewRunner { name: form.name, base_url: form.url, token, about: form.about.into() };
    match fleet::add_runner(&portal, may.by(), &new).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let runners = fleet::list_runners(&portal, &may.user).await?;
            let waiting = overview::runs_under_way(&portal, &may.user).await?;
            let NewRunner { name, base_url: url, about, .. } = new;
            let page = RunnersPage { chrome, runners, url, name, about, waiting, faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/runners", Some(Notice::RunnerAdded)))
        }
    }
}
