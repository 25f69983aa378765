//! What surrounds every page: who is logged in, where one is, the CSRF token, a line of success.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, cookie::Cookie, dev::Payload};

use super::{error::WebError, identity, notices::Notice, show};
use crate::domain::{
    accounts::User,
    roles::Permission,
    site::{self, FIRST_NAME, Site},
};

/// The surroundings of a page.
pub(crate) struct Chrome {
    /// Who is logged in.
    pub(crate) user: Option<User>,
    /// The token of every form on the page.
    pub(crate) csrf: String,
    /// What just succeeded.
    pub(crate) notice: Option<Notice>,
    /// What the site is set to; none if the database fails.
    pub(crate) site: Option<Arc<Site>>,
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
            site: Some(site::current(identity::portal(request)?).await?),
            user: visitor.user().cloned(),
            csrf: visitor.csrf.clone(),
            notice: Notice::of(request),
            path: request.path().to_owned(),
            new_cookie: visitor.new_cookie.clone(),
        })
    }

    /// For a page that must be shown although nothing is known of whoever asks.
    pub(crate) fn of_nobody() -> Self {
        Self { user: None, csrf: String::new(), notice: None, site: None, path: String::new(), new_cookie: None }
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
        if can(Permission::ReviewApps) {
            links.push(("/admin", "Admin"));
        }
        links.into_iter().map(|(href, title)| Link { href, title, current: self.is_at(href) }).collect()
    }

    /// The menu of those who look after the marketplace.
    pub(crate) fn admin_links(&self) -> Vec<Link> {
        use Permission::{InstallModels, ManagePeople, ManageRunners, ManageSite, ReviewApps};
        let can = |permission| self.user.as_ref().is_some_and(|user| user.can(permission));
        let all = [
            (ReviewApps, "/admin", "Overview"),
            (ReviewApps, "/admin/reviews", "Reviews"),
            (ReviewApps, "/admin/reports", "Reports"),
            (ManagePeople, "/admin/people", "People"),
            (ManagePeople, "/admin/requests", "Requests"),
            (ManagePeople, "/admin/invitations", "Invitations"),
            (ManageRunners, "/admin/runners", "Runners"),
            (InstallModels, "/admin/catalog", "Catalogue"),
            (ManageSite, "/admin/categories", "Categories"),
            (ManageSite, "/admin/featured", "Featured"),
            (ManageSite, "/admin/site", "Site"),
            (ManageSite, "/admin/audit", "Audit log"),
        ];
        let shown = all.into_iter().filter(|(permission, ..)| can(*permission));
        let is_current = |href: &str| if href == "/admin" { self.path == href } else { self.path.starts_with(href) };
        shown.map(|(_, href, title)| Link { href, title, current: is_current(href) }).collect()
    }

    /// The menu of what people set for themselves.
    pub(crate) fn settings_links(&self) -> Vec<Link> {
        let all = [
            ("/settings", "Account"),
            ("/settings/sessions", "Sessions"),
            ("/settings/keep", "Keeping"),
            ("/settings/consents", "Consents"),
            ("/settings/keys", "API keys"),
            ("/settings/author", "Publishing"),
            ("/settings/data", "Your data"),
        ];
        let is_current = |href: &str| if href == "/settings" { self.path == href } else { self.path.starts_with(href) };
        all.into_iter().map(|(href, title)| Link { href, title, current: is_current(href) }).collect()
    }

    /// What the marketplace is called.
    pub(crate) fn site_name(&self) -> &str {
        self.site.as_ref().map_or(FIRST_NAME, |site| site.name.as_str())
    }

    /// Whether there are terms to be read.
    pub(crate) fn has_terms(&self) -> bool {
        self.site.as_ref().is_some_and(|site| !site.terms.is_empty())
    }

    fn is_at(&self, href: &str) -> bool {
        let lists = ["/apps/", "/search", "/shelves/", "/authors/"];
        if href == "/" {
            return self.path == "/" || lists.iter().any(|list| self.path.starts_with(list));
        }
        self.path.starts_with(href)
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
        Self { user, csrf: "0123456789abcdef".to_owned(), notice, site: None, path: path.to_owned(), new_cookie: None }
    }
}
