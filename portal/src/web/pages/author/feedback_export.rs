//! `GET /author/apps/{slug}/feedback/export`: consented feedback as training data.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    web::{Data, Path, Query},
};
use futures_util::TryStreamExt;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::Deserialize;
use vision_protocol::ids::Slug;

use crate::{
    domain::{
        DomainError,
        accounts::User,
        feedback::export::{self, Format, Wanted},
    },
    state::Portal,
    web::{
        error::WebError,
        identity::{May, PublishApps},
    },
};

/// What is wanted: days are UTC, and both are included.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    format: String,
    from: String,
    to: String,
    release: String,
}

impl Params {
    fn wanted(&self) -> Result<Wanted, DomainError> {
        let format = match self.format.as_str() {
            "" => Format::Coco,
            name => Format::by_name(name)
                .ok_or_else(|| DomainError::invalid("format", "must be coco, yolo, voc, csv or jsonl"))?,
        };
        let release = match self.release.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| DomainError::invalid("release", "must be the id of a release"))?),
        };
        Ok(Wanted {
            format,
            from: beginning("from", &self.from, 0)?.unwrap_or(0),
            to: beginning("to", &self.to, 1)?.unwrap_or(i64::MAX),
            release,
        })
    }
}

/// The first millisecond of a day, or of one some days after it.
fn beginning(place: &str, text: &str, days_after: i64) -> Result<Option<i64>, DomainError> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || DomainError::invalid(place, "must be a day, such as 2026-01-31");
    let day: Date = text.parse().map_err(|_| wrong())?;
    let day = day.checked_add(days_after.days()).map_err(|_| wrong())?;
    Ok(Some(day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp().as_millisecond()))
}

/// The archive, as it is made.
pub(crate) async fn answer(
    portal: &Portal,
    author: &User,
    slug: &Slug,
    params: &Params,
) -> Result<HttpResponse, WebError> {
    let export = export::begin(portal, author, slug, &params.wanted()?).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", export.name)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(export.content.map_err(WebError::from)))
}

/// The handler.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    slug: Path<Slug>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    answer(&portal, &may.user, &slug, &params).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_days_are_included() {
        let params = |from: &str, to: &str| Params { from: from.into(), to: to.into(), ..Params::default() };
        let wanted = params("2026-01-31", "2026-01-31").wanted().unwrap();
        assert_eq!(wanted.to - wanted.from, 24 * 60 * 60 * 1000);
        for bad in [params("31.1.2026", ""), params("", "2026-02-30")] {
            assert!(matches!(bad.wanted(), Err(DomainError::Invalid(_))));
        }
        assert_eq!(params("", "").wanted().unwrap().format, Format::Coco);
    }
}
