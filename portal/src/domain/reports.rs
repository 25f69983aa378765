//! Reports of apps: anybody with an account can say what is wrong with one. Somebody of the house decides.

use vision_protocol::{
    fault::Fault,
    ids::{AppId, Slug},
};

use super::{
    DomainError, Result,
    accounts::{self, User},
    catalog,
};
use crate::{
    state::Portal,
    store::{NewReport, StoreError},
};

/// Characters of a report.
pub const LONGEST_WORDS: usize = 2000;
/// Reports by one person in a quarter of an hour.
const AT_ONCE: u32 = 5;

/// What is wrong with an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It does not do what it says.
    Misleading,
    /// It never answers, or with nonsense.
    Broken,
    /// It asks for what is none of its business, or is made to identify people.
    Privacy,
    /// It could hurt somebody.
    Dangerous,
    /// It is hateful or indecent.
    Offensive,
    /// It holds what belongs to others.
    Copyright,
    /// Anything else.
    Other,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Misleading, Self::Broken, Self::Privacy, Self::Dangerous, Self::Offensive, Self::Copyright, Self::Other];

    /// Its name in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Misleading => "misleading",
            Self::Broken => "broken",
            Self::Privacy => "privacy",
            Self::Dangerous => "dangerous",
            Self::Offensive => "offensive",
            Self::Copyright => "copyright",
            Self::Other => "other",
        }
    }

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Misleading => "It does not do what it says",
            Self::Broken => "It does not work",
            Self::Privacy => "It invades people's privacy",
            Self::Dangerous => "It could hurt somebody",
            Self::Offensive => "It is hateful or indecent",
            Self::Copyright => "It holds what belongs to others",
            Self::Other => "Something else",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// Reports an app.
///
/// # Errors
/// `Invalid` with faults at `reason` and `words`; `Conflict` if this person's last report on it is undecided;
/// `NotFound`; `TooMany`.
pub async fn report(portal: &Portal, user: &User, slug: &Slug, reason: &str, words: &str) -> Result<()> {
    let (app, _) = catalog::published(portal, Some(user), slug).await?;
    let words = catalog::clean(words).replace("\r\n", "\n").trim().to_owned();
    let mut faults = Vec::new();
    let reason = Reason::by_name(reason);
    if reason.is_none() {
        faults.push(Fault::new("reason", "choose one"));
    }
    if words.chars().count() > LONGEST_WORDS {
        faults.push(Fault::new("words", format!("must have at most {LONGEST_WORDS} characters")));
    }
    if words.is_empty() && reason == Some(Reason::Other) {
        faults.push(Fault::new("words", "say what is wrong"));
    }
    let Some(reason) = reason.filter(|_| faults.is_empty()) else { return Err(DomainError::Invalid(faults)) };
    accounts::throttle(portal, &format!("report/{}", user.id), AT_ONCE).await?;
    let new = NewReport { app: AppId(app.id), user: user.id, reason: reason.name(), words: &words, now: portal.now() };
    match portal.store.create_report(&new).await {
        Ok(id) => {
            tracing::info!(
                report.id = id,
                app.slug = slug.as_str(),
                report.reason = reason.name(),
                "an app was reported"
            );
            Ok(())
        }
        Err(StoreError::Taken) => {
            Err(DomainError::Conflict("You reported this app already. Somebody will look at it.".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}
