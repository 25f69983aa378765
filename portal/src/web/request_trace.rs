//! One step in a trace per request that a person makes. Which page was asked for is recorded, not for what: a path may
//! hold a name, and a query a signature.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use crate::{state::Portal, traces::Kind};

/// Requests that no person makes.
const PLUMBING: [&str; 3] = ["/health/", "/static/", "/files/"];

/// Records the request, if anything is recorded.
pub(crate) async fn trace<B: MessageBody>(
    portal: Data<Portal>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if !portal.traces.is_on() || PLUMBING.iter().any(|start| request.path().starts_with(start)) {
        return next.call(request).await;
    }
    let step = portal.traces.begin(Kind::Server, "request", None);
    if let Some(trace) = step.traceparent() {
        tracing::Span::current().record("trace.id", trace.trace_id());
    }
    let method = request.method().clone();
    step.note("http.request.method", method.to_string());
    let answered = step.within(next.call(request)).await;
    let status = match &answered {
        Ok(response) => {
            if let Some(route) = response.request().match_pattern() {
                step.rename(|| format!("{method} {route}"));
                step.note("http.route", route);
            }
            response.status()
        }
        Err(error) => error.as_response_error().status_code(),
    };
    step.note("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        step.failed();
    }
    answered
}
