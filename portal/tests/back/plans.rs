//! The plan of every statement that the contract tests make: none may walk through a table that grows with the
//! marketplace. A new test of the store brings its statements along by itself.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, Once},
};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

/// Tables of which there is a row per app, person, run or more.
const LARGE: [&str; 16] = [
    "users",
    "sessions",
    "throttles",
    "apps",
    "releases",
    "runs",
    "blobs",
    "jobs",
    "app_words",
    "app_grams",
    "app_people",
    "app_times",
    "app_pairs",
    "favourites",
    "reviews",
    "reports",
];

/// What may go through a whole table, and why.
const MEANT: [(&str, &str); 3] = [
    ("node = null where node = $1", "asked once, at the start, of the jobs in hand"),
    ("from users where password_hash <> ''", "asked once, at the start"),
    ("from users order by id desc", "bounded by its page"),
];

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static LISTENING: Once = Once::new();

/// Writes down every statement from now on.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        let listener = tracing_subscriber::registry().with(Listener);
        tracing::subscriber::set_global_default(listener).expect("nobody else listens");
    });
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        // A short statement is its own summary.
        let sql = if statement.whole.is_empty() { statement.summary } else { statement.whole };
        SEEN.lock().unwrap().insert(sql.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// The statements so far that have a plan worth reading.
fn statements() -> Vec<String> {
    let begins = |sql: &str| ["select", "insert", "update", "delete"].iter().any(|word| sql.starts_with(word));
    let meant = |sql: &str| MEANT.iter().any(|(part, _)| sql.contains(part));
    SEEN.lock().unwrap().iter().filter(|sql| begins(sql) && !meant(sql) && !sql.contains("_sqlx_")).cloned().collect()
}

/// The names under which a statement speaks of large tables.
fn names(sql: &str) -> BTreeSet<String> {
    let words: Vec<&str> = sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    let mut names: BTreeSet<String> = LARGE.iter().map(|table| (*table).to_owned()).collect();
    for pair in words.windows(2).filter(|pair| LARGE.contains(&pair[0])) {
        names.insert(pair[1].to_owned());
    }
    names
}

/// Reads the plans on SQLite.
pub(crate) async fn check_sqlite(folder: &Path) {
    let url = format!("sqlite:{}", folder.join("portal.sqlite").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let mut walks = Vec::new();
    // An index of a few rows only, made for going through them: those that wait for something.
    let some = "select name from sqlite_master where type = 'index' and sql like '% where %'";
    let some: Vec<String> = connection.fetch_all(some).await.unwrap().iter().map(|row| row.get("name")).collect();
    for sql in statements() {
        // What is deleted may take rows of other tables along. A row that comes or changes takes none: the plan then names
        // a search for rows that wait for it, which happens only where a transaction put them off.
        let keys = if sql.starts_with("delete") { "on" } else { "off" };
        connection.execute(AssertSqlSafe(format!("pragma foreign_keys = {keys}"))).await.unwrap();
        // A statement of the other database only.
        let explained = format!("explain query plan {sql}");
        let Ok(rows) = connection.fetch_all(AssertSqlSafe(explained)).await else { continue };
        let names = names(&sql);
        for row in rows {
            let step: String = row.get("detail");
            let Some(scanned) = step.strip_prefix("SCAN ") else { continue };
            let table = scanned.split_whitespace().next().unwrap_or_default();
            let is_few = some.iter().any(|index| scanned.ends_with(&format!(" INDEX {index}")));
            let is_search = is_few || scanned.contains("VIRTUAL TABLE INDEX");
            if !is_search && names.contains(table) {
                walks.push(format!("{step}: {sql}"));
            }
        }
    }
    assert!(walks.is_empty(), "SQLite walks through large tables:\n{}", walks.join("\n"));
}

/// Reads the plans on PostgreSQL, which takes an index wherever there is one that helps.
pub(crate) async fn check_postgres(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut walks = Vec::new();
    for setting in ["enable_seqscan = off", "enable_bitmapscan = on", "plan_cache_mode = force_generic_plan"] {
        connection.execute(AssertSqlSafe(format!("set {setting}"))).await.unwrap();
    }
    for sql in statements() {
        if connection.execute(AssertSqlSafe(format!("prepare looked_at as {sql}"))).await.is_err() {
            continue;
        }
        let holders = (1..200).take_while(|n| sql.contains(&format!("${n}"))).count();
        let values = if holders == 0 { String::new() } else { format!("({})", vec!["null"; holders].join(", ")) };
        let explain = format!("explain execute looked_at{values}");
        let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        for table in LARGE {
            if plan.iter().any(|step| step.contains(&format!("Seq Scan on {table} "))) {
                walks.push(format!("{sql}\n{}", plan.join("\n")));
            }
        }
        connection.execute("deallocate looked_at").await.unwrap();
    }
    assert!(walks.is_empty(), "PostgreSQL walks through large tables:\n{}", walks.join("\n"));
}
