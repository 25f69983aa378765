//! Becoming an author: a person asks with a text, an admin grants it or refuses it with a reason.

use jiff::Timestamp;
use vision_protocol::ids::UserId;

use super::{
    DomainError, Result,
    accounts::{self, User},
    audit::{Act, By},
    ids::RequestId,
    roles::{Permission, Role},
};
use crate::{
    state::{Portal, timestamp},
    store::{AuthorDecision, AuthorRequestRow, StoreError},
};

const SHORTEST: usize = 20;
const LONGEST: usize = 2000;
/// How many the list shows; the rest follows once these are decided.
const SHOWN: i64 = 100;
/// Requests of one person in a quarter of an hour.
const ASKED_AT_MOST: u32 = 3;

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It waits.
    Waiting,
    /// They may publish.
    Granted,
    /// They may not, and why.
    Refused(String),
}

/// A request.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// The request.
    pub id: RequestId,
    /// Who asks.
    pub person: UserId,
    /// Their name.
    pub name: String,
    /// Their email.
    pub email: String,
    /// What they say.
    pub words: String,
    /// When they asked.
    pub created_at: Timestamp,
    /// How it stands.
    pub answer: Answer,
}

fn view(row: AuthorRequestRow) -> RequestView {
    RequestView {
        id: RequestId(row.id),
        person: UserId(row.user_id),
        name: row.name,
        email: row.email,
        words: row.words,
        created_at: timestamp(row.created_at),
        answer: match (row.decided_at, row.granted) {
            (None, _) => Answer::Waiting,
            (Some(_), Some(1)) => Answer::Granted,
            _ => Answer::Refused(row.reason.unwrap_or_default()),
        },
    }
}

/// A person's newest request.
///
/// # Errors
/// The database's.
pub async fn own(portal: &Portal, user: &User) -> Result<Option<RequestView>> {
    Ok(portal.store.author_request_of(user.id).await?.map(view))
}

/// Asks to become an author.
///
/// # Errors
/// `Invalid` with a fault at `words`; `Conflict` for who is one, or has asked already; `TooMany`.
pub async fn ask(portal: &Portal, user: &User, words: &str) -> Result<()> {
    if user.can(Permission::PublishApps) {
        return Err(DomainError::Conflict("You may publish apps already.".to_owned()));
    }
    let words = words.replace('\0', " ").trim().to_owned();
    if !(SHORTEST..=LONGEST).contains(&words.chars().count()) {
        return Err(DomainError::invalid("words", format!("must have {SHORTEST} to {LONGEST} characters")));
    }
    accounts::throttle(portal, &format!("author/{}", user.id), ASKED_AT_MOST).await?;
    match portal.store.create_author_request(user.id, &words, portal.now()).await {
        Err(StoreError::Taken) => {
            Err(DomainError::Conflict("You have asked already; an admin will answer.".to_owned()))
        }
        done => Ok(done?),
    }
}

/// Requests that wait, the oldest first.
///
/// # Errors
/// `Forbidden`.
pub async fn waiting(portal: &Portal, viewer: &User) -> Result<Vec<RequestView>> {
    viewer.require(Permission::ManagePeople)?;
    Ok(portal.store.author_requests(SHOWN).await?.into_iter().map(view).collect())
}

/// Makes the person an author.
///
/// # Errors
/// `Forbidden`; `NotFound` if it waits no more.
pub async fn grant(portal: &Portal, by: By<'_>, id: RequestId) -> Result<()> {
    decide(portal, by, id, None).await
}

/// Refuses the request.
///
/// # Errors
/// `Forbidden`; `NotFound` if it waits no more; `Invalid` with a fault at `reason`.
pub async fn refuse(portal: &Portal, by: By<'_>, id: RequestId, reason: &str) -> Result<()> {
    let reason = super::reason(reason)?;
    decide(portal, by, id, Some(&reason)).await
}

async fn decide(portal: &Portal, by: By<'_>, id: RequestId, refused: Option<&str>) -> Result<()> {
    by.user.require(Permission::ManagePeople)?;
    let act = if refused.is_some() { Act::RefuseAuthor } else { Act::GrantAuthor };
    let mut line = by.line(portal, act, ("person", ""), refused.unwrap_or_default());
    let decision = AuthorDecision {
        id: id.0,
        role: refused.is_none().then(|| Role::Developer.name()),
        instead_of: Role::Consumer.name(),
        reason: refused,
    };
    let person = portal.store.decide_author_request(&decision, &mut line).await?.ok_or(DomainError::NotFound)?;
    tracing::info!(user.id = %person, granted = refused.is_none(), "request to become an author decided");
    Ok(())
}
