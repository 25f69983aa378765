//! Who sees an app.

use vision_protocol::ids::{AppId, UserId};

use super::{Result, Store};

/// What decides who sees an app.
#[derive(Clone, sqlx::FromRow)]
pub struct AccessRow {
    /// Whose app it is.
    pub author_id: i64,
    /// The visibility's name.
    pub visibility: String,
    /// Of the link that is good now.
    pub share_generation: i64,
}

impl Store {
    /// What decides who sees an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn access(&self, app: AppId) -> Result<Option<AccessRow>> {
        Ok(sqlx::query_as("select author_id, visibility, share_generation from apps where id = $1")
            .bind(app.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// The generation of the link that brought a person to an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn guest(&self, app: AppId, user: UserId) -> Result<Option<i64>> {
        let row: Option<(i64,)> =
            sqlx::query_as("select generation from app_guests where app_id = $1 and user_id = $2")
                .bind(app.0)
                .bind(user.0)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(generation,)| generation))
    }

    /// Notes that a person opened the link of an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn admit_guest(&self, app: AppId, user: UserId, generation: i64, now: i64) -> Result<()> {
        sqlx::query(
            "insert into app_guests (app_id, user_id, generation, created_at) values ($1, $2, $3, $4) \
             on conflict (app_id, user_id) do update set generation = excluded.generation",
        )
        .bind(app.0)
        .bind(user.0)
        .bind(generation)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many people hold the link that is good now, counted up to a thousand.
    ///
    /// # Errors
    /// The database's.
    pub async fn guests(&self, app: AppId) -> Result<i64> {
        let (count,) = sqlx::query_as(
            "select cast(count(*) as bigint) from (select g.user_id from app_guests g join apps a on a.id = g.app_id \
             where g.app_id = $1 and g.generation = a.share_generation limit 1000) counted",
        )
        .bind(app.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }

    /// Says who sees an app from now on.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_visibility(&self, app: AppId, visibility: &str, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        let shelf = Self::shelf_of(&mut transaction, app.0).await?;
        sqlx::query("update apps set visibility = $1 where id = $2")
            .bind(visibility)
            .bind(app.0)
            .execute(&mut *transaction)
            .await?;
        self.relist(&mut transaction, app.0, &shelf, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Makes the link of an app another one: who came by an older one is no guest any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn renew_share_link(&self, app: AppId) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("update apps set share_generation = share_generation + 1 where id = $1")
            .bind(app.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from app_guests where app_id = $1").bind(app.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}
