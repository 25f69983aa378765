//! Ending an account: what is told of a person goes, at once or by the jobs that remove runs and files.

use vision_protocol::ids::{RunId, UserId};

use super::{Result, Store, first, parsed};

/// What others see in the place of a name from then on.
const NOBODY: &str = "A former member";

/// What a person has, besides runs and apps. Runs are removed batch by batch.
const OWN: [&str; 8] = [
    "delete from feedback where user_id = $1",
    "delete from figure_people where user_id = $1",
    "delete from sessions where user_id = $1",
    "delete from api_keys where user_id = $1",
    "delete from password_resets where user_id = $1",
    "delete from author_requests where user_id = $1",
    "delete from favourites where user_id = $1",
    "delete from app_people where user_id = $1",
];

impl Store {
    /// Ends an account, unless that would leave nobody with the role `keep`: the key of the person's files is gone, so
    /// that nobody reads them again; runs vanish and are left for [`Store::forget_runs`]. The row stays, for what it is
    /// the author of, and says nothing of the person. Answers with the runs that were under way; none if it was not done.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_user(&self, id: UserId, keep: &str, now: i64) -> Result<Option<Vec<RunId>>> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update users set email = $1, name = $2, name_key = '', role = 'consumer', password_hash = '', \
             data_key = $3, suspended_at = null, suspended_reason = null, ended_at = $4 \
             where id = $5 and ended_at is null and (role <> $6 or exists (select 1 from users other \
             where other.role = $6 and other.id <> $5 and other.password_hash <> '' and other.suspended_at is null))",
        )
        .bind(format!("ended:{id}"))
        .bind(NOBODY)
        .bind(Vec::new())
        .bind(now)
        .bind(id.0)
        .bind(keep)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(None);
        }
        let under_way: Vec<(String,)> =
            sqlx::query_as("select id from runs where user_id = $1 and status in ('queued', 'running')")
                .bind(id.0)
                .fetch_all(&mut *transaction)
                .await?;
        for sql in [
            "delete from jobs where kind = 'execute-run' and subject in \
             (select id from runs where user_id = $1 and status in ('queued', 'running'))",
            "update runs set keep_until = 0, app_id = null, \
             status = case when status in ('queued', 'running') then 'cancelled' else status end where user_id = $1",
            "delete from run_counts where user_id = $1",
        ]
        .iter()
        .chain(&OWN)
        {
            sqlx::query(*sql).bind(id.0).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        first(under_way).iter().map(|id| parsed(id, "run id")).collect::<Result<_>>().map(Some)
    }

    /// The published releases of a person's apps.
    ///
    /// # Errors
    /// The database's.
    pub async fn published_of(&self, author: UserId) -> Result<Vec<i64>> {
        Ok(first(
            sqlx::query_as("select published_release from apps where author_id = $1 and published_release is not null")
                .bind(author.0)
                .fetch_all(&self.pool)
                .await?,
        ))
    }
}
