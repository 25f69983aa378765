//! Runners, and which of them has which release.

use sqlx::AnyConnection;
use vision_protocol::ids::{ReleaseId, RunnerId};

use super::{NewAuditLine, Result, Store, taken};

/// A runner.
#[derive(Clone, sqlx::FromRow)]
pub struct RunnerRow {
    /// The id.
    pub id: i64,
    /// What operators call it.
    pub name: String,
    /// Where `/publish` and `/run` are.
    pub base_url: String,
    /// Wrapped by the master key.
    pub token: Option<Vec<u8>>,
    /// Whether the portal starts it itself: 0 or 1.
    pub embedded: i64,
    /// Whether it gets work: 0 or 1.
    pub enabled: i64,
    /// Whether it understands what goes beyond the protocol's table: 0 or 1; null until it was asked.
    pub extended: Option<i64>,
    /// Milliseconds.
    pub last_seen_at: Option<i64>,
    /// Why it last failed to answer, since then.
    pub last_error: Option<String>,
    /// Its inference engine, as its operator says; may be empty.
    pub engine: String,
    /// What it computes on, as its operator says; may be empty.
    pub compute_class: String,
    /// Hundredths of the currency unit.
    pub cost_per_hour: Option<i64>,
}

/// A runner to be.
pub struct NewRunnerRow<'a> {
    /// What operators call it.
    pub name: &'a str,
    /// Where `/publish` and `/run` are.
    pub base_url: &'a str,
    /// Wrapped by the master key.
    pub token: Option<Vec<u8>>,
    /// What its operator says of it.
    pub about: RunnerAbout<'a>,
    /// Milliseconds.
    pub now: i64,
}

/// What an operator says of a runner.
#[derive(Clone, Copy, Default)]
pub struct RunnerAbout<'a> {
    /// Its inference engine; may be empty.
    pub engine: &'a str,
    /// What it computes on; may be empty.
    pub compute_class: &'a str,
    /// Hundredths of the currency unit.
    pub cost_per_hour: Option<i64>,
}

impl Store {
    /// All runners.
    ///
    /// # Errors
    /// The database's.
    pub async fn runners(&self) -> Result<Vec<RunnerRow>> {
        Ok(sqlx::query_as(
            "select id, name, base_url, token, embedded, enabled, extended, last_seen_at, last_error, engine, \
             compute_class, cost_per_hour from runners order by id",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Adds a runner.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] if its address is known.
    pub async fn create_runner(&self, new: &NewRunnerRow<'_>, line: &NewAuditLine) -> Result<RunnerId> {
        let mut transaction = self.write().await?;
        let (id,) = sqlx::query_as(
            "insert into runners (name, base_url, token, embedded, enabled, created_at, engine, compute_class, \
             cost_per_hour) values ($1, $2, $3, 0, 1, $4, $5, $6, $7) returning id",
        )
        .bind(new.name)
        .bind(new.base_url)
        .bind(new.token.clone())
        .bind(new.now)
        .bind(new.about.engine)
        .bind(new.about.compute_class)
        .bind(new.about.cost_per_hour)
        .fetch_one(&mut *transaction)
        .await
        .map_err(taken)?;
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(RunnerId(id))
    }

    /// Notes what an operator says of a runner. Says whether it is known.
    ///
    /// # Errors
    /// The database's.
    pub async fn describe_runner(&self, id: RunnerId, about: &RunnerAbout<'_>, line: &NewAuditLine) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("update runners set engine = $1, compute_class = $2, cost_per_hour = $3 where id = $4")
            .bind(about.engine)
            .bind(about.compute_class)
            .bind(about.cost_per_hour)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives a runner work, or no more. Says whether it is known.
    ///
    /// # Errors
    /// The database's.
    pub async fn enable_runner(&self, id: RunnerId, enabled: bool, line: &NewAuditLine) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("update runners set enabled = $1 where id = $2")
            .bind(i64::from(enabled))
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Notes under which name, address and token the embedded runner was started.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_embedded_runner(&self, name: &str, base_url: &str, token: &[u8], now: i64) -> Result<RunnerId> {
        let mut transaction = self.write().await?;
        // A port that an earlier one had may come back under another name.
        sqlx::query("update runners set base_url = 'gone:' || cast(id as text) where base_url = $1 and embedded = 1")
            .bind(base_url)
            .execute(&mut *transaction)
            .await?;
        let known: Option<(i64,)> = sqlx::query_as(
            "update runners set base_url = $1, token = $2, extended = 1, last_error = null \
             where embedded = 1 and name = $3 returning id",
        )
        .bind(base_url)
        .bind(token.to_vec())
        .bind(name)
        .fetch_optional(&mut *transaction)
        .await?;
        let id = match known {
            Some((id,)) => id,
            None => {
                let (id,): (i64,) = sqlx::query_as(
                    "insert into runners (name, base_url, token, embedded, enabled, extended, created_at) \
                     values ($1, $2, $3, 1, 1, 1, $4) returning id",
                )
                .bind(name)
                .bind(base_url)
                .bind(token.to_vec())
                .bind(now)
                .fetch_one(&mut *transaction)
                .await
                .map_err(taken)?;
                id
            }
        };
        transaction.commit().await?;
        Ok(RunnerId(id))
    }

    /// Notes that a runner answered, or why not.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_runner(&self, id: RunnerId, now: i64, error: Option<&str>) -> Result<()> {
        match error {
            None => {
                sqlx::query("update runners set last_seen_at = $1, last_error = null where id = $2")
                    .bind(now)
                    .bind(id.0)
                    .execute(&self.pool)
                    .await?
            }
            Some(error) => {
                sqlx::query("update runners set last_error = $1 where id = $2")
                    .bind(error)
                    .bind(id.0)
                    .execute(&self.pool)
                    .await?
            }
        };
        Ok(())
    }

    /// Notes whether a runner understands what goes beyond the protocol's table.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_extended(&self, id: RunnerId, extended: bool) -> Result<()> {
        sqlx::query("update runners set extended = $1 where id = $2")
            .bind(i64::from(extended))
            .bind(id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The runners that have a release.
    ///
    /// # Errors
    /// The database's.
    pub async fn publications(&self, release: ReleaseId) -> Result<Vec<RunnerId>> {
        let rows: Vec<(i64,)> = sqlx::query_as("select runner_id from publications where release_id = $1")
            .bind(release.0)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(|(id,)| RunnerId(id)).collect())
    }

    /// Notes that a runner has a release.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_publication(&self, runner: RunnerId, release: ReleaseId, now: i64) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        Self::insert_publication(&mut connection, runner, release, now).await
    }

    pub(super) async fn insert_publication(
        connection: &mut AnyConnection,
        runner: RunnerId,
        release: ReleaseId,
        now: i64,
    ) -> Result<()> {
        sqlx::query(
            "insert into publications (runner_id, release_id, published_at) values ($1, $2, $3) \
             on conflict (runner_id, release_id) do update set published_at = $3",
        )
        .bind(runner.0)
        .bind(release.0)
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }
}
