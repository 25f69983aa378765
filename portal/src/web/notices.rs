//! The line of success that the page after a form shows once. The cookie carries a key, never a text.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

const COOKIE: &str = "notice";

/// What just succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Perhaps a new account: log in.
    SignedUp,
    /// Logged out.
    LoggedOut,
    /// A run is gone.
    RunDeleted,
    /// Several runs are gone.
    RunsDeleted,
    /// All runs are gone.
    AllRunsDeleted,
    /// A run, or a batch, was stopped.
    RunCancelled,
    /// How long runs are kept was chosen.
    KeepingChosen,
    /// A release is out.
    Published,
    /// A release is back.
    Unpublished,
    /// A person has another role.
    RoleSet,
    /// A runner was added.
    RunnerAdded,
    /// A runner was switched.
    RunnerSwitched,
    /// What is known of a runner is changed.
    RunnerDescribed,
    /// An API key has ended.
    KeyRevoked,
    /// An app is a favourite.
    Kept,
    /// An app is no favourite any more.
    NotKept,
    /// A review is out.
    Reviewed,
    /// A review is gone.
    ReviewDeleted,
    /// A review has its reply, or none any more.
    Replied,
    /// An app was reported.
    Reported,
    /// What somebody says of a run is kept.
    FeedbackKept,
    /// It is gone.
    FeedbackRemoved,
    /// A consent is withdrawn, or all of them.
    ConsentWithdrawn,
    /// An author has drawn lines.
    LinesSet,
    /// An author has seen alerts.
    AlertsSeen,
    /// Name and email are changed.
    ProfileSaved,
    /// The password is changed.
    PasswordChanged,
    /// The password is new: log in.
    PasswordSet,
    /// Sessions have ended.
    SessionsEnded,
    /// Somebody wants to be an author.
    AuthorAsked,
    /// A request or a report is decided.
    Decided,
    /// A person is suspended.
    PersonSuspended,
    /// A person is suspended no more.
    PersonLifted,
    /// An invitation is good no more.
    InvitationRevoked,
    /// An account has ended.
    AccountEnded,
    /// The site is set.
    SiteSaved,
    /// A draft is written down.
    DraftSaved,
    /// A draft is gone.
    DraftDeleted,
    /// A file is part of a draft.
    FileTaken,
    /// A file is no longer part of a draft.
    FileRemoved,
    /// A release waits for a reviewer.
    SentToReview,
    /// A release is out, by a reviewer's word.
    ReleaseApproved,
    /// A release is back at its author.
    ReleaseReturned,
    /// Examples are being run.
    ExamplesBegun,
    /// An app is taken down.
    AppSuspended,
    /// An app is back.
    AppLifted,
    /// People are told not to use a release.
    Deprecated,
    /// They are no longer.
    NotDeprecated,
    /// An older release is current again.
    RolledBack,
    /// What is new in a release is written down.
    NotesSaved,
    /// Somebody else sees an app.
    VisibilitySet,
    /// An app has another link.
    LinkRenewed,
    /// Two releases are compared.
    ExperimentBegun,
    /// They are no longer.
    ExperimentEnded,
}

