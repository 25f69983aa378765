//! Numbers for those who look after the marketplace. Each is counted up to a bound, so that none takes long.

use super::{Result, Store};

/// Counted no further than this.
pub const COUNTED_AT_MOST: i64 = 10_000;

/// The numbers; one above the bound means that there are more.
#[derive(Clone, sqlx::FromRow)]
pub struct OverviewRow {
    /// People with an account.
    pub people: i64,
    /// Apps that are published.
    pub apps: i64,
    /// People who ask to become authors.
    pub requests: i64,
    /// Releases that wait for a reviewer.
    pub reviews: i64,
    /// Reports of apps that wait.
    pub reports: i64,
    /// Runs that wait or are being executed.
    pub runs: i64,
    /// Packages that wait or are being proven.
    pub checks: i64,
}

impl Store {
    /// The numbers.
    ///
    /// # Errors
    /// The database's.
    pub async fn overview(&self) -> Result<OverviewRow> {
        let count = |what: &str| {
            let limit = COUNTED_AT_MOST + 1;
            format!("cast((select count(*) from (select 1 as one from {what} limit {limit}) counted) as bigint)")
        };
        let sql = format!(
            "select {} as people, {} as apps, {} as requests, {} as reviews, {} as reports, {} as runs, {} as checks",
            count("users where id > 0 and password_hash <> ''"),
            count("apps where id > 0 and published_release is not null"),
            count("author_requests where decided_at is null and id > 0"),
            count("release_reviews where decided_at is null and id > 0"),
            count("reports where decided_at is null and created_at > 0"),
            count("jobs where kind = 'execute-run'"),
            count("jobs where kind = 'check-release'"),
        );
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&self.pool).await?)
    }
}
