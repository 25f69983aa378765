//! What people say of their runs. Comment and correction are sealed before they come here; verdict and label are not.
//!
//! Counts per day and per label are kept by triggers, so that whatever deletes a run or a person leaves them right.

use vision_protocol::ids::{AppId, ReleaseId, RunId, UserId};

use super::{Result, Store};

/// Feedback on a run.
#[derive(Clone, sqlx::FromRow)]
pub struct FeedbackRow {
    /// The run.
    pub run_id: String,
    /// Whose run it is.
    pub user_id: i64,
    /// What was run.
    pub release_id: i64,
    /// The verdict's name.
    pub verdict: String,
    /// Sealed JSON.
    pub body: Vec<u8>,
    /// Whether the author may use the photo: 0 or 1.
    pub consent: i64,
    /// Milliseconds.
    pub created_at: i64,
    /// The person's data key, wrapped.
    pub data_key: Vec<u8>,
}

/// Feedback to be kept.
pub struct NewFeedback<'a> {
    /// The run.
    pub run: RunId,
    /// Whose run it is.
    pub user: UserId,
    /// The app.
    pub app: AppId,
    /// What was run.
    pub release: ReleaseId,
    /// The verdict's name.
    pub verdict: &'a str,
    /// The right label, or nothing.
    pub label: &'a str,
    /// Sealed JSON.
    pub body: &'a [u8],
    /// Whether the author may use the photo.
    pub consent: bool,
    /// Milliseconds.
    pub now: i64,
}

/// A photo that somebody lets an author use.
#[derive(Clone, sqlx::FromRow)]
pub struct ConsentRow {
    /// The run.
    pub run_id: String,
    /// The app's address.
    pub slug: String,
    /// The manifest of the release, JSON.
    pub manifest: String,
    /// Milliseconds.
    pub consented_at: Option<i64>,
    /// The photo, if it is there.
    pub blob: Option<String>,
}

/// Which feedback of an app.
pub struct FeedbackFilter<'a> {
    /// The app.
    pub app: AppId,
    /// Only this release.
    pub release: Option<ReleaseId>,
    /// Only this verdict.
    pub verdict: Option<&'a str>,
    /// Only what comes after this one in the list, which begins with the newest.
    pub after: Option<(i64, RunId)>,
    /// At most so many.
    pub limit: i64,
    /// Milliseconds: a run whose time is up is gone for everybody.
    pub now: i64,
}

/// Which consented feedback of an app, oldest first.
pub struct ConsentedFilter {
    /// The app.
    pub app: AppId,
    /// Only this release.
    pub release: Option<ReleaseId>,
    /// Given since: milliseconds.
    pub from: i64,
    /// Given before: milliseconds.
    pub to: i64,
    /// Only what comes after this one.
    pub after: (i64, String),
    /// At most so many.
    pub limit: i64,
}

/// Consented feedback with the run that it is about.
#[derive(Clone, sqlx::FromRow)]
pub struct ConsentedRow {
    /// Whose run it is.
    pub user_id: i64,
    /// What was run.
    pub release_id: i64,
    /// The verdict's name.
    pub verdict: String,
    /// Sealed JSON: comment and correction.
    pub body: Vec<u8>,
    /// Milliseconds.
    pub created_at: i64,
    /// Sealed JSON: what the app answered.
    pub outcome: Option<Vec<u8>>,
    /// The person's data key, wrapped.
    pub data_key: Vec<u8>,
}

const SELECT: &str = "select f.run_id, f.user_id, f.release_id, f.verdict, f.body, f.consent, f.created_at, u.data_key \
     from feedback f join users u on u.id = f.user_id";

