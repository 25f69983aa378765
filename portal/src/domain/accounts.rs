//! People: signing up, logging in and out, sessions.

pub mod leaving;
mod passwords;
pub mod profile;
pub mod sessions;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use vision_protocol::{
    fault::Fault,
    ids::{Digest, UserId},
};

use super::{
    DomainError, Result,
    audit::{self, Act},
    invitations,
    roles::{Permission, Role},
    site::{self, SignUpPolicy},
};
use crate::{
    state::{Portal, timestamp},
    store::{NewSession, NewUser, StoreError, UserRow},
};

/// Throttles count in windows of a quarter of an hour.
const WINDOW_MS: i64 = 15 * 60 * 1000;
const SHORTEST_PASSWORD: usize = 10;
const LONGEST_PASSWORD: usize = 200;
const LONGEST_NAME: usize = 80;
/// The time of a session's last use is noted this seldom.
const TOUCH_EVERY_MS: i64 = 5 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The author of the sample apps; nobody can log in as it.
const HOUSE_EMAIL: &str = "samples@localhost";
const HOUSE_NAME: &str = "Intelligent Vision";

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// Lower-case.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The role.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// What a new person fills in.
#[derive(Clone)]
pub struct SignUp {
    /// Email.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The password, as typed.
    pub password: String,
}

/// From where somebody asks, for the throttle and for the list of sessions.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The address that the request came from.
    pub address: &'a str,
    /// Browser and system, in words; empty if unknown.
    pub device: &'a str,
}

impl<'a> From<&'a str> for Caller<'a> {
    fn from(address: &'a str) -> Self {
        Self { address, device: "" }
    }
}

/// The secret that a browser keeps in its session cookie.
#[derive(Clone)]
pub struct SessionToken(pub String);

/// A session: who is there.
#[derive(Clone)]
pub struct Session {
    /// Who.
    pub user: User,
    /// The token that every form carries.
    pub csrf: String,
}

impl User {
    /// Whether the person may do this.
    pub fn can(&self, permission: Permission) -> bool {
        self.role.can(permission)
    }

    /// # Errors
    /// `Forbidden`, with the role that is needed.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.can(permission) {
            return Ok(());
        }
        Err(DomainError::Forbidden(match permission.needs() {
            Role::Developer => "Only verified authors may publish apps. Ask to become one in your settings.".to_owned(),
            role => format!("This needs the role {role}."),
        }))
    }

    fn from_row(row: &UserRow) -> Result<Self> {
        Ok(Self {
            id: UserId(row.id),
            email: row.email.clone(),
            name: row.name.clone(),
            role: role(&row.role)?,
            created_at: timestamp(row.created_at),
        })
    }
}

fn role(name: &str) -> Result<Role> {
    Ok(name.parse().map_err(|_| StoreError::Corrupt("role"))?)
}

