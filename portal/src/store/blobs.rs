//! What is known of each file; its content is in the object store.

use vision_protocol::ids::{BlobId, ReleaseId, RunId, UserId};

use super::{Result, Store, first, parsed};

/// What a file is to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobRole {
    /// A person gave it.
    Input,
    /// The app answered with it.
    Output,
}

/// A file.
#[derive(Clone, sqlx::FromRow)]
pub struct BlobRow {
    /// The id.
    pub id: String,
    /// Its owner.
    pub user_id: i64,
    /// `input` or `output`.
    pub role: String,
    /// The parameter or result variable.
    pub name: String,
    /// For example `image/jpeg`.
    pub media_type: String,
    /// Bytes, opened.
    pub size: i64,
    /// Whether it is complete: 0 or 1.
    pub stored: i64,
    /// The owner's data key, wrapped.
    pub data_key: Vec<u8>,
}

/// A file to be: known before its first byte is written, so that none is ever forgotten.
pub struct NewBlob<'a> {
    /// The id.
    pub id: BlobId,
    /// Its owner.
    pub user: UserId,
    /// Its run, if that is there already.
    pub run: Option<RunId>,
    /// What it is to the run.
    pub role: BlobRole,
    /// The parameter or result variable.
    pub name: &'a str,
    /// Milliseconds.
    pub now: i64,
}

impl BlobRole {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

const SELECT: &str = "select b.id, b.user_id, b.role, b.name, b.media_type, b.size, b.stored, u.data_key \
     from blobs b join users u on u.id = b.user_id";

impl Store {
    /// Makes a file known.
    ///
    /// # Errors
    /// The database's, also when the run is gone.
    pub async fn create_blob(&self, new: &NewBlob<'_>) -> Result<()> {
        sqlx::query(
            "insert into blobs (id, user_id, run_id, role, name, media_type, size, stored, created_at) \
             values ($1, $2, $3, $4, $5, '', 0, 0, $6)",
        )
        .bind(new.id.to_string())
        .bind(new.user.0)
        .bind(new.run.map(|run| run.to_string()))
        .bind(new.role.name())
        .bind(new.name)
        .bind(new.now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Marks a file as complete, once. Says whether it was still awaited.
    ///
    /// # Errors
    /// The database's.
    pub async fn complete_blob(&self, id: BlobId, media_type: &str, size: i64) -> Result<bool> {
        let done = sqlx::query("update blobs set media_type = $1, size = $2, stored = 1 where id = $3 and stored = 0")
            .bind(media_type)
            .bind(size)
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A file of a run.
    ///
    /// # Errors
    /// The database's.
    pub async fn blob_of_run(&self, run: RunId, id: BlobId) -> Result<Option<BlobRow>> {
        let sql = format!("{SELECT} where b.id = $1 and b.run_id = $2");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id.to_string())
            .bind(run.to_string())
            .fetch_optional(&self.pool)
            .await?)
    }

    /// A file of a run that is being executed right now, of this release.
    ///
    /// # Errors
    /// The database's.
    pub async fn blob_for_runner(&self, run: RunId, release: ReleaseId, id: BlobId) -> Result<Option<BlobRow>> {
        let sql = format!(
            "{SELECT} join runs r on r.id = b.run_id \
             where b.id = $1 and r.id = $2 and r.release_id = $3 and r.status = 'running'"
        );
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id.to_string())
            .bind(run.to_string())
            .bind(release.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// All files of a run.
    ///
    /// # Errors
    /// The database's.
    pub async fn blobs_of_run(&self, run: RunId) -> Result<Vec<BlobRow>> {
        let sql = format!("{SELECT} where b.run_id = $1 order by b.created_at, b.id");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(run.to_string()).fetch_all(&self.pool).await?)
    }

    /// Whether a file is known.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_known(&self, id: BlobId) -> Result<bool> {
        let row: Option<(String,)> = sqlx::query_as("select id from blobs where id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Takes the result files of a run away from it, for a new attempt; answers with them.
    ///
    /// # Errors
    /// The database's.
    pub async fn detach_outputs(&self, run: RunId) -> Result<Vec<BlobId>> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "update blobs set run_id = null, created_at = 0 where run_id = $1 and role = 'output' returning id",
        )
        .bind(run.to_string())
        .fetch_all(&self.pool)
        .await?;
        first(rows).iter().map(|id| parsed(id, "file id")).collect()
    }

    /// Forgets a file whose content has been removed.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_blob(&self, id: BlobId) -> Result<()> {
        sqlx::query("delete from blobs where id = $1").bind(id.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Files without a run, known since before `before`.
    ///
    /// # Errors
    /// The database's.
    pub async fn stray_blobs(&self, before: i64) -> Result<Vec<BlobId>> {
        let rows: Vec<(String,)> =
            sqlx::query_as("select id from blobs where run_id is null and created_at < $1 limit 1000")
                .bind(before)
                .fetch_all(&self.pool)
                .await?;
        first(rows).iter().map(|id| parsed(id, "file id")).collect()
    }
}
