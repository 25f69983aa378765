//! `GET /admin/people/{id}`: one person, and what was done about them.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use vision_protocol::ids::UserId;

use crate::{
    domain::{
        audit::AuditLine,
        people::{self, PersonView},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{ManagePeople, May},
        respond,
    },
};

/// `admin/person.html`.
#[derive(Template)]
#[template(path = "admin/person.html")]
pub(crate) struct PersonPage {
    pub(crate) chrome: Chrome,
    pub(crate) person: PersonView,
    pub(crate) lines: Vec<AuditLine>,
    /// A link that was just made: this is the only page that shows it.
    pub(crate) link: Option<SecretString>,
    pub(crate) reason: String,
    /// What is wrong with the reason.
    pub(crate) wrong: Option<String>,
}

impl PersonPage {
    fn is_oneself(&self) -> bool {
        self.chrome.user.as_ref().is_some_and(|user| user.id == self.person.user.id)
    }
}

/// The page as it is before anything was filled in.
pub(crate) async fn page(
    portal: &Portal,
    may: &May<ManagePeople>,
    chrome: Chrome,
    id: UserId,
) -> Result<PersonPage, WebError> {
    let (person, lines) = people::show(portal, &may.user, id).await?;
    Ok(PersonPage { chrome, person, lines, link: None, reason: String::new(), wrong: None })
}

/// The handler.
pub(crate) async fn show(
    may: May<ManagePeople>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<UserId>,
) -> Result<HttpResponse, WebError> {
    let page = page(&portal, &may, chrome, *id).await?;
    respond::page(StatusCode::OK, &page.chrome, &page)
}
