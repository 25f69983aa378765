//! People who ask to become authors.

use vision_protocol::ids::UserId;

use super::{NewAuditLine, Result, Store, StoreError, taken};

/// A request.
#[derive(Clone, sqlx::FromRow)]
pub struct AuthorRequestRow {
    /// The id.
    pub id: i64,
    /// Who asks.
    pub user_id: i64,
    /// Their name.
    pub name: String,
    /// Their email.
    pub email: String,
    /// What they say.
    pub words: String,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds; none while it waits.
    pub decided_at: Option<i64>,
    /// 1 if they may publish now, 0 if not; none while it waits.
    pub granted: Option<i64>,
    /// Why not.
    pub reason: Option<String>,
}

/// What was decided.
pub struct AuthorDecision<'a> {
    /// The request.
    pub id: i64,
    /// The role that the person gets; none if it is refused.
    pub role: Option<&'a str>,
    /// The role that the person must still have for that.
    pub instead_of: &'a str,
    /// Why not.
    pub reason: Option<&'a str>,
}

const SELECT: &str = "select q.id, q.user_id, u.name, u.email, q.words, q.created_at, q.decided_at, q.granted, \
     q.reason from author_requests q join users u on u.id = q.user_id";

impl Store {
    /// Adds a request.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if one of this person waits already.
    pub async fn create_author_request(&self, user: UserId, words: &str, now: i64) -> Result<()> {
        sqlx::query("insert into author_requests (user_id, words, created_at) values ($1, $2, $3)")
            .bind(user.0)
            .bind(words)
            .bind(now)
            .execute(&self.pool)
            .await
            .map_err(taken)?;
        Ok(())
    }

    /// A person's newest request.
    ///
    /// # Errors
    /// The database's.
    pub async fn author_request_of(&self, user: UserId) -> Result<Option<AuthorRequestRow>> {
        let sql = format!("{SELECT} where q.user_id = $1 order by q.id desc limit 1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user.0).fetch_optional(&self.pool).await?)
    }

    /// Requests that wait, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn author_requests(&self, limit: i64) -> Result<Vec<AuthorRequestRow>> {
        let sql = format!("{SELECT} where q.decided_at is null order by q.id limit $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&self.pool).await?)
    }

    /// Decides a request that waits: whose it was, or none if it waits no more.
    ///
    /// # Errors
    /// The database's.
    pub async fn decide_author_request(
        &self,
        decision: &AuthorDecision<'_>,
        line: &mut NewAuditLine,
    ) -> Result<Option<UserId>> {
        let mut transaction = self.write().await?;
        let by = line.actor.ok_or(StoreError::Corrupt("decision without a person"))?;
        let row: Option<(i64,)> = sqlx::query_as(
            "update author_requests set decided_at = $1, decided_by = $2, granted = $3, reason = $4 \
             where id = $5 and decided_at is null returning user_id",
        )
        .bind(line.at)
        .bind(by.0)
        .bind(i64::from(decision.role.is_some()))
        .bind(decision.reason)
        .bind(decision.id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((user,)) = row else { return Ok(None) };
        if let Some(role) = decision.role {
            sqlx::query("update users set role = $1 where id = $2 and role = $3")
                .bind(role)
                .bind(user)
                .bind(decision.instead_of)
                .execute(&mut *transaction)
                .await?;
        }
        line.subject = user.to_string();
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(Some(UserId(user)))
    }
}
