//! Models of the catalogue on their way to become apps.

use sqlx::AnyConnection;
use vision_protocol::ids::{InstallId, ReleaseId, UserId};

use super::{JobKind, Lease, NewAuditLine, Result, Store, taken};

/// An install.
#[derive(Clone, sqlx::FromRow)]
pub struct InstallRow {
    /// The id.
    pub id: i64,
    /// The name in the catalogue.
    pub entry: String,
    /// Whose the app will be.
    pub user_id: i64,
    /// `fetching`, `done` or `failed`.
    pub status: String,
    /// Whether the app is published as soon as it is proven: 0 or 1.
    pub publish_when_proven: i64,
    /// Bytes that are there.
    pub fetched: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// What became of it.
    pub release_id: Option<i64>,
    /// Milliseconds.
    pub created_at: i64,
}

const COLUMNS: &str = "id, entry, user_id, status, publish_when_proven, fetched, error, release_id, created_at";

impl Store {
    /// Begins an install, with the job that does it.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] if the entry is under way already.
    pub async fn create_install(
        &self,
        entry: &str,
        user: UserId,
        publish: bool,
        line: &NewAuditLine,
    ) -> Result<InstallId> {
        let now = line.at;
        let mut transaction = self.write().await?;
        let (id,): (i64,) = sqlx::query_as(
            "insert into installs (entry, user_id, status, publish_when_proven, fetched, created_at) \
             values ($1, $2, 'fetching', $3, 0, $4) returning id",
        )
        .bind(entry)
        .bind(user.0)
        .bind(i64::from(publish))
        .bind(now)
        .fetch_one(&mut *transaction)
        .await
        .map_err(taken)?;
        Self::enqueue(&mut transaction, JobKind::InstallEntry, &id.to_string(), now).await?;
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(InstallId(id))
    }

    /// An install.
    ///
    /// # Errors
    /// The database's.
    pub async fn install(&self, id: InstallId) -> Result<Option<InstallRow>> {
        let sql = format!("select {COLUMNS} from installs where id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&self.pool).await?)
    }

    /// The newest install of each entry.
    ///
    /// # Errors
    /// The database's.
    pub async fn newest_installs(&self) -> Result<Vec<InstallRow>> {
        let sql = format!("select {COLUMNS} from installs where id in (select max(id) from installs group by entry)");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?)
    }

    /// Notes how much is there.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_fetched(&self, id: InstallId, fetched: i64) -> Result<()> {
        sqlx::query("update installs set fetched = $1 where id = $2 and status = 'fetching'")
            .bind(fetched)
            .bind(id.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Ends an install that failed, with its job. Says whether the lease was still held; if not, nothing was changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn fail_install(&self, lease: &Lease, id: InstallId, error: &str) -> Result<bool> {
        let mut transaction = self.write().await?;
        if !Self::end_job(&mut transaction, lease).await? {
            return Ok(false);
        }
        sqlx::query("update installs set status = 'failed', error = $1 where id = $2")
            .bind(error)
            .bind(id.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Ends an install that became a release, with its job. Says whether the lease was still held.
    pub(super) async fn finish_install(
        connection: &mut AnyConnection,
        lease: &Lease,
        id: InstallId,
        release: ReleaseId,
    ) -> Result<bool> {
        if !Self::end_job(connection, lease).await? {
            return Ok(false);
        }
        sqlx::query("update installs set status = 'done', release_id = $1 where id = $2")
            .bind(release.0)
            .bind(id.0)
            .execute(connection)
            .await?;
        Ok(true)
    }
}
