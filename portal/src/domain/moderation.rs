//! Deciding about reports: what somebody says is wrong with an app is dismissed, or the app is taken down.

use jiff::Timestamp;
use vision_protocol::ids::{Slug, UserId};

use super::{
    DomainError, Result,
    accounts::User,
    audit::{Act, By},
    catalog,
    ids::ReportId,
    reports::Reason,
    roles::Permission,
    takedowns,
};
use crate::{
    state::{Portal, timestamp},
    store::OpenReportRow,
};

/// How many the list shows; the rest follows once these are decided.
const SHOWN: i64 = 100;

/// A report that waits.
#[derive(Clone, Debug)]
pub struct OpenReport {
    /// The report.
    pub id: ReportId,
    /// The app's address.
    pub slug: Slug,
    /// The app's name.
    pub app: String,
    /// Who says so.
    pub person: UserId,
    /// Their name.
    pub name: String,
    /// What is wrong.
    pub reason: String,
    /// In their words; may be empty.
    pub words: String,
    /// When.
    pub created_at: Timestamp,
}

fn view(row: OpenReportRow) -> Result<OpenReport> {
    let reason = Reason::by_name(&row.reason);
    Ok(OpenReport {
        id: ReportId(row.id),
        slug: catalog::slug(&row.slug)?,
        app: row.app_name,
        person: UserId(row.user_id),
        name: row.user_name,
        reason: reason.map_or(row.reason, |reason| reason.title().to_owned()),
        words: row.words,
        created_at: timestamp(row.created_at),
    })
}

/// Reports that wait, the oldest first.
///
/// # Errors
/// `Forbidden` without [`Permission::ReviewApps`].
pub async fn queue(portal: &Portal, viewer: &User) -> Result<Vec<OpenReport>> {
    viewer.require(Permission::ReviewApps)?;
    portal.store.open_reports(SHOWN).await?.into_iter().map(view).collect()
}

async fn open(portal: &Portal, viewer: &User, id: ReportId) -> Result<OpenReport> {
    viewer.require(Permission::ReviewApps)?;
    view(portal.store.open_report(id.0).await?.ok_or(DomainError::NotFound)?)
}

/// Nothing is wrong, or nothing that has to be done.
///
/// # Errors
/// `Forbidden`; `NotFound` if it waits no more.
pub async fn dismiss(portal: &Portal, by: By<'_>, id: ReportId) -> Result<()> {
    let report = open(portal, by.user, id).await?;
    let line = by.line(portal, Act::DismissReport, ("app", &report.slug), report.reason);
    if portal.store.decide_report(id.0, "dismissed", &line).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// Takes the app down, with a reason that its author reads. An app that is down already stays so.
///
/// # Errors
/// `Forbidden`; `NotFound` if it waits no more; `Invalid` with a fault at `reason`.
pub async fn uphold(portal: &Portal, by: By<'_>, id: ReportId, reason: &str) -> Result<()> {
    let report = open(portal, by.user, id).await?;
    match takedowns::suspend(portal, by, &report.slug, reason).await {
        Err(DomainError::Conflict(_)) => {}
        done => done?,
    }
    let line = by.line(portal, Act::UpholdReport, ("app", &report.slug), report.reason);
    if portal.store.decide_report(id.0, "upheld", &line).await? { Ok(()) } else { Err(DomainError::NotFound) }
}
