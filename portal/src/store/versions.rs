//! What authors say of their releases, and the releases of one app as people see them.

use vision_protocol::ids::{AppId, ReleaseId};

use super::{Result, Store};

/// A release that is or was published.
#[derive(Clone, sqlx::FromRow)]
pub struct VersionRow {
    /// The release.
    pub id: i64,
    /// Semantic version.
    pub version: String,
    /// The status's name.
    pub status: String,
    /// Markdown.
    pub notes: String,
    /// Why people should no longer use it.
    pub deprecated: Option<String>,
    /// Milliseconds.
    pub published_at: i64,
}

/// A release, whatever came of it.
#[derive(Clone, sqlx::FromRow)]
pub struct OwnVersionRow {
    /// The release.
    pub id: i64,
    /// Semantic version.
    pub version: String,
    /// The status's name.
    pub status: String,
    /// Markdown.
    pub notes: String,
    /// Why people should no longer use it.
    pub deprecated: Option<String>,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub published_at: Option<i64>,
}

impl Store {
    /// Releases of an app that are or were published, the newest first, at most so many.
    ///
    /// # Errors
    /// The database's.
    pub async fn versions_of(&self, app: AppId, limit: i64) -> Result<Vec<VersionRow>> {
        Ok(sqlx::query_as(
            "select id, version, status, notes, deprecated, published_at from releases \
             where app_id = $1 and published_at is not null order by id desc limit $2",
        )
        .bind(app.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The releases of an app, whatever came of them, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn own_versions(&self, app: AppId, limit: i64) -> Result<Vec<OwnVersionRow>> {
        Ok(sqlx::query_as(
            "select id, version, status, notes, deprecated, created_at, published_at from releases \
             where app_id = $1 order by id desc limit $2",
        )
        .bind(app.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The name of an app, as in its author's list.
    ///
    /// # Errors
    /// The database's.
    pub async fn app_name(&self, app: AppId) -> Result<Option<String>> {
        let row: Option<(String,)> =
            sqlx::query_as("select name from apps where id = $1").bind(app.0).fetch_optional(&self.pool).await?;
        Ok(row.map(|(name,)| name))
    }

    /// Every version that an app has, whatever came of it, and the newest release that was proven.
    ///
    /// # Errors
    /// The database's.
    pub async fn versions_taken(&self, app: AppId) -> Result<(Vec<String>, Option<ReleaseId>)> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "select id, version, status from releases where app_id = $1 and status <> 'rejected' order by id desc",
        )
        .bind(app.0)
        .fetch_all(&self.pool)
        .await?;
        let newest = rows.iter().find(|(_, _, status)| status != "checking").map(|(id, ..)| ReleaseId(*id));
        Ok((rows.into_iter().map(|(_, version, _)| version).collect(), newest))
    }

    /// Writes down what is new in a release.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_notes(&self, release: ReleaseId, notes: &str) -> Result<()> {
        sqlx::query("update releases set notes = $1 where id = $2")
            .bind(notes)
            .bind(release.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Says that a release that is or was published should no longer be used, or takes that back. Says whether it was
    /// one.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_deprecated(&self, release: ReleaseId, reason: Option<&str>) -> Result<bool> {
        let done = sqlx::query("update releases set deprecated = $1 where id = $2 and published_at is not null")
            .bind(reason)
            .bind(release.0)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
