//! Runs with which an author tests a release, and the runs of an app as its author sees them.

use vision_protocol::ids::{AppId, ReleaseId, RunId, UserId};

use super::{Result, Store, first, parsed};

/// A run with which a release is tested.
#[derive(Clone, sqlx::FromRow)]
pub struct TrialRow {
    /// What it is called.
    pub name: String,
    /// JSON: what is expected, by result variable.
    pub expected: String,
    /// How far each number may be off.
    pub tolerance: f64,
    /// The run.
    pub run_id: String,
    /// The version of the release that it is held against.
    pub baseline_version: Option<String>,
    /// The same inputs on that release.
    pub baseline_run: Option<String>,
}

/// A trial to be.
pub struct NewTrial<'a> {
    /// The release that is tested.
    pub release: ReleaseId,
    /// Who tests it.
    pub user: UserId,
    /// What it is called.
    pub name: &'a str,
    /// JSON: what is expected, by result variable.
    pub expected: &'a str,
    /// How far each number may be off.
    pub tolerance: f64,
    /// The run.
    pub run: RunId,
    /// The release that it is held against, and the same inputs there.
    pub baseline: Option<(ReleaseId, RunId)>,
    /// Milliseconds.
    pub now: i64,
}

/// A run, as the app's author sees it.
#[derive(Clone, sqlx::FromRow)]
pub struct LiveRow {
    /// The run.
    pub id: String,
    /// Whose it is.
    pub user_id: i64,
    /// What was run.
    pub release_id: i64,
    /// The release's version.
    pub version: String,
    /// The status's name.
    pub status: String,
    /// The kind of its failure.
    pub failure: Option<String>,
    /// Milliseconds.
    pub created_at: i64,
    /// Milliseconds.
    pub started_at: Option<i64>,
    /// Milliseconds.
    pub finished_at: Option<i64>,
}

impl Store {
    /// Adds a trial.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_trial(&self, new: &NewTrial<'_>) -> Result<()> {
        sqlx::query(
            "insert into trials (release_id, user_id, name, expected, tolerance, run_id, baseline_release, \
             baseline_run, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(new.release.0)
        .bind(new.user.0)
        .bind(new.name)
        .bind(new.expected)
        .bind(new.tolerance)
        .bind(new.run.to_string())
        .bind(new.baseline.map(|(release, _)| release.0))
        .bind(new.baseline.map(|(_, run)| run.to_string()))
        .bind(new.now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The trials of a release by one person, in the order in which they were begun.
    ///
    /// # Errors
    /// The database's.
    pub async fn trials(&self, release: ReleaseId, user: UserId) -> Result<Vec<TrialRow>> {
        Ok(sqlx::query_as(
            "select t.name, t.expected, t.tolerance, t.run_id, b.version as baseline_version, t.baseline_run \
             from trials t left join releases b on b.id = t.baseline_release \
             where t.release_id = $1 and t.user_id = $2 order by t.id limit 100",
        )
        .bind(release.0)
        .bind(user.0)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Forgets the trials of a release by one person: those with or without something expected. Their runs stay.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_trials(&self, release: ReleaseId, user: UserId, of_examples: bool) -> Result<()> {
        let sql = match of_examples {
            true => "delete from trials where release_id = $1 and user_id = $2 and expected <> ''",
            false => "delete from trials where release_id = $1 and user_id = $2 and expected = ''",
        };
        sqlx::query(sql).bind(release.0).bind(user.0).execute(&self.pool).await?;
        Ok(())
    }

    /// A person's runs of one release among their last two hundred, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn own_runs_of_release(&self, user: UserId, release: ReleaseId, limit: i64) -> Result<Vec<RunId>> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select id from (select id, release_id, created_at from runs where user_id = $1 \
             order by created_at desc limit 200) mine where release_id = $2 order by created_at desc limit $3",
        )
        .bind(user.0)
        .bind(release.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        first(rows).iter().map(|id| parsed(id, "run id")).collect()
    }

    /// The newest releases of an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn newest_releases(&self, app: AppId, limit: i64) -> Result<Vec<ReleaseId>> {
        let rows: Vec<(i64,)> = sqlx::query_as("select id from releases where app_id = $1 order by id desc limit $2")
            .bind(app.0)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(first(rows).into_iter().map(ReleaseId).collect())
    }

    /// The newest runs of a release.
    ///
    /// # Errors
    /// The database's.
    pub async fn newest_runs(&self, release: ReleaseId, limit: i64) -> Result<Vec<LiveRow>> {
        Ok(sqlx::query_as(
            "select r.id, r.user_id, r.release_id, l.version, r.status, r.failure, r.created_at, r.started_at, \
             r.finished_at from runs r join releases l on l.id = r.release_id \
             where r.release_id = $1 order by r.created_at desc limit $2",
        )
        .bind(release.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Notes the kind of a run's failure.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_failure(&self, run: RunId, kind: &str) -> Result<()> {
        sqlx::query("update runs set failure = $1 where id = $2")
            .bind(kind)
            .bind(run.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
