//! Keys that sign links, wrapped by the master key.

use super::{Result, Store};

/// A signing key.
#[derive(Clone, sqlx::FromRow)]
pub struct SigningKeyRow {
    /// The number that links carry.
    pub number: i64,
    /// Wrapped by the master key.
    pub secret: Vec<u8>,
    /// Milliseconds.
    pub created_at: i64,
}

impl Store {
    /// The keys made since `since`, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn signing_keys(&self, since: i64) -> Result<Vec<SigningKeyRow>> {
        Ok(sqlx::query_as(
            "select number, secret, created_at from signing_keys where created_at >= $1 order by number desc",
        )
        .bind(since)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Adds the next key, unless one was made since `newer_than`; `wrap` makes its wrapped secret once its number
    /// is known. Removes keys from before `older_than`.
    ///
    /// # Errors
    /// The database's.
    pub async fn rotate_signing_key(
        &self,
        newer_than: i64,
        older_than: i64,
        now: i64,
        wrap: impl FnOnce(i64) -> Vec<u8>,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        let (newest, created): (i64, i64) = sqlx::query_as(
            "select cast(coalesce(max(number), 0) as bigint), cast(coalesce(max(created_at), 0) as bigint) \
             from signing_keys",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if created < newer_than {
            // Two portals that rotate at the same moment both get a key, and one number: the first one's.
            sqlx::query(
                "insert into signing_keys (number, secret, created_at) values ($1, $2, $3) \
                 on conflict (number) do nothing",
            )
            .bind(newest + 1)
            .bind(wrap(newest + 1))
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("delete from signing_keys where created_at < $1")
            .bind(older_than)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}
