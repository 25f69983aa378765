//! Accounts from the domain's public face: guessing, sessions, sign-up, and the admin of the command line.

use portal::domain::{
    DomainError, accounts,
    api_keys::{self, NewKey, Scope},
    audit::By,
    people,
    roles::Role,
};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::common::{TestClock, person, portal_with};

#[actix_web::test]
async fn guessing_passwords_is_slow() {
    let folder = TempDir::new().unwrap();
    let clock = TestClock::new();
    let portal = portal_with(folder.path(), |config| config.accounts.logins_per_account = 3, Some(clock.clone())).await;
    let ann = person(&portal, "ann", Role::Consumer).await;
    let log_in = async |password: &str| accounts::log_in(&portal, " ANN@example.org", password, "1.2.3.4").await;
    for _ in 0..3 {
        assert!(matches!(log_in("wrong password").await, Err(DomainError::Invalid(_))));
    }
    assert!(matches!(log_in("correct horse").await, Err(DomainError::TooMany { retry_after_s: 900 })));
    clock.advance(15 * 60 * 1000);
    let (token, user) = log_in("correct horse").await.unwrap();
    assert_eq!(user, ann);
    let session = accounts::session(&portal, &token).await.unwrap().unwrap();
    assert!(session.csrf_matches(&session.csrf) && !session.csrf_matches("") && session.user == ann);
    clock.advance(31 * 24 * 60 * 60 * 1000);
    assert!(accounts::session(&portal, &token).await.unwrap().is_none(), "a session ends");
    let (token, _) = log_in("correct horse").await.unwrap();
    accounts::log_out(&portal, &token).await.unwrap();
    assert!(accounts::session(&portal, &token).await.unwrap().is_none());
    let form = accounts::SignUp { email: "no".into(), name: " ".into(), password: "short".into() };
    let Err(DomainError::Invalid(faults)) = accounts::sign_up(&portal, &form, None, "x").await else { panic!() };
    assert_eq!(faults.len(), 3);
    let unknown = accounts::log_in(&portal, "nobody@example.org", "correct horse", "x").await;
    assert!(matches!(unknown, Err(DomainError::Invalid(_))));
}

#[actix_web::test]
async fn an_admin_is_made_and_mended_from_the_command_line() {
    let folder = TempDir::new().unwrap();
    let portal = portal_with(folder.path(), |_| {}, None).await;
    assert!(!accounts::has_people(&portal).await.unwrap());
    let first = accounts::create_admin(&portal, "admin@localhost").await.unwrap();
    let second = accounts::create_admin(&portal, "admin@localhost").await.unwrap();
    assert_ne!(first, second);
    assert!(accounts::log_in(&portal, "admin@localhost", &first, "x").await.is_err());
    let (_, admin) = accounts::log_in(&portal, "admin@localhost", &second, "x").await.unwrap();
    assert_eq!(admin.role, Role::Admin);
    let by = By { user: &admin, address: "x" };
    let last = people::set_role(&portal, by, admin.id, Role::Consumer).await;
    assert!(matches!(last, Err(DomainError::Conflict(_))));
}

#[actix_web::test]
async fn keys_end_and_wrong_ones_are_throttled() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let folder = TempDir::new().unwrap();
    let clock = TestClock::new();
    let portal = portal_with(folder.path(), |config| config.accounts.logins_per_address = 3, Some(clock.clone())).await;
    let ann = person(&portal, "ann", Role::Developer).await;
    let new = NewKey { name: " Laptop ".into(), scopes: vec![Scope::Publish], days: Some(2) };
    let key = api_keys::create(&portal, &ann, &new).await.unwrap();
    let held = async |key: &str| api_keys::holder(&portal, key, "1.2.3.4").await;
    let holder = held(key.expose_secret()).await.unwrap();
    assert_eq!((&holder.user, holder.key.as_str()), (&ann, "Laptop"));
    assert!(holder.require(Scope::Read).is_ok(), "who may publish may look");
    assert!(!format!("{new:?}{holder:?}{key:?}").contains(key.expose_secret()));

    for _ in 0..3 {
        assert!(matches!(held("iv_wrong").await, Err(DomainError::BadKey(_))));
    }
    assert!(matches!(held("iv_wrong").await, Err(DomainError::TooMany { retry_after_s: 900 })));
    assert!(held(key.expose_secret()).await.is_ok(), "a right key passes beside many wrong ones");

    clock.advance(2 * DAY_MS);
    assert!(matches!(held(key.expose_secret()).await, Err(DomainError::BadKey(why)) if why.contains("expired")));
    let [view] = &api_keys::list(&portal, &ann).await.unwrap()[..] else { panic!() };
    assert!(view.expired && key.expose_secret().starts_with(&view.prefix));
    assert_eq!(view.last_used_at.unwrap(), view.created_at);

    let bob = person(&portal, "bob", Role::Consumer).await;
    assert!(matches!(api_keys::revoke(&portal, &bob, view.id).await, Err(DomainError::NotFound)));
    assert!(matches!(api_keys::create(&portal, &bob, &new).await, Err(DomainError::Forbidden(_))));
    let bad = NewKey { name: "\n".repeat(61), scopes: Vec::new(), days: Some(0) };
    let Err(DomainError::Invalid(faults)) = api_keys::create(&portal, &ann, &bad).await else { panic!() };
    assert_eq!(faults.len(), 3);
    for _ in 1..50 {
        api_keys::create(&portal, &ann, &new).await.unwrap();
    }
    assert!(matches!(api_keys::create(&portal, &ann, &new).await, Err(DomainError::Conflict(_))));
}
