//! From what went wrong to what whoever asked may see: one table of statuses, one page, one problem+json.

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{CONTENT_TYPE, HeaderValue, LOCATION, REFERER, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::Next,
};
use askama::Template;
use serde::Serialize;
use tracing_actix_web::RequestId;
use vision_protocol::fault::Fault;

use super::{chrome::Chrome, respond, show};
use crate::domain::DomainError;

/// What can go wrong in a handler.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// The domain's word.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The form carries no token of this session.
    #[error("the form's token is not this session's")]
    ExpiredForm,
    /// The form is not of the expected shape.
    #[error("{0}")]
    BadForm(String),
    /// The template failed; for the log only.
    #[error("template: {0}")]
    Render(#[from] askama::Error),
}

/// An error as whoever asked may see it (RFC 9457).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    title: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
    #[serde(skip)]
    for_the_log: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { status, title, detail, faults: Vec::new(), retry_after_s: None, for_the_log: None }
    }

    /// The table: each error's status and words.
    fn of(error: &WebError) -> Self {
        let domain = match error {
            WebError::Domain(domain) => domain,
            WebError::ExpiredForm => return Self::new(StatusCode::FORBIDDEN, "This form has expired", EXPIRED_FORM),
            WebError::BadForm(text) => return Self::new(StatusCode::BAD_REQUEST, "That form was not complete", text),
            WebError::Render(error) => return Self::internal(error.to_string()),
        };
        let words = domain.to_string();
        match domain {
            DomainError::NotFound => Self::not_found(),
            DomainError::LogInFirst => Self::new(StatusCode::UNAUTHORIZED, "Log in first", ""),
            DomainError::BadKey(_) => Self::new(StatusCode::UNAUTHORIZED, "A good API key is needed", words),
            DomainError::Forbidden(_) => Self::new(StatusCode::FORBIDDEN, "That is not yours to do", words),
            DomainError::Invalid(faults) => Self {
                faults: faults.clone(),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Something is not right yet", "")
            },
            DomainError::Conflict(_) => Self::new(StatusCode::CONFLICT, "That does not fit", words),
            DomainError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", format!("It {words}."))
            }
            DomainError::TooMany { retry_after_s } => Self {
                retry_after_s: Some(*retry_after_s),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", words)
            },
            DomainError::Stopping => {
                Self { retry_after_s: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Back in a moment", words) }
            }
            DomainError::Upload(_) => Self::new(StatusCode::BAD_REQUEST, "The upload broke off", "Try again."),
            DomainError::Store(_) | DomainError::Blob(_) | DomainError::Internal(_) => Self::internal(words),
        }
    }

    /// For answers that the framework itself made.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(status, "That cannot be done here", ""),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "Too large", ""),
            _ if status.is_client_error() => {
                Self::new(status, "That request cannot be understood", "Go back and try again.")
            }
            _ => Self { status, ..Self::internal("an answer without an error".to_owned()) },
        }
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", "There is nothing here, or it is not yours to see.")
    }

    fn internal(for_the_log: String) -> Self {
        let detail = "It is our fault, and it is logged. Try again in a moment.";
        Self {
            for_the_log: Some(for_the_log),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", detail)
        }
    }
}

const EXPIRED_FORM: &str = "Go back, load the page again, and send it once more. Cookies must be allowed.";

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        Problem::of(self).status
    }

    fn error_response(&self) -> HttpResponse {
        let problem = Problem::of(self);
        let mut response = HttpResponse::build(problem.status).finish();
        response.extensions_mut().insert(problem);
        response
    }
}

/// Turns every error into a page or problem+json, and logs what only the log may know. This is the boundary at
/// which errors are logged, once.
pub(crate) async fn show_errors(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response.map_into_boxed_body());
    }
    let kept = response.response().extensions().get::<Problem>().cloned();
    // A page that a handler rendered with its form's faults is an answer already.
    if kept.is_none() && response.headers().get(CONTENT_TYPE).is_some_and(is_ours) {
        return Ok(response.map_into_boxed_body());
    }
    let problem = kept.unwrap_or_else(|| Problem::of_status(status));
    let request = response.request().clone();
    if let Some(cause) = &problem.for_the_log {
        tracing::error!(error.message = %cause, "request failed inside");
    }
    let answer = answer(&request, &problem).await;
    Ok(response.into_response(answer))
}

