//! `GET` and `POST /settings/keys`: a person's keys to the API, and a form that makes one.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::CACHE_CONTROL},
    web::Data,
};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        DomainError,
        api_keys::{self, KeyView, NewKey, Scope},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::CurrentUser,
        respond,
    },
};

/// How long a key may last: days, with what people read. None: for ever.
const LIFETIMES: [(&str, &str); 5] =
    [("7", "A week"), ("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "It never expires")];
/// The lifetime that the form proposes.
const PROPOSED: &str = "90";

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    days: String,
    read: Option<String>,
    publish: Option<String>,
    feedback: Option<String>,
}

impl Form {
    fn scopes(&self) -> Vec<Scope> {
        let ticked = |scope: &Scope| match scope {
            Scope::Read => self.read.is_some(),
            Scope::Publish => self.publish.is_some(),
            Scope::Feedback => self.feedback.is_some(),
        };
        Scope::ALL.into_iter().filter(ticked).collect()
    }

    fn days(&self) -> Result<Option<u32>, DomainError> {
        match self.days.as_str() {
            "" => Ok(None),
            days => days.parse().map(Some).map_err(|_| DomainError::invalid("days", "must be a number of days")),
        }
    }
}

/// `settings/keys.html`.
#[derive(Template)]
#[template(path = "settings/keys.html")]
pub(crate) struct KeysPage {
    pub(crate) chrome: Chrome,
    /// Where the portal is reached.
    pub(crate) portal_url: String,
    pub(crate) keys: Vec<KeyView>,
    /// The scopes that the person's role allows.
    pub(crate) allowed: Vec<Scope>,
    /// A key that was just made: this is the only page that shows it.
    pub(crate) made: Option<SecretString>,
    pub(crate) name: String,
    pub(crate) days: String,
    pub(crate) chosen: Vec<Scope>,
    pub(crate) faults: Vec<Fault>,
}

/// Something to choose.
struct Choice {
    value: &'static str,
    title: &'static str,
    chosen: bool,
}

impl KeysPage {
    fn scopes(&self) -> Vec<Choice> {
        let choice =
            |scope: &Scope| Choice { value: scope.name(), title: scope.about(), chosen: self.chosen.contains(scope) };
        self.allowed.iter().map(choice).collect()
    }

    fn lifetimes(&self) -> Vec<Choice> {
        LIFETIMES.iter().map(|&(value, title)| Choice { value, title, chosen: value == self.days }).collect()
    }

    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }

    fn general(&self) -> Option<String> {
        let faults = forms::wrong_elsewhere(&self.faults, &["name", "scopes", "days"]);
        (!faults.is_empty()).then(|| vision_protocol::fault::summary(&faults))
    }
}

fn portal_url(portal: &Portal) -> String {
    portal.public_url.as_str().trim_end_matches('/').to_owned()
}

/// The list, and the form.
pub(crate) async fn show(user: CurrentUser, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let keys = api_keys::list(&portal, &user.0).await?;
    let allowed = Scope::allowed(&user.0);
    let page = KeysPage {
        chrome,
        portal_url: portal_url(&portal),
        keys,
        chosen: allowed.clone(),
        allowed,
        made: None,
        name: String::new(),
        days: PROPOSED.to_owned(),
        faults: Vec::new(),
    };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Makes a key and shows it.
pub(crate) async fn submit(
    user: CurrentUser,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let chosen = form.scopes();
    let made = match form.days() {
        Ok(days) => {
            let new = NewKey { name: form.name.clone(), scopes: chosen.clone(), days };
            api_keys::create(&portal, &user.0, &new).await
        }
        Err(error) => Err(error),
    };
    let (status, made, faults) = match made {
        Ok(key) => (StatusCode::CREATED, Some(key), Vec::new()),
        Err(DomainError::Invalid(faults)) => (StatusCode::UNPROCESSABLE_ENTITY, None, faults),
        Err(DomainError::Conflict(why)) => (StatusCode::CONFLICT, None, vec![Fault::new("", why)]),
        Err(error) => return Err(error.into()),
    };
    let keys = api_keys::list(&portal, &user.0).await?;
    let name = if made.is_some() { String::new() } else { form.name };
    let allowed = Scope::allowed(&user.0);
    let portal_url = portal_url(&portal);
    let page = KeysPage { chrome, portal_url, keys, allowed, made, name, days: form.days, chosen, faults };
    let mut response = respond::page(status, &page.chrome, &page)?;
    // No copy of the key stays behind in the browser.
    response.headers_mut().insert(CACHE_CONTROL, actix_web::http::header::HeaderValue::from_static("no-store"));
    Ok(response)
}
