//! Forms whose token is checked before a handler sees them.

use std::{future::Future, pin::Pin, str::FromStr};

use actix_multipart::{Field, Multipart};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{Bytes, Query},
};
use futures_util::{Stream, StreamExt, TryStreamExt};
use serde::{Deserialize, de::DeserializeOwned};
use vision_protocol::fault::Fault;

use super::{error::WebError, identity};

/// The form field that carries the token.
pub(crate) const CSRF_FIELD: &str = "csrf";

/// A url-encoded form with a good CSRF token.
pub(crate) struct CsrfForm<T>(pub(crate) T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

/// A form without fields but its token.
#[derive(Deserialize)]
pub(crate) struct NoFields {}

impl<T: DeserializeOwned + 'static> FromRequest for CsrfForm<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let body = Bytes::from_request(&request, payload);
        Box::pin(async move {
            let visitor = identity::visitor(&request).await?;
            let body = body.await.map_err(|_| WebError::BadForm("It is too large or broke off.".to_owned()))?;
            let text = std::str::from_utf8(&body).map_err(|_| WebError::BadForm("It is not text.".to_owned()))?;
            let token = Query::<Token>::from_query(text).map_err(|_| WebError::ExpiredForm)?;
            visitor.check_csrf(&token.csrf)?;
            let form = Query::<T>::from_query(text).map_err(|_| WebError::BadForm("A field is missing.".to_owned()))?;
            Ok(Self(form.into_inner()))
        })
    }
}

/// The fields of a multipart form, one after the other.
pub(crate) struct Parts(Multipart);

/// A multipart form whose first field was a good CSRF token. Nothing else of it has been read.
pub(crate) struct CsrfMultipart(pub(crate) Parts);

impl FromRequest for CsrfMultipart {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut parts = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            let visitor = identity::visitor(&request).await?;
            let checked = match parts.try_next().await {
                Ok(Some(mut field)) if field.name() == Some(CSRF_FIELD) => {
                    let token = text(&mut field, 256).await?;
                    drop(field);
                    visitor.check_csrf(&token)
                }
                _ => Err(WebError::ExpiredForm),
            };
            let mut parts = Parts(parts);
            if let Err(error) = checked {
                parts.drain().await;
                return Err(error);
            }
            Ok(Self(parts))
        })
    }
}

/// Bytes that are read and thrown away so that a browser, which sends all before it listens, sees the answer.
const DRAINED_AT_MOST: usize = 256 << 20;

impl Parts {
    /// The form in a body. Nothing of it has been read.
    pub(crate) fn new(request: &HttpRequest, body: Payload) -> Self {
        Self(Multipart::new(request.headers(), body))
    }

    /// The next field.
    pub(crate) async fn next(&mut self) -> Result<Option<Field>, WebError> {
        self.0.try_next().await.map_err(|error| WebError::BadForm(format!("It broke off ({error}).")))
    }

    /// Reads what is left of the request, in vain.
    pub(crate) async fn drain(&mut self) {
        let mut left = DRAINED_AT_MOST;
        while let Ok(Some(field)) = self.0.try_next().await {
            left = drained(field, left).await;
            if left == 0 {
                return;
            }
        }
    }
}

/// Reads what is left of a body that is no form, in vain.
pub(crate) async fn drain<E>(body: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    drained(body, DRAINED_AT_MOST).await;
}

/// Reads a stream to its end, or `most` bytes of it: how many may still be read.
async fn drained<E>(mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin, most: usize) -> usize {
    let mut left = most;
    while let Some(Ok(chunk)) = stream.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            break;
        }
    }
    left
}

/// The text of a field.
pub(crate) async fn text(field: &mut Field, limit: usize) -> Result<String, WebError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| WebError::BadForm(format!("It broke off ({error}).")))?;
        if bytes.len() + chunk.len() > limit {
            return Err(WebError::BadForm("A text is too long.".to_owned()));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| WebError::BadForm("A text is not UTF-8.".to_owned()))
}

/// The ids that a field holds which comes several times: of boxes that are ticked. What is none is left out.
pub(crate) fn all_ids<T: FromStr>(form: &[(String, String)], field: &str) -> Vec<T> {
    form.iter().filter(|(name, _)| name == field).filter_map(|(_, value)| value.parse().ok()).collect()
}

/// All that is wrong at one field, as one sentence.
pub(crate) fn wrong_at(faults: &[Fault], place: &str) -> Option<String> {
    let messages: Vec<&str> = faults.iter().filter(|f| f.place == place).map(|f| f.message.as_str()).collect();
    (!messages.is_empty()).then(|| messages.join("; "))
}

/// What is wrong at none of the fields.
pub(crate) fn wrong_elsewhere(faults: &[Fault], places: &[&str]) -> Vec<Fault> {
    faults.iter().filter(|fault| !places.contains(&fault.place.as_str())).cloned().collect()
}
