//! Keys to the API: what a program presents in the place of a person who has logged in.
//!
//! A key can do what its scopes say and its owner's role allows at that moment, whichever is less. The database holds its
//! SHA-256 only: looking that up compares nothing that a clock could tell.

use jiff::Timestamp;
use secrecy::SecretString;
use vision_protocol::{
    fault::Fault,
    ids::{Digest, KeyId, UserId},
};

use super::{
    DomainError, Result,
    accounts::{self, User},
    roles::Permission,
};
use crate::{
    state::{Portal, timestamp},
    store::{KeyRow, NewKeyRow, StoreError},
};

/// What every key begins with, so that one that leaked is found.
const MARK: &str = "iv_";
/// Bytes of randomness in a key.
const SECRET_BYTES: usize = 32;
/// Characters that the owner sees again: the mark and eight more.
const PREFIX: usize = MARK.len() + 8;
/// Keys of one person.
const MOST: i64 = 50;
const LONGEST_NAME: usize = 60;
const LONGEST_DAYS: u32 = 3650;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The time of the last use is noted this seldom.
const TOUCH_EVERY_MS: i64 = 60 * 1000;

/// Something that a key may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Look at one's own apps and releases.
    Read,
    /// Upload releases, publish them, and take them back.
    Publish,
    /// Read what people say of one's apps, with the photos that they let one use.
    Feedback,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::Read, Self::Publish, Self::Feedback];

    /// Its name in forms, in answers and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Feedback => "feedback",
        }
    }

    /// What a key with it can do.
    pub fn about(self) -> &'static str {
        match self {
            Self::Read => "See your apps, your releases and what is wrong with them",
            Self::Publish => "Upload releases, publish them and take them back",
            Self::Feedback => "Read feedback on your apps, with the photos of people who consented",
        }
    }

    /// What its owner's role must allow.
    pub fn permission(self) -> Permission {
        match self {
            Self::Read | Self::Publish | Self::Feedback => Permission::PublishApps,
        }
    }

    /// Whether a key with this scope can do what `other` names: every scope lets one look at one's own apps.
    fn covers(self, other: Self) -> bool {
        self == other || other == Self::Read
    }

    /// The scope of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// The scopes that a person may give to a key.
    pub fn allowed(user: &User) -> Vec<Self> {
        Self::ALL.into_iter().filter(|scope| user.can(scope.permission())).collect()
    }
}

/// A key, as its owner sees it.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// The key.
    pub id: KeyId,
    /// What its owner calls it.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// Whether it has ended.
    pub expired: bool,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// What a person fills in.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// What to call it.
    pub name: String,
    /// What it is to be good for.
    pub scopes: Vec<Scope>,
    /// Days until it ends; never without.
    pub days: Option<u32>,
}

/// Who presents a key.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The key's owner.
    pub user: User,
    /// What its owner calls the key.
    pub key: String,
    /// What the key is good for.
    pub scopes: Vec<Scope>,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
}

impl Holder {
    /// # Errors
    /// `Forbidden`, with what the key lacks or the role that its owner needs.
    pub fn require(&self, scope: Scope) -> Result<()> {
        if !self.scopes.iter().any(|held| held.covers(scope)) {
            let message = format!("This key lacks the scope “{}”. Make one that has it.", scope.name());
            return Err(DomainError::Forbidden(message));
        }
        self.user.require(scope.permission())
    }
}

/// Makes a key. It is told this once.
///
/// # Errors
/// `Invalid` with faults at `name`, `scopes`, `days`; `Conflict` if there are too many.
pub async fn create(portal: &Portal, user: &User, new: &NewKey) -> Result<SecretString> {
    let name = new.name.trim();
    let mut faults = Vec::new();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        faults.push(Fault::new("name", format!("must have 1 to {LONGEST_NAME} characters")));
    }
    if new.scopes.is_empty() {
        faults.push(Fault::new("scopes", "choose at least one"));
    }
    if new.days.is_some_and(|days| !(1..=LONGEST_DAYS).contains(&days)) {
        faults.push(Fault::new("days", format!("must be from 1 to {LONGEST_DAYS}")));
    }
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    for scope in &new.scopes {
        user.require(scope.permission())?;
    }
    let key = format!("{MARK}{}", hex::encode(portal.random_bytes::<SECRET_BYTES>()));
    let now = portal.now();
    let row = NewKeyRow {
        user: user.id,
        name,
        digest: &digest(&key),
        prefix: &key[..PREFIX],
        scopes: &written(&new.scopes),
        now,
        expires_at: new.days.map(|days| now + i64::from(days) * DAY_MS),
    };
    let Some(id) = portal.store.create_key(&row, MOST).await? else {
        return Err(DomainError::Conflict(format!("You have {MOST} keys. Revoke one that you no longer use.")));
    };
    tracing::info!(user.id = %user.id, key.id = %id, "API key made");
    Ok(SecretString::from(key))
}

/// A person's keys, newest first.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal, user: &User) -> Result<Vec<KeyView>> {
    let now = portal.now();
    Ok(portal.store.keys_of(user.id).await?.into_iter().map(|row| view(row, now)).collect())
}

fn view(row: KeyRow, now: i64) -> KeyView {
    KeyView {
        id: KeyId(row.id),
        scopes: read(&row.scopes),
        name: row.name,
        prefix: row.prefix,
        created_at: timestamp(row.created_at),
        expires_at: row.expires_at.map(timestamp),
        expired: row.expires_at.is_some_and(|end| end <= now),
        last_used_at: row.last_used_at.map(timestamp),
    }
}

/// Ends a key at once.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn revoke(portal: &Portal, user: &User, key: KeyId) -> Result<()> {
    if !portal.store.delete_key(user.id, key).await? {
        return Err(DomainError::NotFound);
    }
    tracing::info!(user.id = %user.id, key.id = %key, "API key revoked");
    Ok(())
}

/// Who presents this key. `address` is the caller's, for the throttle.
///
/// # Errors
/// `BadKey`; `TooMany` after many wrong ones from one address.
pub async fn holder(portal: &Portal, key: &str, address: &str) -> Result<Holder> {
    let now = portal.now();
    let Some(row) = portal.store.key_holder(&digest(key)).await? else {
        // Nobody guesses 256 bits: this spares the database, and a right key passes from wherever it comes.
        let most = portal.config.accounts.logins_per_address;
        accounts::throttle(portal, &format!("key/{address}"), most).await?;
        return Err(DomainError::BadKey("It is unknown, or it was revoked."));
    };
    if row.expires_at.is_some_and(|end| end <= now) {
        return Err(DomainError::BadKey("It has expired. Make a new one."));
    }
    if row.last_used_at.is_none_or(|last| last + TOUCH_EVERY_MS <= now) {
        portal.store.touch_key(KeyId(row.id), now).await?;
    }
    let user = User {
        id: UserId(row.user_id),
        email: row.email,
        name: row.user_name,
        role: row.role.parse().map_err(|_| StoreError::Corrupt("role"))?,
        created_at: timestamp(row.user_created_at),
    };
    let expires_at = row.expires_at.map(timestamp);
    Ok(Holder { user, key: row.name, scopes: read(&row.scopes), expires_at })
}

fn digest(key: &str) -> String {
    Digest::of(key.as_bytes()).to_string()
}

fn written(scopes: &[Scope]) -> String {
    let known = Scope::ALL.into_iter().filter(|scope| scopes.contains(scope));
    known.map(Scope::name).collect::<Vec<_>>().join(" ")
}

fn read(scopes: &str) -> Vec<Scope> {
    scopes.split(' ').filter_map(Scope::by_name).collect()
}
