//! Around every request: who may ask, the request id, and the one line in the log.

use std::{
    future::{Ready, ready},
    time::Instant,
};

use actix_web::{
    Error, FromRequest, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse, Transform},
    http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue},
    middleware::{Next, from_fn},
    web::Data,
};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use tracing::{Instrument, info_span};
use uuid::Uuid;
use vision_protocol::{messages::ErrorCode, traceparent::Traceparent};

use crate::supervisor::{Supervisor, failure::Failure};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request that shows the runner's token.
pub(super) struct Authorized;

impl FromRequest for Authorized {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = request.app_data::<Data<Supervisor>>().map(|supervisor| supervisor.config.token.expose_secret());
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given =
            given.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let same = token
            .zip(given)
            .is_some_and(|(token, (_, given))| bool::from(token.as_bytes().ct_eq(given.trim().as_bytes())));
        ready(same.then_some(Self).ok_or_else(|| {
            let message = match given {
                Some(_) => "the bearer token is not this runner's",
                None => "this runner asks for its bearer token: Authorization: Bearer <token>",
            };
            Failure::new(ErrorCode::Unauthorized, message)
        }))
    }
}

/// Gives each request an id, the caller's if it brings a sound one, and logs each once when it has been answered.
pub(in crate::supervisor) fn layer<S, B>()
-> impl Transform<S, ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
where
    S: actix_web::dev::Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    from_fn(async |request: ServiceRequest, next: Next<B>| {
        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_sound(id));
        let id = id.map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned);
        let trace = traceparent(request.headers()).map(|trace| trace.trace_id());
        let span = info_span!("request", request.id = id, trace.id = trace);
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let since = Instant::now();
        let mut response = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        let _entered = span.enter();
        log(&response, method.as_str(), &path, since);
        Ok(response)
    })
}

/// The trace that a request belongs to, if it says so.
pub(super) fn traceparent(headers: &HeaderMap) -> Option<Traceparent> {
    headers.get(Traceparent::HEADER)?.to_str().ok()?.parse().ok()
}

fn log(response: &ServiceResponse, method: &str, path: &str, since: Instant) {
    let status = response.status();
    let milliseconds = since.elapsed().as_secs_f64() * 1e3;
    let failure = response.response().error().and_then(|error| error.as_error::<Failure>());
    let (message, cause) = (failure.map(|failure| &*failure.message), failure.and_then(|f| f.cause.as_deref()));
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                http.method = method,
                http.path = path,
                http.status = status.as_u16(),
                http.ms = milliseconds,
                error.message = message,
                error.cause = cause,
                "answered"
            )
        };
    }
    match path {
        "/health/live" | "/health/ready" | "/metrics" => line!(debug),
        _ if status.is_server_error() => line!(warn),
        _ => line!(info),
    }
}

fn is_sound(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
