//! Stars and words that people give apps, and what authors answer. The stars of an app are counted where they change.

use std::{fmt, str::FromStr};

use serde::Deserialize;
use sqlx::AnyConnection;
use vision_protocol::ids::{AppId, ParseIdError, UserId};

use super::{Result, Store};

/// A review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ReviewId(pub i64);

impl fmt::Display for ReviewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ReviewId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| ParseIdError("review id"))
    }
}

/// A review, with the name of who wrote it.
#[derive(Clone, sqlx::FromRow)]
pub struct ReviewRow {
    /// The id.
    pub id: i64,
    /// Which app.
    pub app_id: i64,
    /// Who wrote it.
    pub user_id: i64,
    /// Their name.
    pub name: String,
    /// Whether they have an account that works: 0 or 1.
    pub is_member: i64,
    /// One to five.
    pub stars: i64,
    /// May be empty.
    pub words: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub updated_at: i64,
    /// The author's.
    pub reply: Option<String>,
    /// Milliseconds.
    pub replied_at: Option<i64>,
}

/// A rating among few weighs as if so many others had given [`MIDDLE`].
const DRAWN_BY: &str = "5.0";
/// Stars that nobody is surprised by.
const MIDDLE: &str = "3.5";

const SELECT: &str = "select v.id, v.app_id, v.user_id, u.name, \
     cast(case when u.ended_at is null and u.suspended_at is null then 1 else 0 end as bigint) as is_member, v.stars, v.words, v.created_at, \
     v.updated_at, v.reply, v.replied_at from reviews v join users u on u.id = v.user_id";

impl Store {
    /// Writes a person's review of an app, or writes it anew; a reply to the old one stays.
    ///
    /// # Errors
    /// The database's.
    pub async fn put_review(&self, user: UserId, app: AppId, stars: i64, words: &str, now: i64) -> Result<()> {
        let mut transaction = self.write().await?;
        Self::lock_stars(&mut transaction, app).await?;
        let before = Self::stars_of(&mut transaction, user, app).await?;
        sqlx::query(
            "insert into reviews (app_id, user_id, stars, words, created_at, updated_at) \
             values ($1, $2, $3, $4, $5, $5) on conflict (app_id, user_id) do update set stars = excluded.stars, \
             words = excluded.words, updated_at = excluded.updated_at",
        )
        .bind(app.0)
        .bind(user.0)
        .bind(stars)
        .bind(words)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        Self::count_stars(&mut transaction, app, before, Some(stars)).await?;
        Ok(transaction.commit().await?)
    }

    /// Deletes a person's review of an app. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_review(&self, user: UserId, app: AppId) -> Result<bool> {
        let mut transaction = self.write().await?;
        Self::lock_stars(&mut transaction, app).await?;
        let before = Self::stars_of(&mut transaction, user, app).await?;
        sqlx::query("delete from reviews where app_id = $1 and user_id = $2")
            .bind(app.0)
            .bind(user.0)
            .execute(&mut *transaction)
            .await?;
        Self::count_stars(&mut transaction, app, before, None).await?;
        transaction.commit().await?;
        Ok(before.is_some())
    }

    /// Nobody else counts this app's stars until the transaction has ended.
    async fn lock_stars(connection: &mut AnyConnection, app: AppId) -> Result<()> {
        sqlx::query("update apps set rating_count = rating_count where id = $1")
            .bind(app.0)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn stars_of(connection: &mut AnyConnection, user: UserId, app: AppId) -> Result<Option<i64>> {
        let row: Option<(i64,)> = sqlx::query_as("select stars from reviews where app_id = $1 and user_id = $2")
            .bind(app.0)
            .bind(user.0)
            .fetch_optional(connection)
            .await?;
        Ok(row.map(|(stars,)| stars))
    }

    async fn count_stars(
        connection: &mut AnyConnection,
        app: AppId,
        before: Option<i64>,
        after: Option<i64>,
    ) -> Result<()> {
        let changes: Vec<String> = (1..=5)
            .map(|stars| {
                let change = i64::from(after == Some(stars)) - i64::from(before == Some(stars));
                format!("stars_{stars} = stars_{stars} + ({change})")
            })
            .collect();
        let counts = format!("update apps set {} where id = $1", changes.join(", "));
        let sums = format!(
            "update apps set rating_count = n, \
             rating_avg = case when n = 0 then 0.0 else (s + 0.0) / n end, \
             rating_rank = case when n = 0 then 0.0 else (s + {DRAWN_BY} * {MIDDLE}) / (n + {DRAWN_BY}) end \
             from (select id as of_app, stars_1 + stars_2 + stars_3 + stars_4 + stars_5 as n, \
             stars_1 + 2 * stars_2 + 3 * stars_3 + 4 * stars_4 + 5 * stars_5 as s from apps where id = $1) as counted \
             where apps.id = counted.of_app"
        );
        for sql in [counts, sums] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(app.0).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// The reviews of an app, the one written last first.
    ///
    /// # Errors
    /// The database's.
    pub async fn reviews(&self, app: AppId, limit: i64, offset: i64) -> Result<Vec<ReviewRow>> {
        let sql = format!("{SELECT} where v.app_id = $1 order by v.updated_at desc, v.id desc limit $2 offset $3");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(app.0).bind(limit).bind(offset).fetch_all(&self.pool).await?)
    }

    /// A person's review of an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn review_of(&self, user: UserId, app: AppId) -> Result<Option<ReviewRow>> {
        let sql = format!("{SELECT} where v.app_id = $1 and v.user_id = $2");
        let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(app.0).bind(user.0);
        Ok(query.fetch_optional(&self.pool).await?)
    }

    /// The app of a review: its address and its author.
    ///
    /// # Errors
    /// The database's.
    pub async fn app_of_review(&self, review: ReviewId) -> Result<Option<(String, i64)>> {
        Ok(sqlx::query_as("select a.slug, a.author_id from reviews v join apps a on a.id = v.app_id where v.id = $1")
            .bind(review.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Writes the author's reply, or takes it back.
    ///
    /// # Errors
    /// The database's.
    pub async fn reply(&self, review: ReviewId, words: Option<&str>, now: i64) -> Result<()> {
        sqlx::query("update reviews set reply = $1, replied_at = $2 where id = $3")
            .bind(words)
            .bind(words.map(|_| now))
            .bind(review.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
