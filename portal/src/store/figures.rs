//! What is counted as runs end, by day and by hour: no page that shows figures looks at a run.

use sqlx::AnyConnection;
use vision_protocol::ids::{AppId, ReleaseId, UserId};

use super::{Result, Store};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * 60 * 1000;

/// What one run adds to the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What was run.
    pub release: ReleaseId,
    /// Whose run it is.
    pub user: UserId,
    /// Names that are counted by day.
    pub by_day: Vec<String>,
    /// Names that are counted by hour.
    pub by_hour: Vec<String>,
}

/// The name under which people are counted, each once a day.
pub const PEOPLE: &str = "a/people";

/// Names from the first up to, and without, the second.
pub type Names = (&'static str, &'static str);

/// A line that an author wants to be told of.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct LinesRow {
    /// The app.
    pub app_id: i64,
    /// Percent of runs that may fail.
    pub failures_percent: Option<i64>,
    /// Milliseconds within which 95 of 100 runs end.
    pub slow_ms: Option<i64>,
}

/// A line that was crossed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AlertRow {
    /// The app's address.
    pub slug: String,
    /// The app's name.
    pub name: String,
    /// Which line.
    pub kind: String,
    /// What was measured.
    pub measured: f64,
    /// The line.
    pub line: i64,
    /// Of how many runs.
    pub runs: i64,
    /// Milliseconds.
    pub raised_at: i64,
}

/// A line that is crossed now.
pub struct NewAlert<'a> {
    /// The app.
    pub app: AppId,
    /// Which line.
    pub kind: &'a str,
    /// What was measured.
    pub measured: f64,
    /// The line.
    pub line: i64,
    /// Of how many runs.
    pub runs: i64,
    /// Milliseconds.
    pub now: i64,
    /// Not again if one of the kind was raised since.
    pub not_since: i64,
}

impl Store {
    /// Counts a run that ended, in the transaction that ends it; but not one of the house's own, which show examples:
    /// nobody can log in as the house.
    pub(super) async fn count_run(connection: &mut AnyConnection, tally: &Tally, now: i64) -> Result<()> {
        let person: Option<(i64,)> = sqlx::query_as("select id from users where id = $1 and password_hash <> ''")
            .bind(tally.user.0)
            .fetch_optional(&mut *connection)
            .await?;
        if person.is_none() {
            return Ok(());
        }
        let day = now.div_euclid(DAY_MS);
        let mut by_day = tally.by_day.clone();
        let first = sqlx::query(
            "insert into figure_people (release_id, day, user_id) values ($1, $2, $3) \
             on conflict (release_id, day, user_id) do nothing",
        )
        .bind(tally.release.0)
        .bind(day)
        .bind(tally.user.0)
        .execute(&mut *connection)
        .await?;
        if first.rows_affected() == 1 {
            by_day.push(PEOPLE.to_owned());
        }
        Self::add(connection, tally.release, ("d", day), by_day).await?;
        Self::add(connection, tally.release, ("h", now.div_euclid(HOUR_MS)), tally.by_hour.clone()).await
    }

    /// Adds one to each name. Sorted, so that two runs that end at the same time never wait for each other in turn.
    async fn add(
        connection: &mut AnyConnection,
        release: ReleaseId,
        (span, at): (&str, i64),
        mut names: Vec<String>,
    ) -> Result<()> {
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(());
        }
        let rows: Vec<String> = (0..names.len()).map(|index| format!("($1, $2, $3, ${}, 1)", index + 4)).collect();
        let sql = format!(
            "insert into figures (release_id, span, at, name, total) values {} \
             on conflict (release_id, span, at, name) do update set total = figures.total + 1",
            rows.join(", ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(release.0).bind(span.to_owned()).bind(at);
        for name in names {
            query = query.bind(name);
        }
        query.execute(connection).await?;
        Ok(())
    }

    /// Figures of an app's releases by day: release, day, name, total.
    ///
    /// # Errors
    /// The database's.
    pub async fn figures_by_day(
        &self,
        app: AppId,
        since_day: i64,
        names: Names,
    ) -> Result<Vec<(i64, i64, String, i64)>> {
        Ok(sqlx::query_as(
            "select f.release_id, f.at, f.name, f.total from releases r join figures f on f.release_id = r.id \
             where r.app_id = $1 and f.span = 'd' and f.at >= $2 and f.name >= $3 and f.name < $4 order by f.at",
        )
        .bind(app.0)
        .bind(since_day)
        .bind(names.0)
        .bind(names.1)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Figures of a release, or of all releases of an app, summed up over days from the first up to the second.
    ///
    /// # Errors
    /// The database's.
    pub async fn figures_sum(
        &self,
        app: AppId,
        release: Option<ReleaseId>,
        days: (i64, i64),
        names: Names,
    ) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "select f.name, cast(sum(f.total) as bigint) from releases r join figures f on f.release_id = r.id \
             where r.app_id = $1 and ($2 = 0 or r.id = $2) and f.span = 'd' and f.at >= $3 and f.at < $4 \
             and f.name >= $5 and f.name < $6 group by f.name",
        )
        .bind(app.0)
        .bind(release.map_or(0, |release| release.0))
        .bind(days.0)
        .bind(days.1)
        .bind(names.0)
        .bind(names.1)
        .fetch_all(&self.pool)
        .await?)
    }

