//! `GET /author`: one's own apps.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use askama::Template;

use crate::{
    domain::{
        drafting::{self, DraftLine},
        figures::{self, Alert},
        publishing::{self, MyApp},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{May, PublishApps},
        respond,
    },
};

/// `author/apps.html`.
#[derive(Template)]
#[template(path = "author/apps.html")]
pub(crate) struct MyAppsPage {
    pub(crate) chrome: Chrome,
    pub(crate) apps: Vec<MyApp>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) drafts: Vec<DraftLine>,
}

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
) -> Result<HttpResponse, WebError> {
    let apps = publishing::my_apps(&portal, &may.user).await?;
    let alerts = figures::alerts(&portal, &may.user, None).await?;
    let drafts = drafting::list(&portal, &may.user).await?;
    let page = MyAppsPage { chrome, apps, alerts, drafts };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