impl Session {
    /// Whether a form's token is this session's, compared in constant time.
    pub fn csrf_matches(&self, given: &str) -> bool {
        self.csrf.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl SessionToken {
    /// The database knows only the digest: who reads it cannot take over a session.
    fn digest(&self) -> String {
        Digest::of(self.0.as_bytes()).to_string()
    }
}

/// Who may sign up now; with an invitation, whether it still lets somebody in.
///
/// # Errors
/// `Forbidden`, with words for whoever reads the page.
pub async fn may_sign_up(portal: &Portal, invitation: Option<&str>) -> Result<()> {
    let refused = |words: &str| Err(DomainError::Forbidden(words.to_owned()));
    match (site::current(portal).await?.sign_up, invitation) {
        (SignUpPolicy::Open, _) => Ok(()),
        (SignUpPolicy::Closed, _) => refused("Nobody can sign up here at present."),
        (SignUpPolicy::Invited, Some(secret)) if invitations::is_good(portal, secret).await? => Ok(()),
        (SignUpPolicy::Invited, Some(_)) => {
            refused("This invitation was used, or it has expired. Ask for another one.")
        }
        (SignUpPolicy::Invited, None) => refused("One signs up here by invitation. Ask an admin for a link."),
    }
}

/// Makes an account with the role consumer. The answer, and the work until it comes, are the same when somebody has an
/// account with this email already: nobody finds out here who has one. `address` is the caller's, for the throttle.
///
/// # Errors
/// `Invalid` with faults at `email`, `name`, `password`; `Forbidden` as [`may_sign_up`]; `TooMany`.
pub async fn sign_up(portal: &Portal, form: &SignUp, invitation: Option<&str>, address: &str) -> Result<()> {
    throttle(portal, &format!("address/{address}"), portal.config.accounts.logins_per_address).await?;
    let (email, name) = checked(form)?;
    may_sign_up(portal, invitation).await?;
    let password_hash = passwords::hash(portal, &form.password).await?;
    // Used up whether the email is known or not: what becomes of the link tells nothing either.
    if let (SignUpPolicy::Invited, Some(secret)) = (site::current(portal).await?.sign_up, invitation)
        && !invitations::use_up(portal, secret).await?
    {
        return Err(DomainError::Forbidden("This invitation was used just now. Ask for another one.".to_owned()));
    }
    match insert(portal, &email, &name, Role::Consumer, &password_hash).await {
        Err(DomainError::Store(StoreError::Taken)) => Ok(()),
        made => made.map(drop),
    }
}

/// Makes an account with a role, checking what was filled in.
///
/// # Errors
/// `Invalid` with faults at `email`, `name`, `password`.
pub async fn create(portal: &Portal, form: &SignUp, role: Role) -> Result<User> {
    let (email, name) = checked(form)?;
    let password_hash = passwords::hash(portal, &form.password).await?;
    match insert(portal, &email, &name, role, &password_hash).await {
        Err(DomainError::Store(StoreError::Taken)) => {
            Err(DomainError::invalid("email", "has an account already; log in instead"))
        }
        made => made,
    }
}

/// Email and name as they are stored, of a form without faults.
fn checked(form: &SignUp) -> Result<(String, String)> {
    let email = form.email.trim().to_lowercase();
    let name = form.name.trim();
    let faults: Vec<Fault> =
        [email_fault(&email), name_fault(name), password_fault(&form.password)].into_iter().flatten().collect();
    if faults.is_empty() { Ok((email, name.to_owned())) } else { Err(DomainError::Invalid(faults)) }
}

fn email_fault(email: &str) -> Option<Fault> {
    (!is_email(email)).then(|| Fault::new("email", "must be an email address, such as ann@example.org"))
}

fn name_fault(name: &str) -> Option<Fault> {
    let bad = name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control);
    bad.then(|| Fault::new("name", format!("must have 1 to {LONGEST_NAME} characters")))
}

fn password_fault(password: &str) -> Option<Fault> {
    let bad = !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&password.chars().count());
    bad.then(|| Fault::new("password", format!("must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")))
}

/// The hash of a new password.
///
/// # Errors
/// `Invalid` with a fault at `password`.
pub(super) async fn hash_new_password(portal: &Portal, password: &str) -> Result<String> {
    match password_fault(password) {
        Some(fault) => Err(DomainError::Invalid(vec![fault])),
        None => passwords::hash(portal, password).await,
    }
}

async fn insert(portal: &Portal, email: &str, name: &str, role: Role, password_hash: &str) -> Result<User> {
    let keep_ms = site::current(portal).await?.retention_days.map(|days| i64::from(days) * DAY_MS);
    let new = NewUser { email, name, role: role.name(), password_hash, keep_ms, now: portal.now() };
    let wrap = |id| portal.master.new_user_key(id, &*portal.random);
    User::from_row(&portal.store.create_user(&new, wrap).await?)
}

/// One `@` with something on both sides, and nothing that could end up in a mail's header.
fn is_email(text: &str) -> bool {
    text.len() <= 254
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c))
        && text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
        })
}

/// Logs in. Always a new session, never a renewed old one.
///
/// # Errors
/// `Invalid` with one fault at `email` that does not say which of the two is wrong; `Forbidden` with the reason for who is
/// suspended, once the password was right; `TooMany`.
pub async fn log_in<'a>(
    portal: &Portal,
    email: &str,
    password: &str,
    from: impl Into<Caller<'a>>,
) -> Result<(SessionToken, User)> {
    let from = from.into();
    let email = email.trim().to_lowercase();
    let accounts = &portal.config.accounts;
    let account = format!("account/{}", Digest::of(email.as_bytes()));
    throttle(portal, &format!("address/{}", from.address), accounts.logins_per_address).await?;
    // Counted before the password is looked at: guesses side by side count too.
    throttle(portal, &account, accounts.logins_per_account).await?;
    let row = portal.store.user_by_email(&email).await?.filter(|row| !row.password_hash.is_empty());
    // An unknown email takes as long as a wrong password.
    let hash = row.as_ref().map(|row| row.password_hash.as_str());
    let right = passwords::verify(portal, password, hash).await?;
    let Some(row) = row.filter(|_| right) else {
        return Err(DomainError::invalid("email", "email or password is wrong"));
    };
    portal.store.forget_attempts(&account).await?;
    if let Some(reason) = &row.suspended_reason {
        return Err(DomainError::Forbidden(format!("This account is suspended: {reason}")));
    }
    let user = User::from_row(&row)?;
    Ok((open_session(portal, user.id, from).await?, user))
}