impl Notice {
    const ALL: &[(&'static str, Self, &'static str)] = &[
        (
            "signed-up",
            Self::SignedUp,
            "Now log in. If this email had an account before, that account and its password are as they were.",
        ),
        ("logged-out", Self::LoggedOut, "You are logged out."),
        ("run-deleted", Self::RunDeleted, "The run and its files are deleted."),
        ("runs-deleted", Self::RunsDeleted, "The runs and their files are deleted."),
        ("all-runs-deleted", Self::AllRunsDeleted, "All your runs are deleted."),
        ("run-cancelled", Self::RunCancelled, "Cancelled."),
        ("keeping-chosen", Self::KeepingChosen, "Saved. It goes for every run that you begin from now on."),
        ("published", Self::Published, "Published. Everybody can run it now."),
        ("unpublished", Self::Unpublished, "Taken back. It is no longer listed."),
        ("role-set", Self::RoleSet, "The role is changed."),
        ("runner-added", Self::RunnerAdded, "The runner is added."),
        ("key-revoked", Self::KeyRevoked, "The key is revoked. Whatever still presents it is refused."),
        ("feedback-kept", Self::FeedbackKept, "Thank you. The author sees what you said, and you can change it here."),
        ("feedback-removed", Self::FeedbackRemoved, "Your feedback is removed, and your consent with it."),
        ("consent-withdrawn", Self::ConsentWithdrawn, "Withdrawn. No export of the author holds it from now on."),
        ("lines-set", Self::LinesSet, "The lines are drawn. You are told here when one is crossed."),
        ("alerts-seen", Self::AlertsSeen, "Marked as seen."),
        ("draft-saved", Self::DraftSaved, "The draft is saved."),
        ("draft-deleted", Self::DraftDeleted, "The draft is deleted."),
        ("file-taken", Self::FileTaken, "The file is in the package."),
        ("file-removed", Self::FileRemoved, "The file is no longer in the package."),
        ("kept", Self::Kept, "Kept among your favourites."),
        ("not-kept", Self::NotKept, "It is no longer among your favourites."),
        ("reviewed", Self::Reviewed, "Thank you. Your review is published."),
        ("review-deleted", Self::ReviewDeleted, "Your review is deleted."),
        ("replied", Self::Replied, "Your reply is saved."),
        ("reported", Self::Reported, "Thank you. Somebody will look at it."),
        ("deprecated", Self::Deprecated, "Deprecated. People who use it are told."),
        ("not-deprecated", Self::NotDeprecated, "It is no longer deprecated."),
        ("rolled-back", Self::RolledBack, "Rolled back. Everybody runs that release again."),
        ("notes-saved", Self::NotesSaved, "The notes are saved."),
        ("visibility-set", Self::VisibilitySet, "Who sees the app is changed."),
        ("link-renewed", Self::LinkRenewed, "The app has a new link. The old one is dead."),
        ("experiment-begun", Self::ExperimentBegun, "The two releases are compared from now on."),
        ("experiment-ended", Self::ExperimentEnded, "The comparison has ended."),
        ("runner-switched", Self::RunnerSwitched, "The runner is switched."),
        ("runner-described", Self::RunnerDescribed, "What is known of the runner is saved."),
        ("profile-saved", Self::ProfileSaved, "Your name and email are saved."),
        ("password-changed", Self::PasswordChanged, "Your password is changed. You are logged out everywhere else."),
        ("password-set", Self::PasswordSet, "Your password is set. Log in with it."),
        ("sessions-ended", Self::SessionsEnded, "Logged out there."),
        ("author-asked", Self::AuthorAsked, "An admin will read it. The answer appears on this page."),
        ("decided", Self::Decided, "It is decided."),
        ("person-suspended", Self::PersonSuspended, "The person is suspended. Runs under way were stopped."),
        ("person-lifted", Self::PersonLifted, "The suspension is lifted. The person can log in again."),
        ("invitation-revoked", Self::InvitationRevoked, "The invitation is taken back."),
        ("sent-to-review", Self::SentToReview, "A reviewer will look at it. The answer appears on this page."),
        ("release-approved", Self::ReleaseApproved, "Approved, and published."),
        ("release-returned", Self::ReleaseReturned, "Returned. Its author reads why."),
        ("examples-begun", Self::ExamplesBegun, "The examples are being run, as runs of yours."),
        ("app-suspended", Self::AppSuspended, "The app is taken down. Runs under way were stopped."),
        ("app-lifted", Self::AppLifted, "The app is back."),
        ("account-ended", Self::AccountEnded, "Your account has ended. Your runs and their files are being deleted."),
        ("site-saved", Self::SiteSaved, "Saved, and in effect."),
    ];

    /// What people read.
    pub(crate) fn text(self) -> &'static str {
        Self::ALL.iter().find(|(_, notice, _)| *notice == self).map_or("", |(_, _, text)| text)
    }

    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(COOKIE)?;
        Self::ALL.iter().find(|(key, _, _)| *key == cookie.value()).map(|(_, notice, _)| *notice)
    }

    pub(crate) fn cookie(self) -> Cookie<'static> {
        let key = Self::ALL.iter().find(|(_, notice, _)| *notice == self).map_or("", |(key, _, _)| key);
        Cookie::build(COOKIE, key)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::minutes(1))
            .finish()
    }

    /// Makes the browser forget the notice.
    pub(crate) fn shown() -> Cookie<'static> {
        let mut cookie = Self::SignedUp.cookie();
        cookie.make_removal();
        cookie
    }
}
