//! Apps, as those see them who look after the marketplace: taken down, put back, featured, moved between shelves.

use vision_protocol::ids::{AppId, RunId, Slug};

use super::{NewAuditLine, Result, Store, first, parsed};

/// An app, for reviewers.
#[derive(Clone, sqlx::FromRow)]
pub struct AppOverviewRow {
    /// The id.
    pub id: i64,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The shelf.
    pub category: String,
    /// Who made it.
    pub author_id: i64,
    /// The author's name.
    pub author: String,
    /// The release that everybody runs.
    pub published_release: Option<i64>,
    /// Milliseconds; none for one that is not taken down.
    pub suspended_at: Option<i64>,
    /// Why.
    pub suspended_reason: Option<String>,
    /// Its place among the featured ones.
    pub featured: Option<i64>,
}

impl Store {
    /// An app by its address, whatever its state.
    ///
    /// # Errors
    /// The database's.
    pub async fn app_overview(&self, slug: &Slug) -> Result<Option<AppOverviewRow>> {
        Ok(sqlx::query_as(
            "select a.id, a.slug, a.name, a.category, a.author_id, u.name as author, a.published_release, \
             a.suspended_at, a.suspended_reason, a.featured from apps a join users u on u.id = a.author_id \
             where a.slug = $1",
        )
        .bind(slug.as_str())
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Takes an app down, or puts it back (without a reason). Says whether anything changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn suspend_app(&self, id: AppId, reason: Option<&str>, line: &NewAuditLine) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "update apps set suspended_at = $1, suspended_reason = $2, updated_at = $3 where id = $4 \
             and (case when suspended_at is null then 0 else 1 end) <> $5",
        )
        .bind(reason.map(|_| line.at))
        .bind(reason)
        .bind(line.at)
        .bind(id.0)
        .bind(i64::from(reason.is_some()))
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        let shelf = Self::shelf_of(&mut transaction, id.0).await?;
        self.relist(&mut transaction, id.0, &shelf, line.at).await?;
        Self::write_audit(&mut transaction, line).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Runs of an app that wait or are being executed.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs_under_way_at(&self, app: AppId) -> Result<Vec<RunId>> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select j.subject from jobs j join runs r on r.id = j.subject join releases l on l.id = r.release_id \
             where j.kind = 'execute-run' and l.app_id = $1",
        )
        .bind(app.0)
        .fetch_all(&self.pool)
        .await?;
        first(rows).iter().map(|id| parsed(id, "run id")).collect()
    }
}
