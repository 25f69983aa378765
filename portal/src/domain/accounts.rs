//! People: signing up, logging in and out, sessions, roles.

mod passwords;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use subtle::ConstantTimeEq;
use vision_protocol::{
    fault::Fault,
    ids::{Digest, UserId},
};

use super::{
    DomainError, Result,
    roles::{Permission, Role},
};
use crate::{
    state::{Portal, timestamp},
    store::{NewUser, StoreError, UserRow},
};

/// Throttles count in windows of a quarter of an hour.
const WINDOW_MS: i64 = 15 * 60 * 1000;
const SHORTEST_PASSWORD: usize = 10;
const LONGEST_PASSWORD: usize = 200;
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
            Role::Developer => "Only verified developers may publish apps. Ask an admin to verify you.".to_owned(),
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

/// Makes an account with the role consumer and logs it in. `address` is the caller's, for the throttle.
///
/// # Errors
/// `Invalid` with faults at `email`, `name`, `password`; `TooMany`.
pub async fn sign_up(portal: &Portal, form: &SignUp, address: &str) -> Result<(SessionToken, User)> {
    throttle(portal, &format!("address/{address}"), portal.config.accounts.logins_per_address).await?;
    let user = create(portal, form, Role::Consumer).await?;
    Ok((open_session(portal, user.id).await?, user))
}

/// Makes an account with a role, checking what was filled in.
///
/// # Errors
/// `Invalid` with faults at `email`, `name`, `password`.
pub async fn create(portal: &Portal, form: &SignUp, role: Role) -> Result<User> {
    let email = form.email.trim().to_lowercase();
    let name = form.name.trim();
    let mut faults = Vec::new();
    if !is_email(&email) {
        faults.push(Fault::new("email", "must be an email address, such as ann@example.org"));
    }
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        faults.push(Fault::new("name", "must have 1 to 80 characters"));
    }
    let length = form.password.chars().count();
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        let message = format!("must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters");
        faults.push(Fault::new("password", message));
    }
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    let password_hash = passwords::hash(portal, &form.password).await?;
    insert(portal, &email, name, role, &password_hash).await
}

async fn insert(portal: &Portal, email: &str, name: &str, role: Role, password_hash: &str) -> Result<User> {
    let new = NewUser { email, name, role: role.name(), password_hash, now: portal.now() };
    let wrap = |id| portal.master.new_user_key(id, &*portal.random);
    match portal.store.create_user(&new, wrap).await {
        Ok(row) => User::from_row(&row),
        Err(StoreError::Taken) => Err(DomainError::invalid("email", "has an account already; log in instead")),
        Err(error) => Err(error.into()),
    }
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
/// `Invalid` with one fault at `email` that does not say which of the two is wrong; `TooMany`.
pub async fn log_in(portal: &Portal, email: &str, password: &str, address: &str) -> Result<(SessionToken, User)> {
    let email = email.trim().to_lowercase();
    let accounts = &portal.config.accounts;
    let account = format!("account/{}", Digest::of(email.as_bytes()));
    throttle(portal, &format!("address/{address}"), accounts.logins_per_address).await?;
    // Counted before the password is looked at: guesses side by side count too.
    throttle(portal, &account, accounts.logins_per_account).await?;
    let row = portal.store.user_by_email(&email).await?.filter(|row| !row.password_hash.is_empty());
    // An unknown email takes as long as a wrong password.
    let hash = row.as_ref().map(|row| row.password_hash.as_str());
    let right = passwords::verify(portal, password, hash).await?;
    match row {
        Some(row) if right => {
            portal.store.forget_attempts(&account).await?;
            let user = User::from_row(&row)?;
            Ok((open_session(portal, user.id).await?, user))
        }
        _ => Err(DomainError::invalid("email", "email or password is wrong")),
    }
}

async fn open_session(portal: &Portal, user: UserId) -> Result<SessionToken> {
    let token = SessionToken(URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>()));
    let csrf = URL_SAFE_NO_PAD.encode(portal.random_bytes::<32>());
    let now = portal.now();
    let expires_at = now + i64::from(portal.config.accounts.session_days) * DAY_MS;
    portal.store.create_session(&token.digest(), user, &csrf, now, expires_at).await?;
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
    let Some(row) = portal.store.session(&token.digest(), portal.now()).await? else { return Ok(None) };
    let user = User {
        id: UserId(row.user_id),
        email: row.email,
        name: row.name,
        role: role(&row.role)?,
        created_at: timestamp(row.user_created_at),
    };
    Ok(Some(Session { user, csrf: row.csrf }))
}

/// Everybody, newest first.
///
/// # Errors
/// `Forbidden` without [`Permission::ManagePeople`].
pub async fn list_people(portal: &Portal, viewer: &User) -> Result<Vec<User>> {
    viewer.require(Permission::ManagePeople)?;
    let rows = portal.store.users().await?;
    rows.iter().filter(|row| !row.password_hash.is_empty()).map(User::from_row).collect()
}

/// Gives a person a role. The last admin stays admin.
///
/// # Errors
/// `Forbidden`, `NotFound`, `Conflict`.
pub async fn set_role(portal: &Portal, viewer: &User, person: UserId, role: Role) -> Result<()> {
    viewer.require(Permission::ManagePeople)?;
    let row = portal.store.user(person).await?.filter(|row| !row.password_hash.is_empty());
    row.ok_or(DomainError::NotFound)?;
    if portal.store.set_role(person, role.name(), Role::Admin.name()).await? {
        return Ok(());
    }
    Err(DomainError::Conflict("Somebody has to be admin: make another person admin first.".to_owned()))
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
        return Ok(password);
    }
    let form = SignUp { name: "Admin".to_owned(), email, password };
    create(portal, &form, Role::Admin).await?;
    Ok(form.password)
}

/// Whether anybody can log in.
///
/// # Errors
/// The database's.
pub async fn has_people(portal: &Portal) -> Result<bool> {
    Ok(portal.store.count_people().await? > 0)
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
