//! What the tests of the portal's back share: databases of their own, and a portal in a temporary folder.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use portal::{
    config::Config,
    domain::{
        accounts::{self, SignUp, User},
        roles::Role,
    },
    state::{Clock, Portal, SystemRandom},
    store::Store,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::plans;

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_700_000_000_000)))
    }

    pub(crate) fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A portal in a folder of its own; its background work is not started.
pub(crate) async fn portal_with(folder: &Path, change: impl FnOnce(&mut Config), clock: Option<TestClock>) -> Portal {
    let mut config = Config::for_testing(folder);
    change(&mut config);
    let local = "http://127.0.0.1:9/".parse().unwrap();
    match clock {
        Some(clock) => Portal::open_with(config, local, Box::new(clock), Box::new(SystemRandom)).await,
        None => Portal::open(config, local).await,
    }
    .unwrap()
}

pub(crate) async fn person(portal: &Portal, name: &str, role: Role) -> User {
    let form =
        SignUp { email: format!("{name}@example.org"), name: name.to_owned(), password: "correct horse".to_owned() };
    accounts::create(portal, &form, role).await.unwrap()
}

/// A database of one's own in the server that `VISION_TEST_POSTGRES` names; `None`, with a word, if there is none.
pub(crate) struct TestPostgres {
    server: String,
    name: String,
}

impl TestPostgres {
    pub(crate) async fn create() -> Option<Self> {
        let server =
            std::env::var("VISION_TEST_POSTGRES").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let mut connection = match PgConnection::connect(&server).await {
            Ok(connection) => connection,
            Err(error) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
                panic!("no PostgreSQL at {server}: {error}")
            }
            Err(error) => {
                eprintln!("skipped: no PostgreSQL at {server}: {error}");
                return None;
            }
        };
        let name = format!("vision_test_{}", uuid::Uuid::new_v4().simple());
        connection.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        Some(Self { server, name })
    }

    pub(crate) fn url(&self) -> SecretString {
        let mut url: url::Url = self.server.parse().unwrap();
        url.set_path(&self.name);
        SecretString::from(url.to_string())
    }

    pub(crate) async fn drop(self) {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        let sql = format!("drop database {} with (force)", self.name);
        connection.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
    }
}

/// Runs a test on SQLite, and on PostgreSQL if there is one; then looks at the plans of the statements that it made.
pub(crate) async fn on_both<F: Future<Output = ()>>(test: impl Fn(Store) -> F) {
    plans::listen();
    let folder = TempDir::new().unwrap();
    test(Store::open(None, folder.path()).await.unwrap()).await;
    plans::check_sqlite(folder.path()).await;
    if let Some(postgres) = TestPostgres::create().await {
        test(Store::open(Some(&postgres.url()), folder.path()).await.unwrap()).await;
        plans::check_postgres(postgres.url().expose_secret()).await;
        postgres.drop().await;
    }
}
