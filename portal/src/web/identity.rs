//! Who asks: session cookie, CSRF token, and the permissions that a handler's signature names.

use std::{future::Future, marker::PhantomData, pin::Pin, rc::Rc};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    cookie::{Cookie, CookieBuilder, SameSite, time::Duration},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header::USER_AGENT,
    middleware::Next,
    web::Data,
};
use subtle::ConstantTimeEq;

use super::{devices, error::WebError, respond};
use crate::{
    domain::{
        DomainError,
        accounts::{self, Session, SessionToken, User},
        audit::By,
        roles::Permission,
    },
    state::Portal,
};

/// What is known of whoever asks; found out once per request.
pub(crate) struct Visitor {
    /// The session, if somebody is logged in.
    pub(crate) session: Option<Session>,
    /// The session's CSRF token or, before log-in, the one in the visitor's cookie.
    pub(crate) csrf: String,
    /// The cookie to be set with the next page, for a visitor who has none yet.
    pub(crate) new_cookie: Option<Cookie<'static>>,
}

impl Visitor {
    /// Checks a form's token.
    pub(crate) fn check_csrf(&self, given: &str) -> Result<(), WebError> {
        let good = match &self.session {
            Some(session) => session.csrf_matches(given),
            None => bool::from(self.csrf.as_bytes().ct_eq(given.as_bytes())),
        };
        // A token made for this very request was never handed out.
        if good && self.new_cookie.is_none() { Ok(()) } else { Err(WebError::ExpiredForm) }
    }

    /// The user, if somebody is logged in.
    pub(crate) fn user(&self) -> Option<&User> {
        self.session.as_ref().map(|session| &session.user)
    }
}

/// The portal behind a request.
pub(crate) fn portal(request: &HttpRequest) -> Result<&Data<Portal>, WebError> {
    request.app_data::<Data<Portal>>().ok_or_else(|| DomainError::Internal("no portal in the app".to_owned()).into())
}

/// Who asks.
pub(crate) async fn visitor(request: &HttpRequest) -> Result<Rc<Visitor>, WebError> {
    if let Some(known) = request.extensions().get::<Rc<Visitor>>() {
        return Ok(Rc::clone(known));
    }
    let portal = portal(request)?;
    let session = match request.cookie(session_cookie_name(portal)) {
        Some(cookie) => accounts::session(portal, &SessionToken(cookie.value().to_owned())).await?,
        None => None,
    };
    let visitor = Rc::new(match session {
        Some(session) => Visitor { csrf: session.csrf.clone(), session: Some(session), new_cookie: None },
        None => anonymous(request, portal),
    });
    request.extensions_mut().insert(Rc::clone(&visitor));
    Ok(visitor)
}

/// Looks the session up before any handler asks, so that extractors, which run side by side, do it once.
pub(crate) async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // The API goes by keys alone: a cookie is not even looked at.
    if !request.path().starts_with("/static/") && !respond::is_api_path(request.path()) {
        // A failure shows again, with its error, in the handler that needs to know who asks.
        let _ = visitor(request.request()).await;
    }
    next.call(request).await
}

fn anonymous(request: &HttpRequest, portal: &Portal) -> Visitor {
    let known = request.cookie(VISITOR_COOKIE).filter(|cookie| cookie.value().len() == 64);
    if let Some(cookie) = known {
        return Visitor { session: None, csrf: cookie.value().to_owned(), new_cookie: None };
    }
    let csrf = hex::encode(portal.random_bytes::<32>());
    let cookie = cookie(portal, VISITOR_COOKIE, csrf.clone()).max_age(Duration::hours(12)).finish();
    Visitor { session: None, csrf, new_cookie: Some(cookie) }
}

/// The cookie that ties forms to a browser before log-in.
pub(crate) const VISITOR_COOKIE: &str = "visitor";

/// Whether browsers reach the portal over TLS.
pub(crate) fn is_https(portal: &Portal) -> bool {
    portal.public_url.scheme() == "https"
}

