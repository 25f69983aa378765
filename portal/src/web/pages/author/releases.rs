//! `GET /author/apps/{slug}/releases`: the releases of one's own app, who sees it, and two releases side by side.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::{fault::Fault, ids::Slug};

use crate::{
    domain::{
        DomainError,
        accounts::User,
        experiments::{self, Experiment},
        publishing::ReleaseStatus,
        sharing::{self, Sharing, Visibility},
        versions::{self, MyVersion},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{wrong_at, wrong_elsewhere},
        identity::{May, PublishApps},
        respond,
    },
};

/// `author/releases.html`.
#[derive(Template)]
#[template(path = "author/releases.html")]
pub(crate) struct ReleasesPage {
    pub(crate) chrome: Chrome,
    pub(crate) slug: Slug,
    pub(crate) name: String,
    pub(crate) releases: Vec<MyVersion>,
    pub(crate) sharing: Sharing,
    /// The address of the link, with the portal's own before it.
    pub(crate) link: String,
    pub(crate) experiment: Option<Experiment>,
    /// What is wrong with the share of a comparison.
    pub(crate) percent_wrong: Option<String>,
    /// What else is wrong with a form of this page.
    pub(crate) faults: Vec<Fault>,
}

impl ReleasesPage {
    /// Releases that can be compared with the published one.
    pub(crate) fn rivals(&self) -> Vec<&MyVersion> {
        self.releases.iter().filter(|release| release.can_compare()).collect()
    }

    /// Whether something is published.
    pub(crate) fn is_published(&self) -> bool {
        self.releases.iter().any(|release| release.status == ReleaseStatus::Published)
    }
}

async fn page(
    portal: &Portal,
    author: &User,
    chrome: Chrome,
    slug: &Slug,
    faults: &[Fault],
) -> Result<ReleasesPage, WebError> {
    let (name, releases) = versions::mine(portal, author, slug).await?;
    let sharing = sharing::sharing(portal, author, slug).await?;
    let link = portal.public_url.join(&sharing.link).map_err(DomainError::internal)?.to_string();
    Ok(ReleasesPage {
        chrome,
        slug: slug.clone(),
        name,
        releases,
        sharing,
        link,
        experiment: experiments::current(portal, author, slug).await?,
        percent_wrong: wrong_at(faults, "percent"),
        faults: wrong_elsewhere(faults, &["percent"]),
    })
}

/// The page again, with what is wrong with one of its forms.
pub(super) async fn refused(
    portal: &Portal,
    author: &User,
    chrome: Chrome,
    slug: &Slug,
    error: DomainError,
) -> Result<HttpResponse, WebError> {
    let (status, faults) = match error {
        DomainError::Invalid(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults),
        DomainError::Conflict(message) => (StatusCode::CONFLICT, vec![Fault::new("", message)]),
        error => return Err(error.into()),
    };
    let page = page(portal, author, chrome, slug, &faults).await?;
    respond::page(status, &page.chrome, &page)
}

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
) -> Result<HttpResponse, WebError> {
    let page = page(&portal, &may.user, chrome, &slug, &[]).await?;
    respond::page(StatusCode::OK, &page.chrome, &page)
}