async fn open_session(portal: &Portal, user: UserId, from: Caller<'_>) -> Result<SessionToken> {
    let token = SessionToken(URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>()));
    let csrf = URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>());
    let now = portal.now();
    let new = NewSession {
        digest: &token.digest(),
        user,
        csrf: &csrf,
        device: from.device,
        address: from.address,
        now,
        expires_at: now + i64::from(portal.config.accounts.session_days) * DAY_MS,
    };
    portal.store.create_session(&new).await?;
    Ok(token)
}

/// Counts an attempt under `name`; after `most` of them in a quarter of an hour, says when to come back.
pub(super) async fn throttle(portal: &Portal, name: &str, most: u32) -> Result<()> {
    let now = portal.now();
    let (attempts, since) = portal.store.count_attempt(name, now, WINDOW_MS).await?;
    if attempts > i64::from(most) {
        let wait = (since + WINDOW_MS - now).max(1000) / 1000;
        return Err(DomainError::TooMany { retry_after_s: wait.unsigned_abs() });
    }
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// The database's.
pub async fn log_out(portal: &Portal, token: &SessionToken) -> Result<()> {
    Ok(portal.store.delete_session(&token.digest()).await?)
}

/// Who is behind a session cookie, if anybody.
///
/// # Errors
/// The database's.
pub async fn session(portal: &Portal, token: &SessionToken) -> Result<Option<Session>> {
    let (digest, now) = (token.digest(), portal.now());
    let Some(row) = portal.store.session(&digest, now).await? else { return Ok(None) };
    if row.seen_at.is_none_or(|seen| seen + TOUCH_EVERY_MS <= now) {
        portal.store.touch_session(&digest, now).await?;
    }
    let user = User {
        id: UserId(row.user_id),
        email: row.email,
        name: row.name,
        role: role(&row.role)?,
        created_at: timestamp(row.user_created_at),
    };
    Ok(Some(Session { user, csrf: row.csrf }))
}

/// An admin with a generated password, made new or given a new password; the password is told once.
///
/// # Errors
/// `Invalid` with a fault at `email`.
pub async fn create_admin(portal: &Portal, email: &str) -> Result<String> {
    let password = passwords::generate(portal);
    let email = email.trim().to_lowercase();
    if let Some(row) = portal.store.user_by_email(&email).await?.filter(|row| !row.password_hash.is_empty()) {
        let hash = passwords::hash(portal, &password).await?;
        portal.store.reset_password(UserId(row.id), &hash, Role::Admin.name()).await?;
        let line = audit::at_the_machine(portal, Act::ResetPassword, ("person", row.id), "as an admin");
        portal.store.note_act(&line).await?;
        return Ok(password);
    }
    let form = SignUp { name: "Admin".to_owned(), email, password };
    let admin = create(portal, &form, Role::Admin).await?;
    let line = audit::at_the_machine(portal, Act::SetRole, ("person", admin.id), "made as an admin");
    portal.store.note_act(&line).await?;
    Ok(form.password)
}

/// Whether anybody can log in.
///
/// # Errors
/// The database's.
pub async fn has_people(portal: &Portal) -> Result<bool> {
    Ok(portal.store.has_people().await?)
}

/// Somebody.
///
/// # Errors
/// `NotFound`.
pub(super) async fn person(portal: &Portal, id: UserId) -> Result<User> {
    User::from_row(&portal.store.user(id).await?.ok_or(DomainError::NotFound)?)
}

/// The author of the sample apps.
pub(super) async fn house(portal: &Portal) -> Result<User> {
    match portal.store.user_by_email(HOUSE_EMAIL).await? {
        Some(row) => User::from_row(&row),
        None => insert(portal, HOUSE_EMAIL, HOUSE_NAME, Role::Developer, "").await,
    }
}
