//! Runs. Inputs and outcome are sealed before they come here.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer};
use sqlx::AnyConnection;
use uuid::Uuid;
use vision_protocol::ids::{BlobId, ReleaseId, RunId, UserId};

use super::{JobKind, Lease, MONTH_MS, Result, Store, Tally, first};

/// A run.
#[derive(Clone, sqlx::FromRow)]
pub struct RunRow {
    /// The id.
    pub id: String,
    /// Its owner.
    pub user_id: i64,
    /// What is run.
    pub release_id: i64,
    /// The status's name.
    pub status: String,
    /// Sealed JSON.
    pub inputs: Vec<u8>,
    /// Sealed JSON, once it has ended.
    pub outcome: Option<Vec<u8>>,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub finished_at: Option<i64>,
    /// Milliseconds that it is kept once it has ended; for ever without.
    pub keep_ms: Option<i64>,
    /// When it is gone.
    pub keep_until: Option<i64>,
    /// The batch that it belongs to.
    pub batch: Option<String>,
}

/// Runs that were begun together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchId(pub Uuid);

impl BatchId {
    /// A new id.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for BatchId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

impl<'de> Deserialize<'de> for BatchId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self)
    }
}

/// What runs that are accepted together have in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Together {
    /// The batch, if they are one.
    pub batch: Option<BatchId>,
    /// Whether they are not to be kept, whatever their owner has chosen for all others.
    pub discard: bool,
}

/// A run that nobody opened is kept so long although it is not to be kept, in milliseconds.
pub(super) const UNSEEN_MS: i64 = 60 * 60 * 1000;

/// A run to be.
pub struct NewRun<'a> {
    /// The id.
    pub id: RunId,
    /// Its owner.
    pub user: UserId,
    /// What is run.
    pub release: ReleaseId,
    /// Sealed JSON.
    pub inputs: &'a [u8],
    /// Its input files, stored already.
    pub files: &'a [BlobId],
    /// Milliseconds.
    pub now: i64,
}

