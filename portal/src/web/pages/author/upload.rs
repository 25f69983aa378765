//! `GET` and `POST /author/upload` and `/author/apps/{slug}/upload`: a new app, or a new release of one.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::{
    fault::Fault,
    ids::{ReleaseId, Slug},
};

use crate::{
    domain::{DomainError, accounts::User, publishing, site},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{CsrfMultipart, Parts},
        identity::{May, PublishApps},
        respond,
    },
};

/// The form field with the package.
const ZIP_FIELD: &str = "zip";

/// `author/upload.html`.
#[derive(Template)]
#[template(path = "author/upload.html")]
pub(crate) struct UploadPage {
    pub(crate) chrome: Chrome,
    pub(crate) slug: Option<Slug>,
    pub(crate) limit_mb: u64,
    pub(crate) faults: Vec<Fault>,
}

impl UploadPage {
    fn action(&self) -> String {
        match &self.slug {
            Some(slug) => format!("/author/apps/{slug}/upload"),
            None => "/author/upload".to_owned(),
        }
    }
}

/// The empty form for a new app.
pub(crate) async fn show(_: May<PublishApps>, portal: Data<Portal>, chrome: Chrome) -> Result<HttpResponse, WebError> {
    let limit_mb = site::current(&portal).await?.package_mib;
    let page = UploadPage { chrome, slug: None, limit_mb, faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The empty form for a new release.
pub(crate) async fn show_for_app(
    may: May<PublishApps>,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let mine = publishing::my_apps(&portal, &may.user).await?;
    if !mine.iter().any(|app| app.slug == slug) {
        return Err(DomainError::NotFound.into());
    }
    let limit_mb = site::current(&portal).await?.package_mib;
    let page = UploadPage { chrome, slug: Some(slug), limit_mb, faults: Vec::new() };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

/// The package of a new app.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    CsrfMultipart(form): CsrfMultipart,
) -> Result<HttpResponse, WebError> {
    take(&may.user, &request, &portal, chrome, None, form).await
}

/// The package of a new release.
pub(crate) async fn submit_for_app(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    slug: Path<Slug>,
    CsrfMultipart(form): CsrfMultipart,
) -> Result<HttpResponse, WebError> {
    take(&may.user, &request, &portal, chrome, Some(slug.into_inner()), form).await
}

async fn take(
    author: &User,
    request: &HttpRequest,
    portal: &Portal,
    chrome: Chrome,
    slug: Option<Slug>,
    mut form: Parts,
) -> Result<HttpResponse, WebError> {
    let taken = store(author, portal, slug.as_ref(), &mut form).await;
    form.drain().await;
    let faults = match taken {
        Ok(release) => return Ok(respond::see_other(request, &format!("/author/releases/{release}"), None)),
        Err(WebError::Domain(DomainError::Invalid(faults))) => faults,
        Err(WebError::Domain(error @ DomainError::TooLarge { .. })) => {
            vec![Fault::new("", format!("The zip {error}."))]
        }
        Err(error) => return Err(error),
    };
    if !respond::wants_html(request) {
        return Err(DomainError::Invalid(faults).into());
    }
    let page = UploadPage { chrome, slug, limit_mb: site::current(portal).await?.package_mib, faults };
    respond::page(StatusCode::UNPROCESSABLE_ENTITY, &page.chrome, &page)
}

async fn store(author: &User, portal: &Portal, slug: Option<&Slug>, form: &mut Parts) -> Result<ReleaseId, WebError> {
    while let Some(mut field) = form.next().await? {
        if field.name() == Some(ZIP_FIELD) {
            return Ok(publishing::upload(portal, author, slug, &mut field).await?);
        }
    }
    Err(DomainError::invalid("", "Choose a zip first.").into())
}
