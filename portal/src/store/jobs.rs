//! The queue of background work: rows that are claimed with a lease and enqueued with their cause.

use sqlx::AnyConnection;

use vision_protocol::traceparent::Traceparent;

use super::{Backend, Result, Store};
use crate::traces;

/// Kinds of job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Prove a release on a runner.
    CheckRelease,
    /// Execute a run.
    ExecuteRun,
    /// Fetch a model of the catalogue and make an app of it.
    InstallEntry,
    /// Run the examples of a published release.
    RunExamples,
}

/// A job in hand. It is ended or postponed only by who holds this very lease.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The job.
    pub job: i64,
    /// What it is about: the id of a release, a run or an install.
    pub subject: String,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// The portal that holds it.
    pub node: String,
    /// The place in a trace where it was caused.
    pub traceparent: Option<Traceparent>,
}

impl JobKind {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckRelease => "check-release",
            Self::ExecuteRun => "execute-run",
            Self::InstallEntry => "install-entry",
            Self::RunExamples => "run-examples",
        }
    }
}

impl Store {
    pub(super) async fn enqueue(connection: &mut AnyConnection, kind: JobKind, subject: &str, now: i64) -> Result<()> {
        sqlx::query(
            "insert into jobs (kind, subject, run_at, attempts, created_at, traceparent) \
             values ($1, $2, $3, 0, $3, $4)",
        )
        .bind(kind.name())
        .bind(subject)
        .bind(now)
        // A job belongs to the trace of the request that caused it.
        .bind(traces::current().map(|place| place.to_string()))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Claims the oldest job that is due.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim_job(&self, kind: JobKind, node: &str, now: i64, lease_until: i64) -> Result<Option<Lease>> {
        let lock = match self.backend {
            Backend::Sqlite => "",
            Backend::Postgres => " for update skip locked",
        };
        let sql = format!(
            "update jobs set lease_until = $1, node = $2, attempts = attempts + 1 where id = \
             (select id from jobs where kind = $3 and run_at <= $4 and (lease_until is null or lease_until < $4) \
             order by run_at, id limit 1{lock}) returning id, subject, attempts, \
             traceparent"
        );
        let row: Option<(i64, String, i64, Option<String>)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(lease_until)
            .bind(node)
            .bind(kind.name())
            .bind(now)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(job, subject, attempt, traceparent)| Lease {
            job,
            subject,
            attempt,
            node: node.to_owned(),
            traceparent: traceparent.and_then(|place| place.parse().ok()),
        }))
    }

    /// Prolongs a lease. Says whether it was still held.
    ///
    /// # Errors
    /// The database's.
    pub async fn extend_lease(&self, lease: &Lease, lease_until: i64) -> Result<bool> {
        let done = sqlx::query("update jobs set lease_until = $1 where id = $2 and node = $3 and attempts = $4")
            .bind(lease_until)
            .bind(lease.job)
            .bind(&lease.node)
            .bind(lease.attempt)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives a job back until `run_at`. Says whether the lease was still held.
    ///
    /// # Errors
    /// The database's.
    pub async fn postpone(&self, lease: &Lease, run_at: i64) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        Self::postpone_job(&mut connection, lease, run_at).await
    }

    /// Ends a job whose subject is gone. Says whether the lease was still held.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_job(&self, lease: &Lease) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        Self::end_job(&mut connection, lease).await
    }

    /// Makes all jobs that this node held before it was restarted due at once.
    ///
    /// # Errors
    /// The database's.
    pub async fn release_leases(&self, node: &str) -> Result<u64> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "update runs set status = 'queued' where status = 'running' and id in \
             (select subject from jobs where kind = 'execute-run' and node = $1)",
        )
        .bind(node)
        .execute(&mut *transaction)
        .await?;
        let done = sqlx::query("update jobs set lease_until = null, node = null where node = $1")
            .bind(node)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected())
    }

    pub(super) async fn end_job(connection: &mut AnyConnection, lease: &Lease) -> Result<bool> {
        let done = sqlx::query("delete from jobs where id = $1 and node = $2 and attempts = $3")
            .bind(lease.job)
            .bind(&lease.node)
            .bind(lease.attempt)
            .execute(connection)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(super) async fn postpone_job(connection: &mut AnyConnection, lease: &Lease, run_at: i64) -> Result<bool> {
        let done = sqlx::query(
            "update jobs set run_at = $1, lease_until = null, node = null \
             where id = $2 and node = $3 and attempts = $4",
        )
        .bind(run_at)
        .bind(lease.job)
        .bind(&lease.node)
        .bind(lease.attempt)
        .execute(connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
