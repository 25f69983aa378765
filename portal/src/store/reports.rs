//! What people think is wrong with apps.

use vision_protocol::ids::{AppId, UserId};

use super::{Result, Store, taken};

/// A report to be.
pub struct NewReport<'a> {
    /// Which app.
    pub app: AppId,
    /// Who says so.
    pub user: UserId,
    /// The reason's name.
    pub reason: &'a str,
    /// What they say.
    pub words: &'a str,
    /// Milliseconds.
    pub now: i64,
}

impl Store {
    /// Adds a report.
    ///
    /// # Errors
    /// [`super::StoreError::Taken`] if this person has one on this app that is still undecided.
    pub async fn create_report(&self, new: &NewReport<'_>) -> Result<i64> {
        let (id,) = sqlx::query_as(
            "insert into reports (app_id, user_id, reason, words, created_at) values ($1, $2, $3, $4, $5) returning id",
        )
        .bind(new.app.0)
        .bind(new.user.0)
        .bind(new.reason)
        .bind(new.words)
        .bind(new.now)
        .fetch_one(&self.pool)
        .await
        .map_err(taken)?;
        Ok(id)
    }
}
