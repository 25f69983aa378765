//! What a person says of apps, for their export.

use vision_protocol::ids::UserId;

use super::{Result, Store};

/// A review that a person wrote.
#[derive(Clone, sqlx::FromRow)]
pub struct ToldReviewRow {
    /// The app's address.
    pub slug: String,
    /// 1 to 5.
    pub stars: i64,
    /// What they say.
    pub words: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub updated_at: i64,
    /// The author's.
    pub reply: Option<String>,
}

/// A report that a person sent.
#[derive(Clone, sqlx::FromRow)]
pub struct ToldReportRow {
    /// The app's address.
    pub slug: String,
    /// The reason's name.
    pub reason: String,
    /// What they say.
    pub words: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds; none while it waits.
    pub decided_at: Option<i64>,
    /// What was decided.
    pub decision: Option<String>,
}

impl Store {
    /// All apps that a person keeps: address, and since when.
    ///
    /// # Errors
    /// The database's.
    pub async fn favourites_told(&self, user: UserId) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "select a.slug, f.created_at from favourites f join apps a on a.id = f.app_id where f.user_id = $1 \
             order by f.created_at desc",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// All reviews that a person wrote.
    ///
    /// # Errors
    /// The database's.
    pub async fn reviews_told(&self, user: UserId) -> Result<Vec<ToldReviewRow>> {
        Ok(sqlx::query_as(
            "select a.slug, v.stars, v.words, v.created_at, v.updated_at, v.reply from reviews v \
             join apps a on a.id = v.app_id where v.user_id = $1 order by v.id",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// All reports that a person sent.
    ///
    /// # Errors
    /// The database's.
    pub async fn reports_told(&self, user: UserId) -> Result<Vec<ToldReportRow>> {
        Ok(sqlx::query_as(
            "select a.slug, p.reason, p.words, p.created_at, p.decided_at, p.decision from reports p \
             join apps a on a.id = p.app_id where p.user_id = $1 order by p.id",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?)
    }
}