impl Store {
    /// Accepts a run: its row, its files and its job, or nothing. Says whether all files were still there.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_run(&self, new: &NewRun<'_>) -> Result<bool> {
        self.create_runs(std::slice::from_ref(new), Together::default()).await
    }

    /// Accepts runs, all or none. Says whether all files were still there.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_runs(&self, runs: &[NewRun<'_>], together: Together) -> Result<bool> {
        let mut transaction = self.write().await?;
        for new in runs {
            if !Self::insert_run(&mut transaction, new, together).await? {
                return Ok(false);
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn insert_run(connection: &mut AnyConnection, new: &NewRun<'_>, together: Together) -> Result<bool> {
        let id = new.id.to_string();
        sqlx::query(
            "insert into runs (id, user_id, release_id, status, inputs, created_at, batch, app_id, keep_ms) \
             values ($1, $2, $3, 'queued', $4, $5, $6, (select app_id from releases where id = $3), \
             case when $7 = 1 then 0 else (select keep_ms from users where id = $2) end)",
        )
        .bind(&id)
        .bind(new.user.0)
        .bind(new.release.0)
        .bind(new.inputs.to_vec())
        .bind(new.now)
        .bind(together.batch.map(|batch| batch.to_string()))
        .bind(i64::from(together.discard))
        .execute(&mut *connection)
        .await?;
        for file in new.files {
            let taken = sqlx::query(
                "update blobs set run_id = $1 where id = $2 and user_id = $3 and run_id is null and stored = 1",
            )
            .bind(&id)
            .bind(file.to_string())
            .bind(new.user.0)
            .execute(&mut *connection)
            .await?;
            if taken.rows_affected() != 1 {
                return Ok(false);
            }
        }
        sqlx::query(
            "insert into run_counts (user_id, app_id, runs) select $1, app_id, 1 from releases where id = $2 \
             on conflict (user_id, app_id) do update set runs = run_counts.runs + 1",
        )
        .bind(new.user.0)
        .bind(new.release.0)
        .execute(&mut *connection)
        .await?;
        Self::enqueue(connection, JobKind::ExecuteRun, &id, new.now).await?;
        Ok(true)
    }

    /// A run.
    ///
    /// # Errors
    /// The database's.
    pub async fn run(&self, id: RunId) -> Result<Option<RunRow>> {
        Ok(sqlx::query_as(
            "select id, user_id, release_id, status, inputs, outcome, created_at, finished_at, keep_ms, keep_until, \
             batch from runs where id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Owner and status of a run.
    ///
    /// # Errors
    /// The database's.
    pub async fn run_status(&self, id: RunId) -> Result<Option<(i64, String)>> {
        Ok(sqlx::query_as("select user_id, status from runs where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?)
    }

    /// How many runs come before a queued one; `None` if it waits no longer.
    ///
    /// # Errors
    /// The database's.
    pub async fn queue_place(&self, id: RunId, now: i64) -> Result<Option<i64>> {
        let row: Option<(i64,)> = sqlx::query_as(
            "select cast((select count(*) from jobs j where j.kind = 'execute-run' and j.id < mine.id \
             and (j.lease_until is null or j.lease_until < $1)) as bigint) from jobs mine \
             where mine.kind = 'execute-run' and mine.subject = $2",
        )
        .bind(now)
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(place,)| place))
    }

    /// The address of the app that a person ran last, if it is published.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_app(&self, user: UserId) -> Result<Option<String>> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "select a.slug, cast(case when a.published_release is null or a.suspended_at is not null then 0 else 1 end \
             as bigint) from runs r \
             join releases l on l.id = r.release_id join apps a on a.id = l.app_id \
             where r.user_id = $1 order by r.created_at desc, r.id desc limit 1",
        )
        .bind(user.0)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.filter(|(_, listed)| *listed != 0).map(|(slug, _)| slug))
    }

    /// Marks a run as being executed. Says whether it waited or ran, so that its execution makes sense.
    ///
    /// # Errors
    /// The database's.
    pub async fn start_run(&self, id: RunId, now: i64) -> Result<bool> {
        let done = sqlx::query(
            "update runs set status = 'running', started_at = $1 where id = $2 and status in ('queued', 'running')",
        )
        .bind(now)
        .bind(id.to_string())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts a run back into the queue until `run_at`. Says whether the lease was still held.
    ///
    /// # Errors
    /// The database's.
    pub async fn requeue_run(&self, lease: &Lease, id: RunId, run_at: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        if !Self::postpone_job(&mut transaction, lease, run_at).await? {
            return Ok(false);
        }
        sqlx::query("update runs set status = 'queued' where id = $1 and status = 'running'")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends a run and its job, and counts it. Says whether the lease was still held; if not, nothing was changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish_run(
        &self,
        lease: &Lease,
        id: RunId,
        (status, outcome): (&str, &[u8]),
        tally: Option<&Tally>,
        now: i64,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        if !Self::end_job(&mut transaction, lease).await? {
            return Ok(false);
        }
        let done = sqlx::query(
            "update runs set status = $1, outcome = $2, finished_at = $3, \
             keep_until = $3 + case when keep_ms = 0 then $4 else keep_ms end where id = $5",
        )
        .bind(status)
        .bind(outcome.to_vec())
        .bind(now)
        .bind(UNSEEN_MS)
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
        let ended = done.rows_affected() == 1;
        if ended && status == "done" {
            Self::count_use(&mut transaction, &id.to_string(), now, now - MONTH_MS).await?;
        }
        if let Some(tally) = tally.filter(|_| ended) {
            Self::count_run(&mut transaction, tally, now).await?;
        }
        transaction.commit().await?;
        Ok(ended)
    }

    /// Ends a run of this person that has not ended: no job is left of it, and its links are dead. Says whether it was
    /// under way.
    ///
    /// # Errors
    /// The database's.
    pub async fn cancel_run(&self, user: UserId, id: RunId, now: i64) -> Result<bool> {
        let id = id.to_string();
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update runs set status = 'cancelled', finished_at = $1, \
             keep_until = $1 + case when keep_ms = 0 then $2 else keep_ms end \
             where id = $3 and user_id = $4 and status in ('queued', 'running')",
        )
        .bind(now)
        .bind(UNSEEN_MS)
        .bind(&id)
        .bind(user.0)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query("delete from jobs where kind = 'execute-run' and subject = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends a run that waits or is being executed, and takes its job off, whoever holds it. Says whether it was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn stop_run(&self, id: RunId, status: &str, outcome: &[u8], now: i64) -> Result<bool> {
        let id = id.to_string();
        let mut transaction = self.write().await?;
        sqlx::query("delete from jobs where kind = 'execute-run' and subject = $1")
            .bind(&id)
            .execute(&mut *transaction)
            .await?;
        let done = sqlx::query(
            "update runs set status = $1, outcome = $2, finished_at = $3, \
             keep_until = $3 + case when keep_ms = 0 then $4 else keep_ms end \
             where id = $5 and status in ('queued', 'running')",
        )
        .bind(status)
        .bind(outcome.to_vec())
        .bind(now)
        .bind(UNSEEN_MS)
        .bind(&id)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes a run of this person with its job; answers with its files, which are left for
    /// [`Store::delete_blob`], or `None` if it is not this person's.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_run(&self, user: UserId, id: RunId) -> Result<Option<Vec<BlobId>>> {
        let mut transaction = self.write().await?;
        let owned: Option<(i64,)> = sqlx::query_as("select user_id from runs where id = $1 and user_id = $2")
            .bind(id.to_string())
            .bind(user.0)
            .fetch_optional(&mut *transaction)
            .await?;
        if owned.is_none() {
            return Ok(None);
        }
        let files = Self::remove_run(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(Some(files))
    }

    /// Deletes a run and its job; answers with its files. What an app's own figures say of it stays.
    pub(super) async fn remove_run(connection: &mut AnyConnection, id: RunId) -> Result<Vec<BlobId>> {
        let id = id.to_string();
        let files: Vec<(String,)> =
            sqlx::query_as("select id from blobs where run_id = $1").bind(&id).fetch_all(&mut *connection).await?;
        // From here on no link to these files works, whatever becomes of the portal before they are removed.
        for sql in [
            "delete from jobs where kind = 'execute-run' and subject = $1",
            "update blobs set run_id = null, created_at = 0 where run_id = $1",
            "update run_counts set runs = runs - 1 where \
             user_id = (select user_id from runs where id = $1) and app_id = (select app_id from runs where id = $1)",
            "delete from runs where id = $1",
        ] {
            sqlx::query(sql).bind(&id).execute(&mut *connection).await?;
        }
        first(files).iter().map(|id| super::parsed(id, "file id")).collect()
    }
}