impl Store {
    /// Keeps feedback, in the place of an earlier one on the same run. The consent's time is that of the first word
    /// of those that stand.
    ///
    /// # Errors
    /// The database's, also when the run is gone.
    pub async fn keep_feedback(&self, new: &NewFeedback<'_>) -> Result<()> {
        sqlx::query(
            "insert into feedback (run_id, user_id, app_id, release_id, verdict, label, body, consent, consented_at, \
             created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, \
             case when $8 = 1 then cast($9 as bigint) end, $9, $9) \
             on conflict (run_id) do update set verdict = excluded.verdict, label = excluded.label, \
             body = excluded.body, consent = excluded.consent, updated_at = excluded.updated_at, \
             consented_at = case when feedback.consent = 1 and excluded.consent = 1 then feedback.consented_at \
             else excluded.consented_at end",
        )
        .bind(new.run.to_string())
        .bind(new.user.0)
        .bind(new.app.0)
        .bind(new.release.0)
        .bind(new.verdict)
        .bind(new.label)
        .bind(new.body.to_vec())
        .bind(i64::from(new.consent))
        .bind(new.now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Feedback on a run.
    ///
    /// # Errors
    /// The database's.
    pub async fn feedback_on(&self, run: RunId) -> Result<Option<FeedbackRow>> {
        let sql = format!("{SELECT} where f.run_id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(run.to_string()).fetch_optional(&self.pool).await?)
    }

    /// Removes a person's feedback on a run. Says whether there was any.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_feedback(&self, user: UserId, run: RunId) -> Result<bool> {
        let done = sqlx::query("delete from feedback where run_id = $1 and user_id = $2")
            .bind(run.to_string())
            .bind(user.0)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Withdraws a person's consent: to one photo, or to all of them. Says to how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn withdraw_consent(&self, user: UserId, run: Option<RunId>) -> Result<u64> {
        let done = sqlx::query(
            "update feedback set consent = 0, consented_at = null \
             where user_id = $1 and consent = 1 and ($2 = '' or run_id = $2)",
        )
        .bind(user.0)
        .bind(run.map(|run| run.to_string()).unwrap_or_default())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// Photos that a person lets authors use, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn consents_of(&self, user: UserId, now: i64, limit: i64, offset: i64) -> Result<Vec<ConsentRow>> {
        Ok(sqlx::query_as(
            "select f.run_id, a.slug, r.manifest, f.consented_at, \
             (select min(b.id) from blobs b where b.run_id = f.run_id and b.role = 'input' and b.stored = 1) as blob \
             from feedback f join apps a on a.id = f.app_id join releases r on r.id = f.release_id \
             join runs on runs.id = f.run_id where f.user_id = $1 and f.consent = 1 \
             and (runs.keep_until is null or runs.keep_until > $4) order by f.consented_at desc, f.run_id desc limit $2 offset $3",
        )
        .bind(user.0)
        .bind(limit)
        .bind(offset)
        .bind(now)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Feedback on an app, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn feedback_of_app(&self, filter: &FeedbackFilter<'_>) -> Result<Vec<FeedbackRow>> {
        // The id of an app, or of a release, is the first column of the index that serves it.
        let (column, id) = filter.release.map_or(("app_id", filter.app.0), |release| ("release_id", release.0));
        let verdict = if filter.verdict.is_some() { "f.verdict = $5" } else { "$5 = ''" };
        let sql = format!(
            "{SELECT} join runs r on r.id = f.run_id where f.{column} = $1 and (f.created_at, f.run_id) < ($2, $3) \
             and {verdict} and u.ended_at is null and (r.keep_until is null or r.keep_until > $6) order by f.created_at desc, f.run_id desc limit $4"
        );
        let (at, run) = filter.after.map_or((i64::MAX, "~".to_owned()), |(at, run)| (at, run.to_string()));
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .bind(at)
            .bind(run)
            .bind(filter.limit)
            .bind(filter.verdict.unwrap_or_default())
            .bind(filter.now)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Verdicts on the releases of an app since a day: release, day, verdict, how many.
    ///
    /// # Errors
    /// The database's.
    pub async fn verdicts(&self, app: AppId, since_day: i64) -> Result<Vec<(i64, i64, String, i64)>> {
        Ok(sqlx::query_as(
            "select d.release_id, d.day, d.verdict, d.total from releases r \
             join feedback_days d on d.release_id = r.id where r.app_id = $1 and d.day >= $2 and d.total > 0 \
             order by d.release_id desc, d.day, d.verdict",
        )
        .bind(app.0)
        .bind(since_day)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The labels that people gave instead of the app's, the most frequent first.
    ///
    /// # Errors
    /// The database's.
    pub async fn corrected_labels(&self, release: ReleaseId, limit: i64) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "select label, total from feedback_labels where release_id = $1 and total > 0 \
             order by total desc, label limit $2",
        )
        .bind(release.0)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Runs with consented feedback: when the feedback was given, and the run.
    ///
    /// # Errors
    /// The database's.
    pub async fn consented_runs(&self, filter: &ConsentedFilter) -> Result<Vec<(i64, String)>> {
        Ok(sqlx::query_as(
            "select created_at, run_id from feedback where app_id = $1 and consent = 1 \
             and (created_at, run_id) > ($2, $3) and created_at >= $4 and created_at < $5 \
             and ($6 = 0 or release_id = $6) order by created_at, run_id limit $7",
        )
        .bind(filter.app.0)
        .bind(filter.after.0)
        .bind(&filter.after.1)
        .bind(filter.from)
        .bind(filter.to)
        .bind(filter.release.map_or(0, |release| release.0))
        .bind(filter.limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The feedback on a run of an app, if its author may use the photo at this moment.
    ///
    /// # Errors
    /// The database's.
    pub async fn consented(&self, app: AppId, run: RunId, now: i64) -> Result<Option<ConsentedRow>> {
        Ok(sqlx::query_as(
            "select f.user_id, f.release_id, f.verdict, f.body, f.created_at, r.outcome, u.data_key \
             from feedback f join runs r on r.id = f.run_id join users u on u.id = f.user_id \
             where f.run_id = $1 and f.app_id = $2 and f.consent = 1 and u.ended_at is null \
             and (r.keep_until is null or r.keep_until > $3)",
        )
        .bind(run.to_string())
        .bind(app.0)
        .bind(now)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The releases of an app, newest first: id, version, status, manifest.
    ///
    /// # Errors
    /// The database's.
    pub async fn releases_of_app(&self, app: AppId) -> Result<Vec<(i64, String, String, String)>> {
        Ok(sqlx::query_as("select id, version, status, manifest from releases where app_id = $1 order by id desc")
            .bind(app.0)
            .fetch_all(&self.pool)
            .await?)
    }
}
