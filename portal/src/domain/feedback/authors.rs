//! Feedback on an app, for its author. Who gave it is not told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vision_protocol::ids::{AppId, BlobId, ReleaseId, RunId, Slug};

use super::{
    super::{DomainError, Result, accounts::User, files::FileStream},
    Correction, Verdict, read, verdict,
};
use crate::{
    domain::files,
    state::{Portal, timestamp},
    store::{BlobRole, FeedbackFilter, StoreError},
};

/// Entries on one page of the list.
pub const PER_PAGE: u32 = 30;

/// A release, as far as feedback goes.
#[derive(Clone, Debug)]
pub struct Release {
    /// The release.
    pub id: ReleaseId,
    /// Semantic version.
    pub version: String,
    /// How often each verdict was given, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 3],
    /// The labels that people gave instead of the app's, the most frequent first.
    pub labels: Vec<(String, u64)>,
}

/// One person's word on one run.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The run. Only its owner can look at it.
    pub run: RunId,
    /// Semantic version of what was run.
    pub version: String,
    /// Whether the app was right.
    pub verdict: Verdict,
    /// In the person's words; may be empty.
    pub comment: String,
    /// What would have been right.
    pub correction: Correction,
    /// Whether the author may use the photo.
    pub consent: bool,
    /// When it was said.
    pub created_at: Timestamp,
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only of this release.
    pub release: Option<ReleaseId>,
    /// Only with this verdict.
    pub verdict: Option<Verdict>,
    /// Only those after this place.
    pub after: Option<Place>,
    /// At most so many; as many as fit a page if left out.
    pub limit: Option<u32>,
}

/// A place in the list: what comes after it is older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: i64,
    run: RunId,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at, self.run)
    }
}

impl std::str::FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, run) = text.split_once('.').ok_or(())?;
        Ok(Self { at: at.parse().map_err(drop)?, run: run.parse().map_err(drop)? })
    }
}

/// The app at an address, if it is this person's.
pub(in crate::domain) async fn own_app(portal: &Portal, author: &User, slug: &Slug) -> Result<AppId> {
    let app = portal.store.app_by_slug(slug).await?.filter(|app| app.author_id == author.id.0);
    Ok(AppId(app.ok_or(DomainError::NotFound)?.id))
}

/// The releases of an app of one's own that people can have run, newest first, with what was said of each.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn releases(portal: &Portal, author: &User, slug: &Slug) -> Result<Vec<Release>> {
    let app = own_app(portal, author, slug).await?;
    let mut counts: BTreeMap<i64, [u64; 3]> = BTreeMap::new();
    for (release, _, name, total) in portal.store.verdicts(app, 0).await? {
        counts.entry(release).or_default()[verdict(&name)? as usize] += total.unsigned_abs();
    }
    let mut releases = Vec::new();
    for (id, version, status, _) in portal.store.releases_of_app(app).await? {
        if status == "rejected" || status == "checking" {
            continue;
        }
        let verdicts = counts.remove(&id).unwrap_or_default();
        let labels = if verdicts.iter().any(|count| *count > 0) {
            portal.store.corrected_labels(ReleaseId(id), 10).await?
        } else {
            Vec::new()
        };
        let labels = labels.into_iter().map(|(label, total)| (label, total.unsigned_abs())).collect();
        releases.push(Release { id: ReleaseId(id), version, verdicts, labels });
    }
    Ok(releases)
}

/// Feedback on an app of one's own, the newest first, and the place after which more follows.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn list(portal: &Portal, author: &User, slug: &Slug, wanted: &Wanted) -> Result<(Vec<Entry>, Option<Place>)> {
    let app = own_app(portal, author, slug).await?;
    let releases = portal.store.releases_of_app(app).await?;
    if let Some(release) = wanted.release
        && !releases.iter().any(|(id, ..)| *id == release.0)
    {
        return Err(DomainError::NotFound);
    }
    let limit = wanted.limit.unwrap_or(PER_PAGE).clamp(1, 200);
    let filter = FeedbackFilter {
        app,
        release: wanted.release,
        verdict: wanted.verdict.map(Verdict::name),
        after: wanted.after.map(|place| (place.at, place.run)),
        limit: i64::from(limit) + 1,
        now: portal.now(),
    };
    let mut rows = portal.store.feedback_of_app(&filter).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let mut entries = Vec::with_capacity(rows.len());
    for row in &rows {
        let (run, feedback) = read(portal, row)?;
        let version = releases.iter().find(|(id, ..)| *id == row.release_id).map(|(_, version, ..)| version.clone());
        entries.push(Entry {
            run,
            version: version.unwrap_or_default(),
            verdict: feedback.verdict,
            comment: feedback.comment,
            correction: feedback.correction,
            consent: feedback.consent,
            created_at: timestamp(row.created_at),
        });
    }
    let last = entries.last().filter(|_| more);
    let place = last.map(|entry| Place { at: entry.created_at.as_millisecond(), run: entry.run });
    Ok((entries, place))
}

/// The photo of a run, opened for the author of its app: only while the person consents.
///
/// # Errors
/// `NotFound`, whatever the reason.
pub async fn photo(portal: &Portal, author: &User, slug: &Slug, run: RunId) -> Result<FileStream> {
    let app = own_app(portal, author, slug).await?;
    portal.store.consented(app, run, portal.now()).await?.ok_or(DomainError::NotFound)?;
    Ok(first_photo(portal, run).await?.ok_or(DomainError::NotFound)?.1)
}

/// The first photo that a run was given, opened. Whoever asks has seen that it may be shown.
pub(super) async fn first_photo(portal: &Portal, run: RunId) -> Result<Option<(BlobId, FileStream)>> {
    let rows = portal.store.blobs_of_run(run).await?;
    let photo = rows.iter().find(|row| row.role == BlobRole::Input.name() && row.stored != 0);
    let Some(row) = photo else { return Ok(None) };
    let id: BlobId = row.id.parse().map_err(|_| StoreError::Corrupt("file id"))?;
    Ok(Some((id, files::open(portal, row, id).await?)))
}
