//! Who ran which app: the figures of an app's page, kept where a run ends and counted anew now and then.

use sqlx::AnyConnection;
use vision_protocol::ids::{AppId, UserId};

use super::{AppListing, Result, Store, first};

/// The last 30 days: whoever ran an app in them makes it popular.
pub const MONTH_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Of so many runs the times are kept.
const TIMES: i64 = 32;

/// What people made of an app.
#[derive(Clone, sqlx::FromRow)]
pub struct AppFiguresRow {
    /// Good runs by others than its author.
    pub runs_total: i64,
    /// People who made them.
    pub people_total: i64,
    /// Those of the last 30 days.
    pub people_month: i64,
    /// How many gave it one star.
    pub stars_1: i64,
    /// Two stars.
    pub stars_2: i64,
    /// Three stars.
    pub stars_3: i64,
    /// Four stars.
    pub stars_4: i64,
    /// Five stars.
    pub stars_5: i64,
    /// How many rated it.
    pub rating_count: i64,
    /// The mean.
    pub rating_avg: f64,
}

/// The app of a run that ended well.
#[derive(sqlx::FromRow)]
struct Ended {
    user_id: i64,
    started_at: Option<i64>,
    app_id: i64,
    author_id: i64,
    is_published: i64,
}

impl Store {
    /// Counts a run that ended well, of a published release and by somebody else than its author, for its app; but not
    /// one of the house's own, which show examples: nobody can log in as the house.
    /// `month` is when the last 30 days began.
    pub(super) async fn count_use(connection: &mut AnyConnection, run: &str, now: i64, month: i64) -> Result<()> {
        let row: Option<Ended> = sqlx::query_as(
            "select r.user_id, r.started_at, l.app_id, a.author_id, \
             cast(case when a.published_release = l.id then 1 else 0 end as bigint) as is_published \
             from runs r join users u on u.id = r.user_id and u.password_hash <> '' \
             join releases l on l.id = r.release_id join apps a on a.id = l.app_id where r.id = $1",
        )
        .bind(run)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row.filter(|row| row.is_published == 1 && row.user_id != row.author_id) else { return Ok(()) };
        // First the app's row, which nobody else changes from here on: two runs of one person are not counted as two.
        let (runs,): (i64,) = sqlx::query_as(
            "update apps set runs_total = runs_total + 1, last_run_at = $1 where id = $2 returning runs_total",
        )
        .bind(now)
        .bind(row.app_id)
        .fetch_one(&mut *connection)
        .await?;
        let known: Option<(i64,)> = sqlx::query_as("select last_at from app_people where app_id = $1 and user_id = $2")
            .bind(row.app_id)
            .bind(row.user_id)
            .fetch_optional(&mut *connection)
            .await?;
        sqlx::query(
            "insert into app_people (app_id, user_id, runs, last_at) values ($1, $2, 1, $3) \
             on conflict (app_id, user_id) do update set runs = app_people.runs + 1, last_at = excluded.last_at",
        )
        .bind(row.app_id)
        .bind(row.user_id)
        .bind(now)
        .execute(&mut *connection)
        .await?;
        let new_this_month = known.is_none_or(|(last_at,)| last_at < month);
        if new_this_month {
            sqlx::query(
                "update apps set people_month = people_month + 1, people_total = people_total + $1 where id = $2",
            )
            .bind(i64::from(known.is_none()))
            .bind(row.app_id)
            .execute(&mut *connection)
            .await?;
        }
        let took = now - row.started_at.unwrap_or(now);
        sqlx::query(
            "insert into app_times (app_id, place, milliseconds) values ($1, $2, $3) \
             on conflict (app_id, place) do update set milliseconds = excluded.milliseconds",
        )
        .bind(row.app_id)
        .bind(runs % TIMES)
        .bind(took.max(0))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// The figures of an app.
    ///
    /// # Errors
    /// The database's.
    pub async fn app_figures(&self, app: AppId) -> Result<Option<AppFiguresRow>> {
        Ok(sqlx::query_as(
            "select runs_total, people_total, people_month, stars_1, stars_2, stars_3, stars_4, stars_5, rating_count, \
             rating_avg from apps where id = $1",
        )
        .bind(app.0)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// How long the last good runs of an app took, in milliseconds.
    ///
    /// # Errors
    /// The database's.
    pub async fn app_times(&self, app: AppId) -> Result<Vec<i64>> {
        let rows = sqlx::query_as("select milliseconds from app_times where app_id = $1 order by milliseconds")
            .bind(app.0)
            .fetch_all(&self.pool)
            .await?;
        Ok(first(rows))
    }

    /// Whether a person ran an app to a good end.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_run(&self, user: UserId, app: AppId) -> Result<bool> {
        let row: Option<(i64,)> = sqlx::query_as("select runs from app_people where app_id = $1 and user_id = $2")
            .bind(app.0)
            .bind(user.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// The apps that a person ran, the last one first.
    ///
    /// # Errors
    /// The database's.
    pub async fn recent_apps(&self, user: UserId, limit: i64, offset: i64) -> Result<Vec<AppListing>> {
        let rows = sqlx::query_as(
            "select p.app_id from app_people p join apps a on a.id = p.app_id \
             where p.user_id = $1 and a.listed = 1 order by p.last_at desc, p.app_id limit $2 offset $3",
        )
        .bind(user.0)
        .bind(limit)
        .bind(offset)
        .fetch_all(&self.pool)
        .await?;
        self.apps_by_id(&first(rows)).await
    }

    /// The apps that a person ran last, listed or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn used_apps(&self, user: UserId, limit: i64) -> Result<Vec<i64>> {
        let rows = sqlx::query_as("select app_id from app_people where user_id = $1 order by last_at desc limit $2")
            .bind(user.0)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(first(rows))
    }

    /// How many listed apps a person ran, at most `most`.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_recent_apps(&self, user: UserId, most: i64) -> Result<i64> {
        let (count,) = sqlx::query_as(
            "select cast(count(*) as bigint) from (select p.app_id from app_people p join apps a on a.id = p.app_id \
             where p.user_id = $1 and a.listed = 1 limit $2) counted",
        )
        .bind(user.0)
        .bind(most)
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }

    /// Counts the people of the last 30 days anew for the apps that were not counted since `before`, at most so many:
    /// their ids, and whether they were run since they were last counted.
    ///
    /// # Errors
    /// The database's.
    pub async fn recount_apps(&self, month: i64, before: i64, now: i64, at_most: i64) -> Result<Vec<(AppId, bool)>> {
        let mut transaction = self.write().await?;
        let apps: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select id, counted_at, last_run_at from apps where listed = 1 and counted_at < $1 \
             order by counted_at limit $2",
        )
        .bind(before)
        .bind(at_most)
        .fetch_all(&mut *transaction)
        .await?;
        for (app, ..) in &apps {
            let (counted,): (i64,) =
                sqlx::query_as("select cast(count(*) as bigint) from app_people where app_id = $1 and last_at >= $2")
                    .bind(app)
                    .bind(month)
                    .fetch_one(&mut *transaction)
                    .await?;
            sqlx::query("update apps set counted_at = $1, people_month = $2 where id = $3")
                .bind(now)
                .bind(counted)
                .bind(app)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(apps.into_iter().map(|(app, counted_at, last_run_at)| (AppId(app), last_run_at >= counted_at)).collect())
    }
}
