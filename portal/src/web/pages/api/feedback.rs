//! `GET /api/v1/apps/{slug}/feedback`: what people say of an app, the newest first.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vision_protocol::ids::{ReleaseId, RunId, Slug};

use crate::{
    domain::{
        DomainError,
        feedback::{
            Correction, Verdict,
            authors::{self, Wanted},
        },
    },
    state::Portal,
    web::{
        error::WebError,
        keyed::{Feedback, Keyed},
    },
};

/// Which entries.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    release: String,
    verdict: String,
    after: String,
    limit: String,
}

impl Params {
    fn wanted(&self) -> Result<Wanted, DomainError> {
        fn read<T>(
            place: &str,
            text: &str,
            form: &str,
            read: impl Fn(&str) -> Option<T>,
        ) -> Result<Option<T>, DomainError> {
            match text {
                "" => Ok(None),
                text => read(text).map(Some).ok_or_else(|| DomainError::invalid(place, format!("must be {form}"))),
            }
        }
        Ok(Wanted {
            release: read("release", &self.release, "the id of a release", |text| text.parse().ok())?,
            verdict: read("verdict", &self.verdict, "right, partly or wrong", Verdict::by_name)?,
            after: read("after", &self.after, "the \"next\" of the answer before", |text| text.parse().ok())?,
            limit: read("limit", &self.limit, "a number from 1 to 200", |text| text.parse().ok())?,
        })
    }
}

#[derive(Serialize)]
struct Answer {
    releases: Vec<Release>,
    feedback: Vec<Entry>,
    /// What to ask for `after`, if there is more.
    next: Option<String>,
}

#[derive(Serialize)]
struct Release {
    id: ReleaseId,
    version: String,
    right: u64,
    partly: u64,
    wrong: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    run: RunId,
    version: String,
    verdict: Verdict,
    comment: String,
    correction: Correction,
    /// Whether the photo is in an export at this moment.
    consent: bool,
    created_at: Timestamp,
}

/// The handler.
pub(crate) async fn show(
    keyed: Keyed<Feedback>,
    portal: Data<Portal>,
    slug: Path<Slug>,
    params: Query<Params>,
) -> Result<HttpResponse, WebError> {
    let author = &keyed.holder.user;
    let wanted = params.wanted()?;
    let releases = authors::releases(&portal, author, &slug).await?.into_iter().map(|release| {
        let [right, partly, wrong] = release.verdicts;
        Release { id: release.id, version: release.version, right, partly, wrong }
    });
    let (entries, next) = authors::list(&portal, author, &slug, &wanted).await?;
    let feedback = entries.into_iter().map(|entry| Entry {
        run: entry.run,
        version: entry.version,
        verdict: entry.verdict,
        comment: entry.comment,
        correction: entry.correction,
        consent: entry.consent,
        created_at: entry.created_at,
    });
    let answer =
        Answer { releases: releases.collect(), feedback: feedback.collect(), next: next.map(|next| next.to_string()) };
    Ok(HttpResponse::Ok().json(answer))
}
