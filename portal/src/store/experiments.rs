//! Two releases of an app, side by side.

use vision_protocol::ids::{AppId, ReleaseId};

use super::{Result, Store, taken};

/// Runs of one release that figures look at.
const LOOKED_AT: i64 = 1_000;

/// Two releases side by side.
#[derive(Clone, sqlx::FromRow)]
pub struct ExperimentRow {
    /// The id.
    pub id: i64,
    /// The release that was published when it began.
    pub first_release: i64,
    /// The other one.
    pub second_release: i64,
    /// How many of a hundred people get the other one.
    pub percent: i64,
    /// Milliseconds.
    pub started_at: i64,
}

impl Store {
    /// Begins to compare two releases of an app.
    ///
    /// # Errors
    /// [`StoreError::Taken`](super::StoreError::Taken) if two are compared already.
    pub async fn begin_experiment(
        &self,
        app: AppId,
        releases: (ReleaseId, ReleaseId),
        percent: i64,
        now: i64,
    ) -> Result<()> {
        sqlx::query(
            "insert into experiments (app_id, first_release, second_release, percent, started_at) \
             values ($1, $2, $3, $4, $5)",
        )
        .bind(app.0)
        .bind(releases.0.0)
        .bind(releases.1.0)
        .bind(percent)
        .bind(now)
        .execute(&self.pool)
        .await
        .map_err(taken)?;
        Ok(())
    }

    /// The releases of an app that are compared now.
    ///
    /// # Errors
    /// The database's.
    pub async fn experiment(&self, app: AppId) -> Result<Option<ExperimentRow>> {
        Ok(sqlx::query_as(
            "select id, first_release, second_release, percent, started_at from experiments \
             where app_id = $1 and ended_at is null",
        )
        .bind(app.0)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// Whether a release is the second one of two that are compared now.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_second(&self, release: ReleaseId) -> Result<bool> {
        let row: Option<(i64,)> =
            sqlx::query_as("select id from experiments where second_release = $1 and ended_at is null")
                .bind(release.0)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    /// Ends the comparison of an app. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_experiment(&self, app: AppId, winner: Option<ReleaseId>, now: i64) -> Result<bool> {
        let done =
            sqlx::query("update experiments set ended_at = $1, winner = $2 where app_id = $3 and ended_at is null")
                .bind(now)
                .bind(winner.map(|release| release.0))
                .bind(app.0)
                .execute(&self.pool)
                .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What people said of the runs of a release since a time: each verdict, counted up to a thousand altogether.
    ///
    /// # Errors
    /// The database's.
    pub async fn verdicts_since(&self, release: ReleaseId, since: i64) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "select verdict, cast(count(*) as bigint) from (select verdict from feedback where release_id = $1 \
             and created_at >= $2 order by created_at desc limit $3) counted group by verdict",
        )
        .bind(release.0)
        .bind(since)
        .bind(LOOKED_AT)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The last thousand runs of a release since a time: status, and milliseconds from its beginning to its end.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs_since(&self, release: ReleaseId, since: i64) -> Result<Vec<(String, Option<i64>)>> {
        Ok(sqlx::query_as(
            "select status, finished_at - started_at from runs where release_id = $1 and created_at >= $2 \
             order by created_at desc limit $3",
        )
        .bind(release.0)
        .bind(since)
        .bind(LOOKED_AT)
        .fetch_all(&self.pool)
        .await?)
    }
}
