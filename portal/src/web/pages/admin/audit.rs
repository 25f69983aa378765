//! `GET /admin/audit`: what people did by virtue of a role.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use askama::Template;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use url::form_urlencoded;

use crate::{
    domain::audit::{self, Act, AuditLine},
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        identity::{ManageSite, May},
        respond, show,
    },
};

/// What the filter sends. Every field may be anything: what makes no sense filters nothing.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Params {
    #[serde(default)]
    pub(crate) person: String,
    #[serde(default)]
    pub(crate) act: String,
    #[serde(default)]
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) until: String,
    #[serde(default)]
    pub(crate) after: String,
}

/// When a day begins, UTC.
fn day(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// When the day after begins, UTC.
fn day_after(text: &str) -> Option<Timestamp> {
    let date: Date = text.parse().ok()?;
    Some(date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

impl Params {
    fn query(&self) -> audit::Query {
        let after = self.after.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
        audit::Query {
            person: self.person.parse().ok(),
            act: Act::by_name(&self.act),
            from: day(&self.from),
            until: day_after(&self.until),
            after,
        }
    }
}

/// `admin/audit.html`.
#[derive(Template)]
#[template(path = "admin/audit.html")]
pub(crate) struct AuditPage {
    pub(crate) chrome: Chrome,
    pub(crate) lines: Vec<AuditLine>,
    pub(crate) params: Params,
    pub(crate) next: Option<(i64, i64)>,
}

impl AuditPage {
    fn next_url(&self) -> Option<String> {
        let (at, id) = self.next?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("person", &self.params.person),
            ("act", &self.params.act),
            ("from", &self.params.from),
            ("until", &self.params.until),
            ("after", &format!("{at}.{id}")),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        Some(show::with_query("/admin/audit", &query.finish()))
    }
}

/// The handler.
pub(crate) async fn show(
    may: May<ManageSite>,
    portal: Data<Portal>,
    chrome: Chrome,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let params = params.into_inner();
    let found = audit::read(&portal, &may.user, &params.query()).await?;
    let page = AuditPage { chrome, lines: found.lines, params, next: found.next };
    respond::page(StatusCode::OK, &page.chrome, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole() {
        let params = Params { from: "2026-02-28".into(), until: "2026-02-28".into(), ..Params::default() };
        let query = params.query();
        let length = query.until.unwrap().as_second() - query.from.unwrap().as_second();
        assert_eq!(length, 24 * 60 * 60);
        let nonsense = Params { from: "x".into(), act: "x".into(), after: "1".into(), ..Params::default() }.query();
        assert!(nonsense.from.is_none() && nonsense.act.is_none() && nonsense.after.is_none());
    }
}
