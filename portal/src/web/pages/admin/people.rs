//! `GET /admin/people`: who is here, and who has which role.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;

use crate::{
    domain::{
        people::{self, Found, PersonView},
        roles::Role,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{ManagePeople, May},
        respond, show,
    },
};

/// What the search form sends. Every field may be anything.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    pub(crate) q: String,
    #[serde(default)]
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) after: String,
}

impl Params {
    /// What they ask for.
    pub(crate) fn query(&self) -> people::Query {
        people::Query { text: self.q.clone(), role: self.role.parse().ok(), after: self.after.parse().ok() }
    }
}

/// `admin/people.html`.
#[derive(Template)]
#[template(path = "admin/people.html")]
pub(crate) struct PeoplePage {
    pub(crate) chrome: Chrome,
    pub(crate) people: Vec<PersonView>,
    pub(crate) wrong: Option<String>,
    pub(crate) text: String,
    pub(crate) role: Option<Role>,
    /// Whether this is a later page of the list.
    pub(crate) later: bool,
    pub(crate) next: Option<String>,
}

impl PeoplePage {
    fn is_chosen(&self, role: &Role) -> bool {
        self.role == Some(*role)
    }

    /// The page with these people on it.
    pub(crate) fn new(chrome: Chrome, query: &people::Query, found: Found, wrong: Option<String>) -> Self {
        let next = found.next.map(|next| {
            let mut params = form_urlencoded::Serializer::new(String::new());
            params.append_pair("q", &query.text);
            params.append_pair("role", query.role.map_or("", Role::name));
            params.append_pair("after", &next.to_string());
            show::with_query("/admin/people", &params.finish())
        });
        Self {
            chrome,
            people: found.people,
            wrong,
            text: query.text.clone(),
            role: query.role,
            later: query.after.is_some(),
            next,
        }
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<ManagePeople>,
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let query = params.query();
    let found = people::list(&portal, &may.user, &query).await?;
    let page = PeoplePage::new(chrome, &query, found, None);
    respond::page(StatusCode::OK, &page.chrome, &page)
}
