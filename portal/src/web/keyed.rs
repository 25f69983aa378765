//! Who asks through the API: the key that a request presents, and the scopes that a handler's signature names.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION};

use super::{error::WebError, identity};
use crate::domain::{
    DomainError,
    api_keys::{self, Holder, Scope},
};

/// A scope as a type, for [`Keyed`].
pub(crate) trait Needs {
    /// The scope; none if any key will do.
    const SCOPE: Option<Scope>;
}

/// Any key.
pub(crate) struct AnyKey;
/// A key with [`Scope::Read`].
pub(crate) struct Read;
/// A key with [`Scope::Publish`].
pub(crate) struct Publish;
/// A key with [`Scope::Feedback`].
pub(crate) struct Feedback;

impl Needs for AnyKey {
    const SCOPE: Option<Scope> = None;
}
impl Needs for Read {
    const SCOPE: Option<Scope> = Some(Scope::Read);
}
impl Needs for Publish {
    const SCOPE: Option<Scope> = Some(Scope::Publish);
}
impl Needs for Feedback {
    const SCOPE: Option<Scope> = Some(Scope::Feedback);
}

/// A request with a good key that has this scope. Cookies are not looked at, so no form's token is needed.
pub(crate) struct Keyed<S: Needs> {
    /// Who presents it.
    pub(crate) holder: Holder,
    scope: PhantomData<S>,
}

impl<S: Needs + 'static> FromRequest for Keyed<S> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let portal = identity::portal(&request)?;
            let key = bearer(&request).ok_or(DomainError::BadKey(
                "Send it as `Authorization: Bearer …`. You make one under API keys, in the menu of your account.",
            ))?;
            let holder = api_keys::holder(portal, key, &identity::address(&request, portal)).await?;
            if let Some(scope) = S::SCOPE {
                holder.require(scope)?;
            }
            Ok(Self { holder, scope: PhantomData })
        })
    }
}

/// What stands behind `Bearer`, of which the case does not matter (RFC 9110).
fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, key) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}
