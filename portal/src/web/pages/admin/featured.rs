//! `GET` and `POST /admin/featured`: the apps that stand first, and their order.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;
use vision_protocol::fault::Fault;

use crate::{
    domain::{
        DomainError,
        shelving::{self, FeatureChange, Featured},
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

/// The forms: what to do, and with which app.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default)]
    act: String,
    #[serde(default)]
    slug: String,
}

impl Form {
    fn change(&self) -> Result<FeatureChange, DomainError> {
        Ok(match self.act.as_str() {
            "add" => FeatureChange::Add,
            "up" => FeatureChange::Up,
            "down" => FeatureChange::Down,
            "remove" => FeatureChange::Remove,
            _ => return Err(DomainError::invalid("act", "nothing of that name can be done")),
        })
    }
}

/// `admin/featured.html`.
#[derive(Template)]
#[template(path = "admin/featured.html")]
pub(crate) struct FeaturedPage {
    pub(crate) chrome: Chrome,
    pub(crate) featured: Vec<Featured>,
    pub(crate) slug: String,
    pub(crate) faults: Vec<Fault>,
}

impl FeaturedPage {
    fn wrong(&self) -> Option<String> {
        forms::wrong_at(&self.faults, "slug")
    }
}

/// The list.
pub(crate) async fn show(may: May<ManageSite>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let featured = shelving::featured(&portal, &may.user).await?;
    let page = FeaturedPage { chrome, featured, slug: String::new(), faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// Changes the list.
pub(crate) async fn submit(
    may: May<ManageSite>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    let change = form.change()?;
    match shelving::change_featured(&portal, may.by(), &form.slug, change).await {
        Err(DomainError::Invalid(faults)) if respond::wants_html(&request) => {
            let featured = shelving::featured(&portal, &may.user).await?;
            let page = FeaturedPage { chrome, featured, slug: form.slug, faults };
            respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
        }
        other => {
            other?;
            Ok(respond::see_other(&request, "/admin/featured", Some(Notice::SiteSaved)))
        }
    }
}
