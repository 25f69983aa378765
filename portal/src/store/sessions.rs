//! Who is logged in.

use vision_protocol::ids::UserId;

use super::{Result, Store};

/// A session with its person.
#[derive(Clone, sqlx::FromRow)]
pub struct SessionRow {
    /// The token of its forms.
    pub csrf: String,
    /// Milliseconds; to some minutes.
    pub seen_at: Option<i64>,
    /// The person's id.
    pub user_id: i64,
    /// The person's email.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The role's name.
    pub role: String,
    /// When the account was made.
    pub user_created_at: i64,
}

/// A session in its person's list.
#[derive(Clone, sqlx::FromRow)]
pub struct SessionLineRow {
    /// SHA-256 of the token.
    pub id: String,
    /// Browser and system, in words; empty if unknown.
    pub device: String,
    /// From where it was begun; empty if unknown.
    pub address: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds; to some minutes.
    pub seen_at: Option<i64>,
}

/// A session to be.
pub struct NewSession<'a> {
    /// SHA-256 of the token.
    pub digest: &'a str,
    /// Who logs in.
    pub user: UserId,
    /// The token of its forms.
    pub csrf: &'a str,
    /// Browser and system, in words.
    pub device: &'a str,
    /// From where.
    pub address: &'a str,
    /// Milliseconds.
    pub now: i64,
    /// Milliseconds.
    pub expires_at: i64,
}

impl Store {
    /// Begins a session.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_session(&self, new: &NewSession<'_>) -> Result<()> {
        sqlx::query(
            "insert into sessions (id, user_id, csrf, created_at, expires_at, device, address, seen_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $4)",
        )
        .bind(new.digest)
        .bind(new.user.0)
        .bind(new.csrf)
        .bind(new.now)
        .bind(new.expires_at)
        .bind(new.device)
        .bind(new.address)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Where a person is logged in, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_of(&self, user: UserId, now: i64) -> Result<Vec<SessionLineRow>> {
        Ok(sqlx::query_as(
            "select id, device, address, created_at, seen_at from sessions where user_id = $1 and expires_at > $2 \
             order by created_at desc, id limit 200",
        )
        .bind(user.0)
        .bind(now)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Ends a session of this person. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_session(&self, user: UserId, digest: &str) -> Result<bool> {
        let done = sqlx::query("delete from sessions where id = $1 and user_id = $2")
            .bind(digest)
            .bind(user.0)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends all sessions of this person but one.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_other_sessions(&self, user: UserId, keep: &str) -> Result<u64> {
        let done = sqlx::query("delete from sessions where user_id = $1 and id <> $2")
            .bind(user.0)
            .bind(keep)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The database's.
    pub async fn touch_session(&self, digest: &str, now: i64) -> Result<()> {
        sqlx::query("update sessions set seen_at = $1 where id = $2")
            .bind(now)
            .bind(digest)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The session under the digest of a token, unless it has expired or its person is
    /// suspended or gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, digest: &str, now: i64) -> Result<Option<SessionRow>> {
        Ok(sqlx::query_as(
            "select s.csrf, s.seen_at, s.user_id, u.email, u.name, u.role, u.created_at as user_created_at \
             from sessions s join users u on u.id = s.user_id where s.id = $1 and s.expires_at > $2 \
             and u.suspended_at is null and u.ended_at is null",
        )
        .bind(digest)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_session(&self, digest: &str) -> Result<()> {
        sqlx::query("delete from sessions where id = $1").bind(digest).execute(&self.pool).await?;
        Ok(())
    }

    /// Removes expired sessions.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_sessions(&self, now: i64) -> Result<()> {
        sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(&self.pool).await?;
        Ok(())
    }
}
