//! Files on their way into a draft.

use vision_protocol::ids::UserId;

use super::{DraftId, UploadId};
use crate::store::{Result, Store, first, parsed};

/// A file on its way.
#[derive(Clone, sqlx::FromRow)]
pub struct UploadRow {
    /// The id.
    pub id: String,
    /// The draft that it is for.
    pub draft_id: i64,
    /// Where it goes in the package; empty for a whole zip.
    pub path: String,
    /// What the file is called where it comes from.
    pub name: String,
    /// Bytes that it will have.
    pub length: i64,
}

/// A file on its way, to be.
pub struct NewUpload<'a> {
    /// The id.
    pub id: UploadId,
    /// The draft that it is for.
    pub draft: DraftId,
    /// Who sends it.
    pub user: UserId,
    /// Where it goes in the package; empty for a whole zip.
    pub path: &'a str,
    /// What the file is called.
    pub name: &'a str,
    /// Bytes that it will have.
    pub length: i64,
    /// Milliseconds.
    pub now: i64,
}

impl Store {
    /// Adds an upload.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_upload(&self, new: &NewUpload<'_>) -> Result<()> {
        sqlx::query(
            "insert into uploads (id, draft_id, user_id, path, name, length, created_at) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(new.id.to_string())
        .bind(new.draft.0)
        .bind(new.user.0)
        .bind(new.path)
        .bind(new.name)
        .bind(new.length)
        .bind(new.now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// An upload of this person.
    ///
    /// # Errors
    /// The database's.
    pub async fn upload(&self, user: UserId, id: UploadId) -> Result<Option<UploadRow>> {
        Ok(sqlx::query_as("select id, draft_id, path, name, length from uploads where id = $1 and user_id = $2")
            .bind(id.to_string())
            .bind(user.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// The uploads of a draft that have not ended, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn uploads_of(&self, draft: DraftId) -> Result<Vec<UploadRow>> {
        Ok(sqlx::query_as(
            "select id, draft_id, path, name, length from uploads where draft_id = $1 \
             order by created_at desc, id limit 20",
        )
        .bind(draft.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Ends an upload. Says whether it was there.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_upload(&self, id: UploadId) -> Result<bool> {
        let done = sqlx::query("delete from uploads where id = $1").bind(id.to_string()).execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends uploads that began before a time; answers with them.
    ///
    /// # Errors
    /// The database's.
    pub async fn expire_uploads(&self, before: i64) -> Result<Vec<UploadId>> {
        let rows: Vec<(String,)> = sqlx::query_as("delete from uploads where created_at < $1 returning id")
            .bind(before)
            .fetch_all(&self.pool)
            .await?;
        first(rows).iter().map(|text| parsed(text, "upload id")).collect()
    }
}
