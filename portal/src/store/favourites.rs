//! Apps that people keep at hand.

use vision_protocol::ids::{AppId, UserId};

use super::{AppListing, Result, Store, first};

impl Store {
    /// Keeps an app, or no longer.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_favourite(&self, user: UserId, app: AppId, on: bool, now: i64) -> Result<()> {
        if on {
            sqlx::query(
                "insert into favourites (user_id, app_id, created_at) values ($1, $2, $3) \
                 on conflict (user_id, app_id) do nothing",
            )
            .bind(user.0)
            .bind(app.0)
            .bind(now)
            .execute(&self.pool)
            .await?;
        } else {
            sqlx::query("delete from favourites where user_id = $1 and app_id = $2")
                .bind(user.0)
                .bind(app.0)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }

    /// Whether a person keeps an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_favourite(&self, user: UserId, app: AppId) -> Result<bool> {
        let row: Option<(i64,)> =
            sqlx::query_as("select created_at from favourites where user_id = $1 and app_id = $2")
                .bind(user.0)
                .bind(app.0)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    /// The listed apps that a person keeps, the last one first.
    ///
    /// # Errors
    /// The database's.
    pub async fn favourites(&self, user: UserId, limit: i64, offset: i64) -> Result<Vec<AppListing>> {
        let rows = sqlx::query_as(
            "select f.app_id from favourites f join apps a on a.id = f.app_id \
             where f.user_id = $1 and a.listed = 1 order by f.created_at desc, f.app_id limit $2 offset $3",
        )
        .bind(user.0)
        .bind(limit)
        .bind(offset)
        .fetch_all(&self.pool)
        .await?;
        self.apps_by_id(&first(rows)).await
    }

    /// How many listed apps a person keeps, at most `most`.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_favourites(&self, user: UserId, most: i64) -> Result<i64> {
        let (count,) = sqlx::query_as(
            "select cast(count(*) as bigint) from (select f.app_id from favourites f join apps a on a.id = f.app_id \
             where f.user_id = $1 and a.listed = 1 limit $2) counted",
        )
        .bind(user.0)
        .bind(most)
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }
}
