//! `POST /run?cvappid=<int>`: the query and the JSON body are read; then the run is executed.

use actix_web::{
    HttpRequest, HttpResponse,
    error::PayloadError,
    web::{BytesMut, Data, Payload},
};
use futures_util::TryStreamExt;
use url::form_urlencoded;
use vision_protocol::{
    ReleaseId,
    messages::{ErrorCode, RunRequest},
};

use super::access::{self, Authorized};
use crate::supervisor::{Supervisor, failure::Failure};

const CVAPP_ID: &str = "cvappid";

pub(super) async fn run(
    _: Authorized,
    request: HttpRequest,
    body: Payload,
    supervisor: Data<Supervisor>,
) -> Result<HttpResponse, Failure> {
    let id = release(request.query_string())?;
    let traced = access::traceparent(request.headers()).is_some_and(|trace| trace.sampled);
    let body = read(body, supervisor.config.run_limits.body_bytes).await?;
    let request: RunRequest = serde_json::from_slice(&body)
        .map_err(|error| Failure::new(ErrorCode::BadRequest, format!("the body is not a run: {error}")))?;
    let response = supervisor.into_inner().run(id, request, traced).await?;
    Ok(HttpResponse::Ok().json(response))
}

fn release(query: &str) -> Result<ReleaseId, Failure> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let value = pairs.find(|(name, _)| name.eq_ignore_ascii_case(CVAPP_ID)).map(|(_, value)| value);
    let message = match &value {
        None => "the query must name the release: /run?cvappid=<integer>",
        Some(_) => "cvappid must be an integer",
    };
    value.and_then(|value| value.parse().ok()).ok_or_else(|| Failure::new(ErrorCode::BadRequest, message))
}

async fn read(mut body: Payload, limit: u64) -> Result<BytesMut, Failure> {
    let mut bytes = BytesMut::new();
    let broken = |error: PayloadError| Failure::new(ErrorCode::BadRequest, format!("the body broke off: {error}"));
    while let Some(chunk) = body.try_next().await.map_err(broken)? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            let message = format!("the body is larger than {limit} bytes; files belong behind URLs");
            return Err(Failure::new(ErrorCode::TooLarge, message));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_an_integer_in_the_query() {
        assert_eq!(release("cvappid=7").unwrap(), ReleaseId(7));
        assert_eq!(release("a=b&CvappId=%37").unwrap(), ReleaseId(7));
        for query in ["", "cvappid", "cvappid=", "cvappid=x", "cvappid=1.5", "id=7"] {
            assert!(release(query).is_err(), "{query}");
        }
    }
}
