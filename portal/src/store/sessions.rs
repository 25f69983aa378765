//! Who is logged in.

use vision_protocol::ids::UserId;

use super::{Result, Store};

/// A session with its person.
#[derive(Clone, sqlx::FromRow)]
pub struct SessionRow {
    /// The token of its forms.
    pub csrf: String,
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

impl Store {
    /// Begins a session under the digest of its token.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_session(
        &self,
        digest: &str,
        user: UserId,
        csrf: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<()> {
        sqlx::query("insert into sessions (id, user_id, csrf, created_at, expires_at) values ($1, $2, $3, $4, $5)")
            .bind(digest)
            .bind(user.0)
            .bind(csrf)
            .bind(now)
            .bind(expires_at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The session under the digest of a token, unless it has expired.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, digest: &str, now: i64) -> Result<Option<SessionRow>> {
        Ok(sqlx::query_as(
            "select s.csrf, s.user_id, u.email, u.name, u.role, u.created_at as user_created_at \
             from sessions s join users u on u.id = s.user_id where s.id = $1 and s.expires_at > $2",
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
