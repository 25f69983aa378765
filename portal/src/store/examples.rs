//! Examples of published releases, and the runs that show what comes of them.

use vision_protocol::ids::{ReleaseId, RunId};

use super::{JobKind, Lease, Result, Store, first, parsed};

/// An example whose run is done.
#[derive(Clone, sqlx::FromRow)]
pub struct ExampleRow {
    /// From 1.
    pub position: i64,
    /// Its folder's name.
    pub name: String,
    /// The run that shows it.
    pub run_id: String,
    /// The first of its input files.
    pub picture: Option<String>,
}

impl Store {
    /// The job that runs the examples of a release, unless that was done.
    pub(super) async fn enqueue_examples(connection: &mut sqlx::AnyConnection, release: i64, now: i64) -> Result<()> {
        sqlx::query(
            "insert into jobs (kind, subject, run_at, attempts, created_at) \
             select $1, $2, cast($3 as bigint), 0, cast($3 as bigint) from releases where id = $4 and examples is null \
             on conflict (kind, subject) do nothing",
        )
        .bind(JobKind::RunExamples.name())
        .bind(release.to_string())
        .bind(now)
        .bind(release)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Begins to run the examples of every published release at which nobody has looked. Says how many there are.
    ///
    /// # Errors
    /// The database's.
    pub async fn enqueue_all_examples(&self, now: i64) -> Result<usize> {
        let mut transaction = self.write().await?;
        let releases: Vec<(i64,)> =
            sqlx::query_as("select id from releases where status = 'published' and examples is null")
                .fetch_all(&mut *transaction)
                .await?;
        let releases = first(releases);
        for release in &releases {
            Self::enqueue_examples(&mut transaction, *release, now).await?;
        }
        transaction.commit().await?;
        Ok(releases.len())
    }

    /// Notes the run that shows an example.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_example(&self, release: ReleaseId, position: i64, name: &str, run: RunId) -> Result<()> {
        sqlx::query("insert into examples (release_id, position, name, run_id) values ($1, $2, $3, $4)")
            .bind(release.0)
            .bind(position)
            .bind(name)
            .bind(run.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The places of the examples that have been begun.
    ///
    /// # Errors
    /// The database's.
    pub async fn begun_examples(&self, release: ReleaseId) -> Result<Vec<i64>> {
        let rows = sqlx::query_as("select position from examples where release_id = $1")
            .bind(release.0)
            .fetch_all(&self.pool)
            .await?;
        Ok(first(rows))
    }

    /// Ends the job that ran the examples of a release. Says whether the lease was still held.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish_examples(&self, lease: &Lease, release: ReleaseId) -> Result<bool> {
        let mut transaction = self.write().await?;
        if !Self::end_job(&mut transaction, lease).await? {
            return Ok(false);
        }
        sqlx::query(
            "update releases set examples = \
             (select cast(count(*) as bigint) from examples where release_id = $1) where id = $1",
        )
        .bind(release.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The examples of a release that can be shown.
    ///
    /// # Errors
    /// The database's.
    pub async fn examples_of(&self, release: ReleaseId) -> Result<Vec<ExampleRow>> {
        Ok(sqlx::query_as(
            "select e.position, e.name, e.run_id, (select min(b.id) from blobs b \
             where b.run_id = e.run_id and b.role = 'input' and b.stored = 1) as picture \
             from examples e join runs r on r.id = e.run_id \
             where e.release_id = $1 and r.status = 'done' order by e.position",
        )
        .bind(release.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The run that shows an example.
    ///
    /// # Errors
    /// The database's.
    pub async fn run_of_example(&self, release: ReleaseId, position: i64) -> Result<Option<RunId>> {
        let row: Option<(String,)> = sqlx::query_as(
            "select e.run_id from examples e join runs r on r.id = e.run_id \
             where e.release_id = $1 and e.position = $2 and r.status = 'done'",
        )
        .bind(release.0)
        .bind(position)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|(run,)| parsed(&run, "run id")).transpose()
    }
}