    /// The day on which a release was run first.
    ///
    /// # Errors
    /// The database's.
    pub async fn first_day(&self, release: ReleaseId) -> Result<Option<i64>> {
        let row: Option<(i64,)> =
            sqlx::query_as("select at from figures where release_id = $1 and span = 'd' order by at limit 1")
                .bind(release.0)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(day,)| day))
    }

    /// Stars that an app was given by day, as they stand now: day, how many people, their stars together.
    ///
    /// # Errors
    /// The database's.
    pub async fn stars_by_day(&self, app: AppId, since: i64) -> Result<Vec<(i64, i64, i64)>> {
        Ok(sqlx::query_as(
            "select updated_at / 86400000 as day, cast(count(*) as bigint), cast(sum(stars) as bigint) \
             from reviews where app_id = $1 and updated_at >= $2 group by updated_at / 86400000",
        )
        .bind(app.0)
        .bind(since)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Figures of an app's releases since an hour, summed up.
    ///
    /// # Errors
    /// The database's.
    pub async fn figures_since_hour(&self, app: AppId, since_hour: i64) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(
            "select f.name, cast(sum(f.total) as bigint) from releases r join figures f on f.release_id = r.id \
             where r.app_id = $1 and f.span = 'h' and f.at >= $2 group by f.name",
        )
        .bind(app.0)
        .bind(since_hour)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Forgets figures by hour, and who ran what on which day, from before so long that nobody asks.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_figures(&self, before_hour: i64, before_day: i64) -> Result<()> {
        sqlx::query("delete from figures where span = 'h' and at < $1").bind(before_hour).execute(&self.pool).await?;
        sqlx::query("delete from figure_people where day < $1").bind(before_day).execute(&self.pool).await?;
        Ok(())
    }

    /// The lines of an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn lines_of(&self, app: AppId) -> Result<Option<LinesRow>> {
        Ok(sqlx::query_as("select app_id, failures_percent, slow_ms from figure_lines where app_id = $1")
            .bind(app.0)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// All lines of apps after this one: those that have any are few.
    ///
    /// # Errors
    /// The database's.
    pub async fn all_lines(&self, after: i64, limit: i64) -> Result<Vec<LinesRow>> {
        Ok(sqlx::query_as(
            "select app_id, failures_percent, slow_ms from figure_lines where app_id > $1 order by app_id limit $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Draws the lines of an app; without any, it has none.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_lines(&self, lines: &LinesRow, now: i64) -> Result<()> {
        if lines.failures_percent.is_none() && lines.slow_ms.is_none() {
            sqlx::query("delete from figure_lines where app_id = $1").bind(lines.app_id).execute(&self.pool).await?;
            return Ok(());
        }
        sqlx::query(
            "insert into figure_lines (app_id, failures_percent, slow_ms, updated_at) values ($1, $2, $3, $4) \
             on conflict (app_id) do update set failures_percent = excluded.failures_percent, \
             slow_ms = excluded.slow_ms, updated_at = excluded.updated_at",
        )
        .bind(lines.app_id)
        .bind(lines.failures_percent)
        .bind(lines.slow_ms)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Raises an alert, unless one of its kind was raised not long ago. Says whether it did.
    ///
    /// # Errors
    /// The database's.
    pub async fn raise_alert(&self, new: &NewAlert<'_>) -> Result<bool> {
        let done = sqlx::query(
            "insert into figure_alerts (app_id, kind, measured, line, runs, raised_at) \
             select a.id, $2, $3, $4, $5, $6 from apps a where a.id = $1 and not exists \
             (select 1 from figure_alerts f where f.app_id = $1 and f.kind = $2 and f.raised_at > $7)",
        )
        .bind(new.app.0)
        .bind(new.kind)
        .bind(new.measured)
        .bind(new.line)
        .bind(new.runs)
        .bind(new.now)
        .bind(new.not_since)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Alerts that an author has not marked as seen, the newest first; of one app, or of all.
    ///
    /// # Errors
    /// The database's.
    pub async fn unseen_alerts(&self, author: UserId, app: Option<AppId>, limit: i64) -> Result<Vec<AlertRow>> {
        Ok(sqlx::query_as(
            "select a.slug, a.name, f.kind, f.measured, f.line, f.runs, f.raised_at from apps a \
             join figure_alerts f on f.app_id = a.id where a.author_id = $1 and ($2 = 0 or a.id = $2) \
             and f.seen_at is null order by f.raised_at desc, f.id desc limit $3",
        )
        .bind(author.0)
        .bind(app.map_or(0, |app| app.0))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?)
    }

    /// Marks the alerts of an app as seen.
    ///
    /// # Errors
    /// The database's.
    pub async fn see_alerts(&self, app: AppId, now: i64) -> Result<()> {
        sqlx::query("update figure_alerts set seen_at = $1 where app_id = $2 and seen_at is null")
            .bind(now)
            .bind(app.0)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
