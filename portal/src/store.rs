//! The database: one query layer over SQLite and PostgreSQL. No SQL is written outside this folder.
//!
//! One SQL text serves both, under a strict rule: columns are BIGINT, DOUBLE PRECISION, TEXT or BLOB/BYTEA,
//! placeholders are `$1`, column lists are spelled out. What belongs together is one method, one transaction.

mod api_keys;
mod apps;
mod audit;
mod author_requests;
mod blobs;
mod drafts;
mod examples;
mod experiments;
mod favourites;
mod feedback;
mod figures;
mod history;
mod installs;
mod invitations;
mod jobs;
mod keys;
mod leaving;
mod listing;
mod moderation;
mod opinions;
mod overview;
mod pairs;
mod people;
mod releases;
mod reports;
mod reviewing;
mod reviews;
mod runners;
mod runs;
mod search;
mod sessions;
mod sharing;
mod shelving;
mod site;
mod takedowns;
mod trials;
mod usage;
mod users;
mod versions;
pub mod words;

use std::{path::Path, str::FromStr, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Any, AnyPool, Executor, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
};
use url::Url;

pub use api_keys::{KeyHolderRow, KeyRow, NewKeyRow};
pub use apps::{AppRow, ReleasePlan};
pub use audit::{AuditFilter, AuditRow, NewAuditLine};
pub use author_requests::{AuthorDecision, AuthorRequestRow};
pub use blobs::{BlobRole, BlobRow, NewBlob};
pub use drafts::{DraftFileRow, DraftId, DraftObject, DraftRow, DraftTexts, NewDraft, NewUpload, UploadId, UploadRow};
pub use examples::ExampleRow;
pub use experiments::ExperimentRow;
pub use feedback::{ConsentRow, ConsentedFilter, ConsentedRow, FeedbackFilter, FeedbackRow, NewFeedback};
pub use figures::{AlertRow, DAY_MS, HOUR_MS, LinesRow, Names, NewAlert, PEOPLE, Tally};
pub use history::{AppCountRow, HistoryQuery, RunLineRow};
pub use installs::InstallRow;
pub use invitations::InvitationRow;
pub use jobs::{JobKind, Lease};
pub use keys::SigningKeyRow;
pub use moderation::OpenReportRow;
pub use opinions::{ToldReportRow, ToldReviewRow};
pub use overview::{COUNTED_AT_MOST, OverviewRow};
pub use people::{PeopleFilter, PersonRow};
pub use releases::{Listing, NewRelease, ReleaseRow};
pub use reports::NewReport;
pub use reviewing::{EarlierRow, ReleaseReviewRow, WaitingRow};
pub use reviews::{ReviewId, ReviewRow};
pub use runners::{NewRunnerRow, RunnerAbout, RunnerRow};
pub use runs::{BatchId, NewRun, RunRow, Together};
pub use search::{AppListing, AppOrder, AppQuery, COUNTED_APPS};
pub use sessions::{NewSession, SessionLineRow, SessionRow};
pub use sharing::AccessRow;
pub use shelving::FeaturedRow;
pub use takedowns::AppOverviewRow;
pub use trials::{LiveRow, NewTrial, TrialRow};
pub use usage::{AppFiguresRow, MONTH_MS};
pub use users::{NewUser, UserRow};
pub use versions::{OwnVersionRow, VersionRow};

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("../migrations/postgres");

/// What can go wrong in the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database's own words.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Its schema could not be brought up to date.
    #[error("bringing the schema up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row holds what it should not.
    #[error("a row holds an unreadable {0}")]
    Corrupt(&'static str),
    /// Something like it is there already.
    #[error("it is there already")]
    Taken,
    /// The job went to another portal meanwhile; nothing was changed.
    #[error("the job is no longer this portal's")]
    Lost,
}

pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
}

impl Store {
    /// Opens the database that `url` names, or SQLite in `data_dir`, and brings its schema up to date.
    ///
    /// # Errors
    /// The database's, with no password in it.
    pub async fn open(url: Option<&SecretString>, data_dir: &Path) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let url = match url {
            Some(url) => url.expose_secret().to_owned(),
            None => sqlite_url(&data_dir.join("portal.sqlite"))?,
        };
        let backend = match url.split(':').next() {
            Some("postgres" | "postgresql") => Backend::Postgres,
            Some("sqlite") => Backend::Sqlite,
            _ => return Err(configuration("DATABASE_URL must start with postgres:// or sqlite://")),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(30))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        for pragma in [
                            "pragma busy_timeout = 15000",
                            "pragma journal_mode = wal",
                            "pragma synchronous = normal",
                            "pragma foreign_keys = on",
                        ] {
                            connection.execute(pragma).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect_with(AnyConnectOptions::from_str(&url)?)
            .await?;
        match backend {
            Backend::Sqlite => SQLITE.run(&pool).await?,
            Backend::Postgres => POSTGRES.run(&pool).await?,
        }
        Ok(Self { pool, backend })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// The database's.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select cast(1 as bigint)").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections, once they are free.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that will write. SQLite is told at once: a reader that wants to write later may be refused.
    async fn write(&self) -> Result<Transaction<'static, Any>> {
        Ok(match self.backend {
            Backend::Sqlite => self.pool.begin_with("begin immediate").await?,
            Backend::Postgres => self.pool.begin().await?,
        })
    }
}

fn configuration(message: &str) -> StoreError {
    StoreError::Database(sqlx::Error::Configuration(message.into()))
}

/// The path percent-encoded, so that any character may be in it.
fn sqlite_url(path: &Path) -> Result<String> {
    let path = std::path::absolute(path).map_err(sqlx::Error::Io)?;
    let url = Url::from_file_path(&path).map_err(|()| configuration("the data folder has no usable path"))?;
    Ok(format!("sqlite:{}?mode=rwc", &url.as_str()["file:".len()..]))
}

/// A clash with a unique index is an answer, not a failure.
fn taken(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) if database.is_unique_violation() => StoreError::Taken,
        _ => StoreError::Database(error),
    }
}

/// Reads an id, status or digest out of a TEXT column.
fn parsed<T: FromStr>(text: &str, what: &'static str) -> Result<T> {
    text.parse().map_err(|_| StoreError::Corrupt(what))
}

/// One-column rows.
fn first<T>(rows: Vec<(T,)>) -> Vec<T> {
    rows.into_iter().map(|(value,)| value).collect()
}
