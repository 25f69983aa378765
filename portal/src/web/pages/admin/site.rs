//! `GET` and `POST /admin/site`: what the site is set to.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        DomainError,
        site::{self, SignUpPolicy, Site},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm},
        identity::{ManageSite, May},
        notices::Notice,
        respond,
    },
};

/// The form, as typed.
#[derive(Deserialize)]
pub(crate) struct Form {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) sign_up: String,
    pub(crate) auto_approve: Option<String>,
    #[serde(default)]
    pub(crate) retention_days: String,
    #[serde(default)]
    pub(crate) terms: String,
    #[serde(default)]
    pub(crate) package_mib: String,
    #[serde(default)]
    pub(crate) input_mib: String,
}

impl Form {
    /// The form as the site is set now.
    pub(crate) fn of(site: &Site) -> Self {
        Self {
            name: site.name.clone(),
            sign_up: site.sign_up.name().to_owned(),
            auto_approve: site.auto_approve.then(|| "on".to_owned()),
            retention_days: site.retention_days.map(|days| days.to_string()).unwrap_or_default(),
            terms: site.terms.clone(),
            package_mib: site.package_mib.to_string(),
            input_mib: site.input_mib.to_string(),
        }
    }

    fn read(&self) -> Result<Site, DomainError> {
        let mut faults = Vec::new();
        let mut number = |place: &str, text: &str| match text.trim().parse::<u64>() {
            Ok(number) => number,
            Err(_) => {
                faults.push(Fault::new(place, "must be a whole number"));
                0
            }
        };
        let (package_mib, input_mib) = (number("package_mib", &self.package_mib), number("input_mib", &self.input_mib));
        let retention_days = match self.retention_days.trim() {
            "" => None,
            days => Some(u32::try_from(number("retention_days", days)).unwrap_or(u32::MAX)),
        };
        let Some(sign_up) = SignUpPolicy::by_name(&self.sign_up) else {
            return Err(DomainError::invalid("sign_up", "choose one of these"));
        };
        if !faults.is_empty() {
            return Err(DomainError::Invalid(faults));
        }
        Ok(Site {
            name: self.name.clone(),
            sign_up,
            auto_approve: self.auto_approve.is_some(),
            retention_days,
            terms: self.terms.clone(),
            package_mib,
            input_mib,
        })
    }
}

/// `admin/site.html`.
#[derive(Template)]
#[template(path = "admin/site.html")]
pub(crate) struct SitePage {
    pub(crate) chrome: Chrome,
    pub(crate) form: Form,
    pub(crate) faults: Vec<Fault>,
}

impl SitePage {
    fn wrong(&self, field: &str) -> Option<String> {
        forms::wrong_at(&self.faults, field)
    }
}

/// The form.
pub(crate) async fn show(_: May<ManageSite>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let site = site::current(&portal).await?;
    let page = SitePage { chrome, form: Form::of(&site), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Sets the site.
pub(crate) async fn submit(
    may: May<ManageSite>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let done = match form.read() {
        Ok(new) => site::set(&portal, may.by(), new).await,
        Err(error) => Err(error),
    };
    match done {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let page = SitePage { chrome, form, faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/site", Some(Notice::SiteSaved)))
        }
    }
}
