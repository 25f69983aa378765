//! What surrounds every page: who is logged in, where one is, the CSRF token, a line of success.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, cookie::Cookie, dev::Payload};

use super::{error::WebError, identity, notices::Notice, show};
use crate::domain::{accounts::User, roles::Permission};

/// The surroundings of a page.
pub(crate) struct Chrome {
    /// Who is logged in.
    pub(crate) user: Option<User>,
    /// The token of every form on the page.
    pub(crate) csrf: String,
    /// What just succeeded.
    pub(crate) notice: Option<Notice>,
    path: String,
    new_cookie: Option<Cookie<'static>>,
}

/// A link of the main menu.
pub(crate) struct Link {
    /// Where.
    pub(crate) href: &'static str,
    /// What people read.
    pub(crate) title: &'static str,
    /// Whether one is there.
    pub(crate) current: bool,
}

impl Chrome {
    pub(crate) async fn of(request: &HttpRequest) -> Result<Self, WebError> {
        let visitor = identity::visitor(request).await?;
        Ok(Self {
            user: visitor.user().cloned(),
            csrf: visitor.csrf.clone(),
            notice: Notice::of(request),
            path: request.path().to_owned(),
            new_cookie: visitor.new_cookie.clone(),
        })
    }

    /// For a page that must be shown although nothing is known of whoever asks.
    pub(crate) fn of_nobody() -> Self {
        Self { user: None, csrf: String::new(), notice: None, path: String::new(), new_cookie: None }
    }

    /// Cookies to be sent with the page.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = Cookie<'static>> {
        self.new_cookie.clone().into_iter().chain(self.notice.map(|_| Notice::shown()))
    }

    /// The main menu.
    pub(crate) fn links(&self) -> Vec<Link> {
        let can = |permission| self.user.as_ref().is_some_and(|user| user.can(permission));
        let mut links = vec![("/", "Apps")];
        if self.user.is_some() {
            links.push(("/runs", "My runs"));
        }
        if can(Permission::PublishApps) {
            links.push(("/author", "My apps"));
        }
        if can(Permission::InstallModels) {
            links.push(("/admin/catalog", "Catalogue"));
        }
        if can(Permission::ManagePeople) {
            links.push(("/admin/people", "People"));
        }
        if can(Permission::ManageRunners) {
            links.push(("/admin/runners", "Runners"));
        }
        links.into_iter().map(|(href, title)| Link { href, title, current: self.is_at(href) }).collect()
    }

    fn is_at(&self, href: &str) -> bool {
        if href == "/" { self.path == "/" || self.path.starts_with("/apps/") } else { self.path.starts_with(href) }
    }

    /// Whether the header offers a search: not where the page itself does.
    pub(crate) fn has_search(&self) -> bool {
        !self.path.is_empty() && self.path != "/" && !self.path.starts_with("/search")
    }

    /// Whether "upload" can be offered.
    pub(crate) fn can_publish(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.can(Permission::PublishApps))
    }

    /// The query that brings one back here after log-in.
    pub(crate) fn next_query(&self) -> String {
        match self.path.as_str() {
            "" | "/" | "/login" | "/signup" | "/logout" => String::new(),
            path => format!("?next={}", show::encoded(path)),
        }
    }
}

impl FromRequest for Chrome {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

#[cfg(test)]
impl Chrome {
    /// Surroundings for the samples of templates.
    pub(crate) fn sample(user: Option<User>, path: &str, notice: Option<Notice>) -> Self {
        Self { user, csrf: "0123456789abcdef".to_owned(), notice, path: path.to_owned(), new_cookie: None }
    }
}
