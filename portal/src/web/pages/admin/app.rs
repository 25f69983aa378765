//! `GET /admin/apps/{slug}`: one app, and what was done about it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::ids::Slug;

use crate::{
    domain::{
        roles::Permission,
        takedowns::{self, AppOverview},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{May, ReviewApps},
        respond,
    },
};

/// `admin/app.html`.
#[derive(Template)]
#[template(path = "admin/app.html")]
pub(crate) struct AppAdminPage {
    pub(crate) chrome: Chrome,
    pub(crate) app: AppOverview,
    pub(crate) reason: String,
    /// What is wrong with the reason.
    pub(crate) wrong: Option<String>,
}

impl AppAdminPage {
    fn sees_people(&self) -> bool {
        self.chrome.user.as_ref().is_some_and(|user| user.can(Permission::ManagePeople))
    }
}

/// The page as it is before anything was filled in.
pub(crate) async fn page(
    portal: &Portal,
    may: &May<ReviewApps>,
    chrome: Chrome,
    slug: &Slug,
) -> Result<AppAdminPage, WebError> {
    let app = takedowns::show(portal, &may.user, slug).await?;
    Ok(AppAdminPage { chrome, app, reason: String::new(), wrong: None })
}

/// The handler.
pub(crate) async fn show(
    may: May<ReviewApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
) -> Result<HttpResponse, WebError> {
    let page = page(&portal, &may, chrome, &slug).await?;
    respond::page(StatusCode::OK, &page.chrome, &page)
}
