//! `GET /admin/people`: everybody, and who has which role.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{
        accounts::{self, User},
        roles::Role,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{ManagePeople, May},
        respond,
    },
};

/// `admin/people.html`.
#[derive(Template)]
#[template(path = "admin/people.html")]
pub(crate) struct PeoplePage {
    pub(crate) chrome: Chrome,
    pub(crate) people: Vec<User>,
    pub(crate) wrong: Option<String>,
}

/// The handler.
pub(crate) async fn show(
    may: May<ManagePeople>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let people = accounts::list_people(&portal, &may.user).await?;
    let page = PeoplePage { chrome, people, wrong: None };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
