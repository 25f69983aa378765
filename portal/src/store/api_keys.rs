//! Keys to the API. The database knows digests only.

use vision_protocol::ids::{KeyId, UserId};

use super::{Result, Store, taken};

/// A key, as its owner sees it.
#[derive(Clone, sqlx::FromRow)]
pub struct KeyRow {
    /// The id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// Names of scopes with a blank between them.
    pub scopes: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub expires_at: Option<i64>,
    /// Milliseconds.
    pub last_used_at: Option<i64>,
}

/// A key with its owner.
#[derive(Clone, sqlx::FromRow)]
pub struct KeyHolderRow {
    /// The key's id.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// Names of scopes with a blank between them.
    pub scopes: String,
    /// Milliseconds.
    pub expires_at: Option<i64>,
    /// Milliseconds.
    pub last_used_at: Option<i64>,
    /// The owner's id.
    pub user_id: i64,
    /// The owner's email.
    pub email: String,
    /// The owner's name.
    pub user_name: String,
    /// The name of the owner's role.
    pub role: String,
    /// When the owner's account was made.
    pub user_created_at: i64,
}

/// A key to be.
pub struct NewKeyRow<'a> {
    /// Whose it is.
    pub user: UserId,
    /// What its owner calls it.
    pub name: &'a str,
    /// SHA-256 of the key.
    pub digest: &'a str,
    /// How it begins.
    pub prefix: &'a str,
    /// Names of scopes with a blank between them.
    pub scopes: &'a str,
    /// Milliseconds.
    pub now: i64,
    /// Milliseconds.
    pub expires_at: Option<i64>,
}

impl Store {
    /// Adds a key, unless its owner has `most` already: then there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_key(&self, new: &NewKeyRow<'_>, most: i64) -> Result<Option<KeyId>> {
        let mut transaction = self.write().await?;
        let (count,): (i64,) = sqlx::query_as("select cast(count(*) as bigint) from api_keys where user_id = $1")
            .bind(new.user.0)
            .fetch_one(&mut *transaction)
            .await?;
        if count >= most {
            return Ok(None);
        }
        let (id,): (i64,) = sqlx::query_as(
            "insert into api_keys (user_id, name, digest, prefix, scopes, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7) returning id",
        )
        .bind(new.user.0)
        .bind(new.name)
        .bind(new.digest)
        .bind(new.prefix)
        .bind(new.scopes)
        .bind(new.now)
        .bind(new.expires_at)
        .fetch_one(&mut *transaction)
        .await
        .map_err(taken)?;
        transaction.commit().await?;
        Ok(Some(KeyId(id)))
    }

    /// A person's keys, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys_of(&self, user: UserId) -> Result<Vec<KeyRow>> {
        Ok(sqlx::query_as(
            "select id, name, prefix, scopes, created_at, expires_at, last_used_at from api_keys \
             where user_id = $1 order by id desc",
        )
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The key of that digest, expired or not, with its owner; none while its owner is suspended.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_holder(&self, digest: &str) -> Result<Option<KeyHolderRow>> {
        Ok(sqlx::query_as(
            "select k.id, k.name, k.scopes, k.expires_at, k.last_used_at, k.user_id, u.email, u.name as user_name, \
             u.role, u.created_at as user_created_at from api_keys k join users u on u.id = k.user_id \
             where k.digest = $1 and u.suspended_at is null and u.ended_at is null",
        )
        .bind(digest)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Notes that a key was used.
    ///
    /// # Errors
    /// The database's.
    pub async fn touch_key(&self, key: KeyId, now: i64) -> Result<()> {
        sqlx::query("update api_keys set last_used_at = $1 where id = $2")
            .bind(now)
            .bind(key.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes a person's key. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_key(&self, user: UserId, key: KeyId) -> Result<bool> {
        let done = sqlx::query("delete from api_keys where id = $1 and user_id = $2")
            .bind(key.0)
            .bind(user.0)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
