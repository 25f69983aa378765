//! Links that let one person sign up.

use vision_protocol::ids::UserId;

use super::{NewAuditLine, Result, Store, taken};

/// An invitation.
#[derive(Clone, sqlx::FromRow)]
pub struct InvitationRow {
    /// The id.
    pub id: i64,
    /// For whom it is, in the words of who made it.
    pub note: String,
    /// Who made it.
    pub made_by: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub expires_at: i64,
    /// Milliseconds; none if it is still to be used.
    pub used_at: Option<i64>,
}

impl Store {
    /// Adds an invitation.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_invitation(
        &self,
        digest: &str,
        note: &str,
        by: UserId,
        expires_at: i64,
        line: &NewAuditLine,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "insert into invitations (digest, note, made_by, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(digest)
        .bind(note)
        .bind(by.0)
        .bind(line.at)
        .bind(expires_at)
        .execute(&mut *transaction)
        .await
        .map_err(taken)?;
        Self::write_audit(&mut transaction, line).await?;
        Ok(transaction.commit().await?)
    }

    /// The newest invitations.
    ///
    /// # Errors
    /// The database's.
    pub async fn invitations(&self, limit: i64) -> Result<Vec<InvitationRow>> {
        Ok(sqlx::query_as(
            "select i.id, i.note, u.name as made_by, i.created_at, i.expires_at, i.used_at from invitations i \
             join users u on u.id = i.made_by order by i.id desc limit $1",
        )
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Whether an invitation can still be used.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_invited(&self, digest: &str, now: i64) -> Result<bool> {
        let row: Option<(i64,)> =
            sqlx::query_as("select id from invitations where digest = $1 and used_at is null and expires_at > $2")
                .bind(digest)
                .bind(now)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    /// Uses an invitation up. Says whether it could still be used.
    ///
    /// # Errors
    /// The database's.
    pub async fn use_invitation(&self, digest: &str, now: i64) -> Result<bool> {
        let done = sqlx::query(
            "update invitations set used_at = $1 where digest = $2 and used_at is null and expires_at > $1",
        )
        .bind(now)
        .bind(digest)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes an invitation back that nobody has used. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_invitation(&self, id: i64, line: &NewAuditLine) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query("delete from invitations where id = $1 and used_at is null")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(true)
    }
}
