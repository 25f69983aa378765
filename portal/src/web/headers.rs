//! Headers that every answer carries, so that a page shows only what it is meant to show.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
    middleware::Next,
    web::Data,
};

use super::identity::is_https;
use crate::state::Portal;

/// For pages: own scripts and styles only, no inline ones.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                           connect-src 'self'; form-action 'self'; frame-src 'self'; worker-src 'self'; \
                           manifest-src 'self'; base-uri 'none'; \
                           frame-ancestors 'self'";

/// For an author's layout in its frame: styles and pictures, nothing that acts.
pub(crate) const LAYOUT_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                                        base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
                                        sandbox allow-same-origin";

/// For files that people uploaded: nothing at all, should a browser take one for a document.
pub(crate) const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Adds the headers, without replacing what a handler has set.
pub(crate) async fn secure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let https = request.app_data::<Data<Portal>>().is_some_and(|portal| is_https(portal));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    add(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(X_FRAME_OPTIONS, "SAMEORIGIN");
    add(REFERRER_POLICY, "same-origin");
    add(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add(HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), camera=(self)");
    add(CACHE_CONTROL, "private, no-cache");
    if https {
        add(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    Ok(response)
}