/// The session cookie's name; its prefix makes a browser refuse it from a sibling domain or over plain HTTP.
pub(crate) fn session_cookie_name(portal: &Portal) -> &'static str {
    if is_https(portal) { "__Host-session" } else { "session" }
}

fn cookie(portal: &Portal, name: &'static str, value: String) -> CookieBuilder<'static> {
    Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).secure(is_https(portal))
}

/// The cookie that carries a new session.
pub(crate) fn session_cookie(portal: &Portal, token: &SessionToken) -> Cookie<'static> {
    let days = i64::from(portal.config.accounts.session_days);
    cookie(portal, session_cookie_name(portal), token.0.clone()).max_age(Duration::days(days)).finish()
}

/// Makes the browser forget the session.
pub(crate) fn no_session_cookie(portal: &Portal) -> Cookie<'static> {
    let mut cookie = cookie(portal, session_cookie_name(portal), String::new()).finish();
    cookie.make_removal();
    cookie
}

/// From where a request came, for a new session.
pub(crate) fn device(request: &HttpRequest) -> String {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    devices::words(agent)
}

/// The address that a request came from, for throttles and the audit log.
pub(crate) fn address(request: &HttpRequest, portal: &Portal) -> String {
    let from_proxy = portal
        .config
        .server
        .behind_proxy
        .then(|| request.connection_info().realip_remote_addr().map(ToOwned::to_owned))
        .flatten();
    from_proxy.or_else(|| request.peer_addr().map(|peer| peer.ip().to_string())).unwrap_or_else(|| "unknown".to_owned())
}

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, WebError>>>>;

/// Who asks, if they have logged in.
pub(crate) struct Viewer(pub(crate) Option<User>);

impl FromRequest for Viewer {
    type Error = WebError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(visitor(&request).await?.user().cloned())) })
    }
}

/// Somebody is logged in.
pub(crate) struct CurrentUser(pub(crate) User);

impl FromRequest for CurrentUser {
    type Error = WebError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let user = visitor(&request).await?.user().cloned();
            user.map(Self).ok_or_else(|| DomainError::LogInFirst.into())
        })
    }
}

/// Somebody is logged in, and this is the session.
pub(crate) struct CurrentSession {
    /// Who.
    pub(crate) user: User,
    /// What the browser keeps.
    pub(crate) token: SessionToken,
}

impl FromRequest for CurrentSession {
    type Error = WebError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let CurrentUser(user) = user.await?;
            let cookie = request.cookie(session_cookie_name(portal(&request)?)).ok_or(DomainError::LogInFirst)?;
            Ok(Self { user, token: SessionToken(cookie.value().to_owned()) })
        })
    }
}

/// A permission as a type, for [`May`].
pub(crate) trait Allows {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        pub(crate) struct $name;
        impl Allows for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )*};
}

permissions!(
    /// [`Permission::RunApps`].
    RunApps,
    /// [`Permission::PublishApps`].
    PublishApps,
    /// [`Permission::ReviewApps`].
    ReviewApps,
    /// [`Permission::ManageRunners`].
    ManageRunners,
    /// [`Permission::InstallModels`].
    InstallModels,
    /// [`Permission::ManagePeople`].
    ManagePeople,
    /// [`Permission::ManageSite`].
    ManageSite,
);

/// Somebody is logged in who has this permission.
pub(crate) struct May<P: Allows> {
    /// Who.
    pub(crate) user: User,
    address: String,
    permission: PhantomData<P>,
}

impl<P: Allows> May<P> {
    /// Who acts, and from where, for the audit log.
    pub(crate) fn by(&self) -> By<'_> {
        By { user: &self.user, address: &self.address }
    }
}

impl<P: Allows + 'static> FromRequest for May<P> {
    type Error = WebError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let CurrentUser(user) = user.await?;
            user.require(P::PERMISSION)?;
            let address = address(&request, portal(&request)?);
            Ok(Self { user, address, permission: PhantomData })
        })
    }
}
