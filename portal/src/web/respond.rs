//! The few forms of answer that handlers give.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{ACCEPT, CONTENT_DISPOSITION, LOCATION},
    },
};
use askama::Template;

use super::{chrome::Chrome, error::WebError, notices::Notice};

/// A page.
pub(crate) fn page(status: StatusCode, chrome: &Chrome, template: &impl Template) -> Result<HttpResponse, WebError> {
    let html = template.render()?;
    let mut response = HttpResponse::build(status);
    for cookie in chrome.cookies() {
        response.cookie(cookie);
    }
    Ok(response.content_type("text/html; charset=utf-8").body(html))
}

/// After a form: on to the page at `location`. A script gets the address to go to instead.
pub(crate) fn see_other(request: &HttpRequest, location: &str, notice: Option<Notice>) -> HttpResponse {
    let mut response = onward(request);
    if let Some(notice) = notice {
        response.cookie(notice.cookie());
    }
    finish(request, response, location)
}

/// As [`see_other`], with cookies of one's own.
pub(crate) fn finish(request: &HttpRequest, mut response: HttpResponseBuilder, location: &str) -> HttpResponse {
    response.insert_header((LOCATION, location));
    if wants_html(request) { response.finish() } else { response.json(serde_json::json!({ "location": location })) }
}

/// The beginning of an answer to a form that was right.
pub(crate) fn onward(request: &HttpRequest) -> HttpResponseBuilder {
    if wants_html(request) { HttpResponse::SeeOther() } else { HttpResponse::Created() }
}

/// A file to be saved under a name, which is of this portal's making: letters, digits, hyphens and dots.
pub(crate) fn download(name: &str, media_type: &str, content: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(content)
}

/// Whether whoever asks reads pages: a browser does, a script or a runner does not.
pub(crate) fn wants_html(request: &HttpRequest) -> bool {
    request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

/// Whether a program asks, through the API: it presents a key, has no cookies, and reads JSON.
pub(crate) fn is_api(request: &HttpRequest) -> bool {
    is_api_path(request.path())
}

/// Whether an address belongs to the API.
pub(crate) fn is_api_path(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Where to go after log-in: a path of this site, or the start.
pub(crate) fn local_path(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && !path.chars().any(char::is_control) =>
        {
            path
        }
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert_eq!(local_path(Some("/apps/digits?x=1")), "/apps/digits?x=1");
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "", "apps"] {
            assert_eq!(local_path(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local_path(None), "/");
    }
}
