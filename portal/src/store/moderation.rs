//! Reports of apps, for those who decide about them.

use super::{NewAuditLine, Result, Store};

/// A report that waits.
#[derive(Clone, sqlx::FromRow)]
pub struct OpenReportRow {
    /// The id.
    pub id: i64,
    /// The app's address.
    pub slug: String,
    /// The app's name.
    pub app_name: String,
    /// Who says so.
    pub user_id: i64,
    /// Their name.
    pub user_name: String,
    /// The reason's name.
    pub reason: String,
    /// What they say.
    pub words: String,
    /// Milliseconds.
    pub created_at: i64,
}

const SELECT: &str = "select p.id, a.slug, a.name as app_name, p.user_id, u.name as user_name, p.reason, p.words, \
     p.created_at from reports p join apps a on a.id = p.app_id join users u on u.id = p.user_id";

impl Store {
    /// Reports that wait, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_reports(&self, limit: i64) -> Result<Vec<OpenReportRow>> {
        let sql =
            format!("{SELECT} where p.decided_at is null and p.created_at > 0 order by p.created_at, p.id limit $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&self.pool).await?)
    }

    /// A report that waits.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_report(&self, id: i64) -> Result<Option<OpenReportRow>> {
        let sql = format!("{SELECT} where p.id = $1 and p.decided_at is null");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?)
    }

    /// Decides a report that waits. Says whether it did.
    ///
    /// # Errors
    /// The database's.
    pub async fn decide_report(&self, id: i64, decision: &str, line: &NewAuditLine) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update reports set decided_at = $1, decided_by = $2, decision = $3 where id = $4 and decided_at is null",
        )
        .bind(line.at)
        .bind(line.actor.map(|actor| actor.0))
        .bind(decision)
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
