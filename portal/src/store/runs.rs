//! Runs. Inputs and outcome are sealed before they come here.

use vision_protocol::ids::{BlobId, ReleaseId, RunId, UserId};

use super::{JobKind, Lease, Result, Store, first};

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
}

/// A run in the history.
#[derive(Clone, sqlx::FromRow)]
pub struct RunLineRow {
    /// The id.
    pub id: String,
    /// The status's name.
    pub status: String,
    /// The manifest of its release, JSON.
    pub manifest: String,
    /// The app's address.
    pub slug: String,
    /// Milliseconds.
    pub created_at: i64,
}

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
        let mut transaction = self.write().await?;
        let id = new.id.to_string();
        sqlx::query(
            "insert into runs (id, user_id, release_id, status, inputs, created_at) \
             values ($1, $2, $3, 'queued', $4, $5)",
        )
        .bind(&id)
        .bind(new.user.0)
        .bind(new.release.0)
        .bind(new.inputs.to_vec())
        .bind(new.now)
        .execute(&mut *transaction)
        .await?;
        for file in new.files {
            let taken = sqlx::query(
                "update blobs set run_id = $1 where id = $2 and user_id = $3 and run_id is null and stored = 1",
            )
            .bind(&id)
            .bind(file.to_string())
            .bind(new.user.0)
            .execute(&mut *transaction)
            .await?;
            if taken.rows_affected() != 1 {
                return Ok(false);
            }
        }
        Self::enqueue(&mut transaction, JobKind::ExecuteRun, &id, new.now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A run.
    ///
    /// # Errors
    /// The database's.
    pub async fn run(&self, id: RunId) -> Result<Option<RunRow>> {
        Ok(sqlx::query_as(
            "select id, user_id, release_id, status, inputs, outcome, created_at, finished_at from runs where id = $1",
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

    /// A person's runs, newest first, and how many there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs_of(&self, user: UserId, limit: i64, offset: i64) -> Result<(Vec<RunLineRow>, i64)> {
        let lines = sqlx::query_as(
            "select r.id, r.status, l.manifest, a.slug, r.created_at from runs r \
             join releases l on l.id = r.release_id join apps a on a.id = l.app_id \
             where r.user_id = $1 order by r.created_at desc, r.id desc limit $2 offset $3",
        )
        .bind(user.0)
        .bind(limit)
        .bind(offset)
        .fetch_all(&self.pool)
        .await?;
        let (total,) = sqlx::query_as("select cast(count(*) as bigint) from runs where user_id = $1")
            .bind(user.0)
            .fetch_one(&self.pool)
            .await?;
        Ok((lines, total))
    }

    /// The address of the app that a person ran last, if it is published.
    ///
    /// # Errors
    /// The database's.
    pub async fn last_app(&self, user: UserId) -> Result<Option<String>> {
        let row: Option<(String, i64)> = sqlx::query_as(
            "select a.slug, cast(case when a.published_release is null then 0 else 1 end as bigint) from runs r \
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

    /// Ends a run and its job. Says whether the lease was still held; if not, nothing was changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish_run(&self, lease: &Lease, id: RunId, status: &str, outcome: &[u8], now: i64) -> Result<bool> {
        let mut transaction = self.write().await?;
        if !Self::end_job(&mut transaction, lease).await? {
            return Ok(false);
        }
        let done = sqlx::query("update runs set status = $1, outcome = $2, finished_at = $3 where id = $4")
            .bind(status)
            .bind(outcome.to_vec())
            .bind(now)
            .bind(id.to_string())
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
        let id = id.to_string();
        let mut transaction = self.write().await?;
        let owned: Option<(i64,)> = sqlx::query_as("select user_id from runs where id = $1 and user_id = $2")
            .bind(&id)
            .bind(user.0)
            .fetch_optional(&mut *transaction)
            .await?;
        if owned.is_none() {
            return Ok(None);
        }
        let files: Vec<(String,)> =
            sqlx::query_as("select id from blobs where run_id = $1").bind(&id).fetch_all(&mut *transaction).await?;
        // From here on no link to these files works, whatever becomes of the portal before they are removed.
        for sql in [
            "delete from jobs where kind = 'execute-run' and subject = $1",
            "update blobs set run_id = null, created_at = 0 where run_id = $1",
            "delete from runs where id = $1",
        ] {
            sqlx::query(sql).bind(&id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        first(files).iter().map(|id| super::parsed(id, "file id")).collect::<Result<_>>().map(Some)
    }
}
