//! The log of what people did by virtue of a role: who, what, to what, from where, when. It is only ever added to.

use jiff::Timestamp;
use vision_protocol::ids::UserId;

use super::{Result, accounts::User, roles::Permission};
use crate::{
    state::{Portal, timestamp},
    store::{AuditFilter, NewAuditLine},
};

/// Lines on one page.
const PER_PAGE: usize = 50;

/// Who acts, and from where.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// Who.
    pub user: &'a User,
    /// The address that the request came from.
    pub address: &'a str,
}

/// What can be done by virtue of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A person got another role.
    SetRole,
    /// A person was suspended.
    SuspendPerson,
    /// That was lifted.
    LiftPerson,
    /// A link for a new password was made.
    ResetPassword,
    /// A person became an author.
    GrantAuthor,
    /// A person did not become an author.
    RefuseAuthor,
    /// An invitation was made.
    Invite,
    /// An invitation was taken back.
    RevokeInvitation,
    /// The site was set to something else.
    SetSite,
    /// A release was approved.
    ApproveRelease,
    /// A release was returned to its author.
    ReturnRelease,
    /// An app was taken down.
    SuspendApp,
    /// That was lifted.
    LiftApp,
    /// The featured apps were changed.
    Feature,
    /// The shelves were changed.
    SetCategories,
    /// A report was dismissed.
    DismissReport,
    /// A report was acted upon.
    UpholdReport,
    /// A runner was added.
    AddRunner,
    /// What is known of a runner was changed.
    DescribeRunner,
    /// A runner gets work, or no more.
    SwitchRunner,
    /// A model of the catalogue was installed.
    Install,
}

impl Act {
    /// All of them, with their names in the log and what people read.
    pub const ALL: [(Self, &'static str, &'static str); 21] = [
        (Self::SetRole, "set-role", "Changed a role"),
        (Self::SuspendPerson, "suspend-person", "Suspended a person"),
        (Self::LiftPerson, "lift-person", "Lifted a person’s suspension"),
        (Self::ResetPassword, "reset-password", "Made a link for a new password"),
        (Self::GrantAuthor, "grant-author", "Verified an author"),
        (Self::RefuseAuthor, "refuse-author", "Refused an author"),
        (Self::Invite, "invite", "Made an invitation"),
        (Self::RevokeInvitation, "revoke-invitation", "Took an invitation back"),
        (Self::SetSite, "set-site", "Changed site settings"),
        (Self::ApproveRelease, "approve-release", "Approved a release"),
        (Self::ReturnRelease, "return-release", "Returned a release"),
        (Self::SuspendApp, "suspend-app", "Took an app down"),
        (Self::LiftApp, "lift-app", "Put an app back"),
        (Self::Feature, "feature", "Changed featured apps"),
        (Self::SetCategories, "set-categories", "Changed categories"),
        (Self::DismissReport, "dismiss-report", "Dismissed a report"),
        (Self::UpholdReport, "uphold-report", "Acted upon a report"),
        (Self::AddRunner, "add-runner", "Added a runner"),
        (Self::DescribeRunner, "describe-runner", "Described a runner"),
        (Self::SwitchRunner, "switch-runner", "Switched a runner"),
        (Self::Install, "install", "Installed a model"),
    ];

    /// Its name in the log.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(act, ..)| *act == self).map_or("", |(_, name, _)| name)
    }

    /// The act of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(act, ..)| *act)
    }
}

impl By<'_> {
    /// A line about what is done now.
    pub(super) fn line(
        &self,
        portal: &Portal,
        act: Act,
        (subject_kind, subject): (&'static str, impl ToString),
        detail: impl Into<String>,
    ) -> NewAuditLine {
        NewAuditLine {
            at: portal.now(),
            actor: Some(self.user.id),
            act: act.name(),
            subject_kind,
            subject: subject.to_string(),
            // PostgreSQL takes no NUL in a text.
            detail: detail.into().replace('\0', " "),
            address: self.address.to_owned(),
        }
    }
}

/// A line about what whoever sits at the machine does now.
pub(super) fn at_the_machine(
    portal: &Portal,
    act: Act,
    (subject_kind, subject): (&'static str, impl ToString),
    detail: impl Into<String>,
) -> NewAuditLine {
    let subject = subject.to_string();
    let (address, detail) = ("command line".to_owned(), detail.into());
    NewAuditLine { at: portal.now(), actor: None, act: act.name(), subject_kind, subject, detail, address }
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who, and the name that they go by now; none for whoever sat at the machine.
    pub actor: Option<(UserId, String)>,
    /// What, for people.
    pub act: String,
    /// Which kind of thing.
    pub subject_kind: String,
    /// Which one.
    pub subject: String,
    /// What else is worth knowing.
    pub detail: String,
    /// From where.
    pub address: String,
}

impl AuditLine {
    /// The page of what it was done to, if it has one.
    pub fn link(&self) -> Option<String> {
        let which = &self.subject;
        match self.subject_kind.as_str() {
            "person" => Some(format!("/admin/people/{which}")),
            "release" => Some(format!("/admin/reviews/{which}")),
            "app" => Some(format!("/admin/apps/{which}")),
            _ => None,
        }
    }
}

/// Which lines to look at.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only what this person did.
    pub person: Option<UserId>,
    /// Only this.
    pub act: Option<Act>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Where the page before has ended: [`Lines::next`].
    pub after: Option<(i64, i64)>,
}

/// A page of the log.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The newest first.
    pub lines: Vec<AuditLine>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, i64)>,
}

/// A page of the log.
///
/// # Errors
/// `Forbidden` without [`Permission::ManageSite`].
pub async fn read(portal: &Portal, viewer: &User, query: &Query) -> Result<Lines> {
    viewer.require(Permission::ManageSite)?;
    let until = query.until.map_or(i64::MAX, Timestamp::as_millisecond);
    let filter = AuditFilter {
        actor: query.person,
        act: query.act.map(Act::name),
        subject: None,
        from: query.from.map_or(0, Timestamp::as_millisecond),
        before: query.after.unwrap_or((until, i64::MIN)),
    };
    page(portal, &filter).await
}

/// The newest lines about one thing.
pub(super) async fn about(portal: &Portal, kind: &str, which: impl ToString) -> Result<Vec<AuditLine>> {
    let filter = AuditFilter {
        subject: Some((kind.to_owned(), which.to_string())),
        before: (i64::MAX, i64::MIN),
        ..AuditFilter::default()
    };
    Ok(page(portal, &filter).await?.lines)
}

async fn page(portal: &Portal, filter: &AuditFilter) -> Result<Lines> {
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = portal.store.audit(filter, limit).await?;
    let more = rows.len() > PER_PAGE;
    rows.truncate(PER_PAGE);
    let next = rows.last().filter(|_| more).map(|row| (row.at, row.id));
    let words = |name: &str| {
        let known = Act::ALL.iter().find(|(_, known, _)| *known == name);
        known.map_or_else(|| name.to_owned(), |(_, _, words)| (*words).to_owned())
    };
    let lines = rows
        .into_iter()
        .map(|row| AuditLine {
            at: timestamp(row.at),
            actor: row.actor_id.map(|id| (UserId(id), row.actor.unwrap_or_default())),
            act: words(&row.act),
            subject_kind: row.subject_kind,
            subject: row.subject,
            detail: row.detail,
            address: row.address,
        })
        .collect();
    Ok(Lines { lines, next })
}