fn is_ours(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"text/html") || content_type.as_bytes().starts_with(b"application/")
}

async fn answer(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    if !respond::wants_html(request) || respond::is_api(request) {
        return problem_json(request, problem);
    }
    if problem.status == StatusCode::UNAUTHORIZED {
        let next = show::encoded(&way_back(request));
        return HttpResponse::SeeOther().insert_header((LOCATION, format!("/login?next={next}"))).finish();
    }
    // The database may be what failed: the page is shown even so.
    let chrome = Chrome::of(request).await.unwrap_or_else(|_| Chrome::of_nobody());
    let page = ErrorPage {
        status: problem.status.as_u16(),
        title: problem.title,
        detail: problem.detail.clone(),
        faults: problem.faults.clone(),
        request_id: problem.status.is_server_error().then(|| request_id(request)),
        chrome,
    };
    let mut response =
        respond::page(problem.status, &page.chrome, &page).unwrap_or_else(|_| problem_json(request, problem));
    retry_after(&mut response, problem);
    response
}

fn problem_json(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let mut body = serde_json::json!(problem);
    body["status"] = problem.status.as_u16().into();
    if problem.status.is_server_error() {
        body["requestId"] = request_id(request).into();
    }
    let mut response = HttpResponse::build(problem.status);
    response.content_type("application/problem+json");
    if problem.status == StatusCode::UNAUTHORIZED {
        let scheme = if respond::is_api(request) { "Bearer" } else { "Cookie" };
        response.insert_header((WWW_AUTHENTICATE, scheme));
    }
    let mut response = response.body(body.to_string());
    retry_after(&mut response, problem);
    response
}

fn retry_after(response: &mut HttpResponse, problem: &Problem) {
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
}

/// Where one was: the page itself or, for a form, the page that it stands on.
fn way_back(request: &HttpRequest) -> String {
    if request.method() == Method::GET {
        return request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    }
    let referer = request.headers().get(REFERER).and_then(|referer| referer.to_str().ok());
    referer.and_then(|text| url::Url::parse(text).ok()).map_or_else(|| "/".to_owned(), |url| url.path().to_owned())
}

/// `error.html`.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    pub(crate) chrome: Chrome,
    pub(crate) status: u16,
    pub(crate) title: &'static str,
    pub(crate) detail: String,
    pub(crate) faults: Vec<Fault>,
    pub(crate) request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(error: DomainError) -> u16 {
        WebError::from(error).status_code().as_u16()
    }

    #[test]
    fn each_error_has_its_status() {
        assert_eq!(status(DomainError::NotFound), 404);
        assert_eq!(status(DomainError::LogInFirst), 401);
        assert_eq!(status(DomainError::Forbidden("needs a developer".to_owned())), 403);
        assert_eq!(status(DomainError::invalid("Age", "must be a number")), 422);
        assert_eq!(status(DomainError::Conflict("it is being checked".to_owned())), 409);
        assert_eq!(status(DomainError::TooLarge { limit: 1 << 20 }), 413);
        assert_eq!(status(DomainError::TooMany { retry_after_s: 60 }), 429);
        assert_eq!(status(DomainError::Stopping), 503);
        assert_eq!(status(DomainError::Internal("secret".to_owned())), 500);
    }

    #[test]
    fn an_inner_fault_keeps_its_words_to_the_log() {
        let problem = Problem::of(&DomainError::Internal("the password of the database".to_owned()).into());
        assert!(!serde_json::to_string(&problem).unwrap().contains("password"));
        assert!(problem.for_the_log.unwrap().contains("password"));
    }
}
