//! `GET /admin/installs/{id}`: how far an install is, and what became of it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::ids::InstallId;

use crate::{
    domain::installing::{self, InstallStatus, InstallView},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        events::News,
        identity::{InstallModels, May},
        respond,
    },
};

/// `admin/install.html`.
#[derive(Template)]
#[template(path = "admin/install.html")]
pub(crate) struct InstallPage {
    pub(crate) chrome: Chrome,
    pub(crate) install: InstallView,
}

impl InstallPage {
    fn news(&self) -> News {
        News::of_install(&self.install)
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<InstallModels>,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<InstallId>,
) -> Result<HttpResponse, WebError> {
    let install = installing::install(&portal, &may.user, *id).await?;
    let page = InstallPage { chrome, install };
    respond::page(StatusCode::OK, &page.chrome, &page)
}
