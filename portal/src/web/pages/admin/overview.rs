//! `GET /admin`: how the marketplace is doing, and what waits for somebody.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{
        overview::{self, Count, Overview},
        roles::Permission,
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{May, ReviewApps},
        respond,
    },
};

/// `admin/overview.html`.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub(crate) struct OverviewPage {
    pub(crate) chrome: Chrome,
    pub(crate) overview: Overview,
}

/// A number with where it leads.
struct Tile {
    count: Count,
    title: &'static str,
    href: Option<&'static str>,
}

impl OverviewPage {
    fn can(&self, permission: Permission) -> bool {
        self.chrome.user.as_ref().is_some_and(|user| user.can(permission))
    }

    fn tiles(&self) -> Vec<Tile> {
        use Permission::{ManagePeople, ManageRunners, ReviewApps};
        let all = [
            (self.overview.reviews, "Releases to review", ReviewApps, Some("/admin/reviews")),
            (self.overview.reports, "Reports", ReviewApps, Some("/admin/reports")),
            (self.overview.requests, "Requests of authors", ManagePeople, Some("/admin/requests")),
            (self.overview.runs, "Runs under way", ManageRunners, Some("/admin/runners")),
            (self.overview.checks, "Packages being proven", ManageRunners, Some("/admin/runners")),
            (self.overview.people, "People", ManagePeople, Some("/admin/people")),
            (self.overview.apps, "Published apps", ReviewApps, Some("/")),
        ];
        let tile = |(count, title, permission, href): (Count, &'static str, Permission, Option<&'static str>)| Tile {
            count,
            title,
            href: href.filter(|_| self.can(permission)),
        };
        all.into_iter().map(tile).collect()
    }
}

/// The handler.
pub(crate) async fn show(may: May<ReviewApps>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let overview = overview::overview(&portal, &may.user).await?;
    let page = OverviewPage { chrome, overview };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
