//! Fills a database with apps, people and runs, as a marketplace would have them after some years: few apps have most of the
//! runs, and few people have made most of those. Rows of many at a time, a transaction for each batch; the same numbers
//! give the same rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use portal::store::{MONTH_MS, Store};
use secrecy::SecretString;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::names::{Dice, FIRST, SECOND, SHELVES, THIRD};

/// Rows of one statement.
const ROWS: usize = 500;
/// Statements of one transaction.
const STATEMENTS: usize = 40;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// How many there are to be.
pub(crate) struct Size {
    pub(crate) apps: i64,
    pub(crate) authors: i64,
    pub(crate) people: i64,
    pub(crate) runs: i64,
}

impl Size {
    /// The marketplace that the portal is built for.
    pub(crate) fn large() -> Self {
        Self { apps: 10_000, authors: 1_000, people: 100_000, runs: 1_000_000 }
    }
}

/// Collects rows and writes them many at a time.
struct Writer {
    connection: AnyConnection,
    is_postgres: bool,
    begun: usize,
}

impl Writer {
    async fn open(url: &str) -> Self {
        let connection = AnyConnection::connect(url).await.expect("the database opens");
        let mut writer = Self { connection, is_postgres: url.starts_with("postgres"), begun: 0 };
        if !writer.is_postgres {
            for pragma in ["journal_mode = wal", "synchronous = off", "foreign_keys = off", "cache_size = -200000"] {
                writer.say(&format!("pragma {pragma}")).await;
            }
        }
        writer
    }

    async fn say(&mut self, sql: &str) {
        let done = self.connection.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await;
        done.unwrap_or_else(|error| panic!("{error}: {}", &sql[..sql.len().min(300)]));
    }

    /// Bytes, as this database writes them.
    fn bytes(&self) -> &'static str {
        if self.is_postgres { "'\\x00'::bytea" } else { "x'00'" }
    }

    async fn rows(&mut self, into: &str, mut rows: impl Iterator<Item = String>) {
        loop {
            let batch: Vec<String> = rows.by_ref().take(ROWS).collect();
            if batch.is_empty() {
                break;
            }
            if self.begun == 0 {
                self.say("begin").await;
            }
            let mut sql = format!("insert into {into} values ");
            sql.push_str(&batch.join(","));
            self.say(&sql).await;
            self.begun += 1;
            if self.begun == STATEMENTS {
                self.commit().await;
            }
        }
        self.commit().await;
    }

    async fn commit(&mut self) {
        if self.begun > 0 {
            self.say("commit").await;
            self.begun = 0;
        }
    }

    async fn highest(&mut self, table: &str) -> i64 {
        let sql = format!("select cast(coalesce(max(id), 0) as bigint) from {table}");
        let (highest,): (i64,) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await.expect("a number");
        highest
    }

    /// The next rows that the portal adds come after these.
    async fn go_on_after(&mut self, table: &str) {
        if self.is_postgres {
            let sql = format!("select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))");
            self.say(&sql).await;
        }
    }
}

/// Where the ids of what is added begin.
struct Bases {
    users: i64,
    apps: i64,
    releases: i64,
    now: i64,
}

#[expect(clippy::disallowed_methods, reason = "runs of the last 30 days are those before now")]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(0)
}

/// The address of the database in a folder, or the one that was named.
pub(crate) fn address(folder: &Path, database: Option<&str>) -> String {
    let file = std::path::absolute(folder).expect("a folder").join("portal.sqlite");
    database.map_or_else(|| format!("sqlite:{}?mode=rwc", file.display()), str::to_owned)
}

/// Fills the database, and says what took how long.
pub(crate) async fn seed(folder: &Path, database: Option<&str>, size: &Size) {
    std::fs::create_dir_all(folder).expect("a folder");
    // The portal's own code brings the schema, and reads the words of the apps.
    let store = Store::open(database.map(|url| SecretString::from(url.to_owned())).as_ref(), folder).await;
    let store = store.expect("the database opens");
    let mut writer = Writer::open(&address(folder, database)).await;
    let bases = Bases {
        users: writer.highest("users").await,
        apps: writer.highest("apps").await,
        releases: writer.highest("releases").await,
        now: now_ms(),
    };
    let mut told = Told(Instant::now());
    people(&mut writer, &bases, size).await;
    told.step("people");
    apps(&mut writer, &bases, size).await;
    told.step("apps");
    let used = runs(&mut writer, &bases, size).await;
    told.step("runs");
    opinions(&mut writer, &used).await;
    told.step("who used what, favourites, reviews");
    sums(&mut writer, &bases).await;
    told.step("figures");
    while store.index_apps(500, bases.now).await.expect("apps are indexed") > 0 {}
    told.step("words");
    loop {
        let counted = store.recount_apps(bases.now - MONTH_MS, bases.now, bases.now, 500).await.expect("a count");
        if counted.is_empty() {
            break;
        }
        for (app, was_run) in counted {
            if was_run {
                store.pair_app(app).await.expect("pairs");
            }
        }
    }
    writer.say(if writer.is_postgres { "vacuum analyze" } else { "analyze" }).await;
    told.step("people of this month, and pairs");
    store.close().await;
}

struct Told(Instant);

impl Told {
    #[expect(clippy::print_stderr, reason = "a program that takes a while says how far it is")]
    fn step(&mut self, what: &str) {
        eprintln!("{what}: {:.1} s", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

/// Nobody can log in as any of them.
async fn people(writer: &mut Writer, bases: &Bases, size: &Size) {
    let bytes = writer.bytes();
    let created = bases.now - 900 * 24 * HOUR_MS;
    let rows = (1..=size.authors + size.people).map(|number| {
        let id = bases.users + number;
        let role = if number <= size.authors { "developer" } else { "consumer" };
        format!("({id}, 'person-{id}@seed.example', 'Person {id}', '{role}', '', {bytes}, {created})")
    });
    writer.rows("users (id, email, name, role, password_hash, data_key, created_at)", rows).await;
    writer.go_on_after("users").await;
}

async fn apps(writer: &mut Writer, bases: &Bases, size: &Size) {
    let mut dice = Dice(1);
    let mut listed = Vec::new();
    let mut released = Vec::new();
    for number in 0..size.apps {
        let (id, release) = (bases.apps + 1 + number, bases.releases + 1 + number);
        let place = number as usize;
        let (first, second) = (FIRST[place % 25], SECOND[(place / 25) % 20]);
        let name = format!("{first} {second} {}", THIRD[(place / 500) % 20]);
        let shelf = SHELVES[dice.skewed(14) as usize];
        let author = bases.users + 1 + dice.skewed(size.authors);
        let at = bases.now - dice.below(800 * 24) * HOUR_MS;
        let about = format!(
            "A {} for every {}. It says where each one is, how sure it is, and what is odd about it. Number {number}.",
            second,
            first.to_lowercase()
        );
        listed.push(format!(
            "({id}, 'seed-{id}', {author}, '{name}', '{about}', '{shelf}', '', {release}, {at}, {at}, 1, {at})"
        ));
        let manifest = format!(
            "{{\"Name\":\"{name}\",\"Description\":\"{about}\",\"Category\":\"{shelf}\",\"Version\":\"1.0.0\",\
             \"AppParameters\":[{{\"ParameterType\":\"Image\",\"Name\":\"Image\",\"Label\":\"Photo\"}}],\
             \"ResultVariables\":[{{\"ResultType\":\"Labels\",\"Name\":\"labels\"}}]}}"
        );
        released.push(format!(
            "({release}, {id}, '1.0.0', 'published', '{:064x}', '{manifest}', '[]', '[]', 0, {at}, {at}, 0)",
            number + 1
        ));
    }
    let columns = "apps (id, slug, author_id, name, description, category, search_text, published_release, created_at, \
                   updated_at, listed, listed_at)";
    writer.rows(columns, listed.into_iter()).await;
    let columns = "releases (id, app_id, version, status, digest, manifest, faults, warnings, publish_when_proven, \
                   created_at, published_at, examples)";
    writer.rows(columns, released.into_iter()).await;
    writer.go_on_after("apps").await;
    writer.go_on_after("releases").await;
}

/// Of app and person: how many runs, and the last.
type Used = BTreeMap<(i64, i64), (i64, i64)>;

async fn runs(writer: &mut Writer, bases: &Bases, size: &Size) -> Used {
    let bytes = writer.bytes();
    let (mut dice, mut used) = (Dice(2), Used::new());
    let people = size.people;
    let rows = (0..size.runs).map(|number| {
        let app = dice.skewed(size.apps);
        let person = bases.users + 1 + size.authors + dice.skewed(people);
        // The newest are the last, as ids are made in the order of time.
        let at = bases.now - (size.runs - number) * (400 * 24 * HOUR_MS / size.runs.max(1));
        let status = if number % 50 == 0 { "failed" } else { "done" };
        if status == "done" {
            let known = used.entry((bases.apps + 1 + app, person)).or_insert((0, 0));
            *known = (known.0 + 1, at);
        }
        let mut id = String::with_capacity(36);
        write!(id, "{:08x}-{:04x}-7000-8000-{number:012x}", at >> 16, at & 0xffff).expect("a text takes a text");
        let release = bases.releases + 1 + app;
        format!(
            "('{id}', {person}, {release}, '{status}', {bytes}, {bytes}, {at}, {at}, {at} + 180, {})",
            bases.apps + 1 + app
        )
    });
    let columns =
        "runs (id, user_id, release_id, status, inputs, outcome, created_at, started_at, finished_at, app_id)";
    writer.rows(columns, rows).await;
    used
}

async fn opinions(writer: &mut Writer, used: &Used) {
    let rows = used.iter().map(|((app, person), (runs, at))| format!("({app}, {person}, {runs}, {at})"));
    writer.rows("app_people (app_id, user_id, runs, last_at)", rows).await;
    let kept = used.iter().step_by(20).map(|((app, person), (_, at))| format!("({person}, {app}, {at})"));
    writer.rows("favourites (user_id, app_id, created_at)", kept).await;
    let mut dice = Dice(3);
    let reviews = used.iter().step_by(10).map(|((app, person), (_, at))| {
        // Each app has its own mean.
        let stars = (2 + app % 3 + dice.below(3)).clamp(1, 5);
        format!("({app}, {person}, {stars}, 'It took {} photos of mine.', {at}, {at})", dice.below(90))
    });
    writer.rows("reviews (app_id, user_id, stars, words, created_at, updated_at)", reviews).await;
    let times = used.keys().map(|(app, _)| *app).collect::<BTreeSet<_>>();
    let times = times.into_iter().map(|app| format!("({app}, 0, {})", 120 + app % 200));
    writer.rows("app_times (app_id, place, milliseconds)", times).await;
    writer.go_on_after("reviews").await;
}

/// The counters of the apps, from what was written.
async fn sums(writer: &mut Writer, bases: &Bases) {
    let stars: Vec<String> = (1..=5)
        .map(|stars| {
            format!("stars_{stars} = (select count(*) from reviews v where v.app_id = apps.id and v.stars = {stars})")
        })
        .collect();
    let first = bases.apps;
    for sql in [
        format!(
            "insert into run_counts (user_id, app_id, runs) select user_id, app_id, count(*) from runs \
             where app_id > {first} group by user_id, app_id"
        ),
        format!(
            "update apps set runs_total = coalesce((select sum(p.runs) from app_people p where p.app_id = apps.id), 0), \
             people_total = (select count(*) from app_people p where p.app_id = apps.id), \
             last_run_at = coalesce((select max(p.last_at) from app_people p where p.app_id = apps.id), 0), {} \
             where id > {first}",
            stars.join(", ")
        ),
        format!("update apps set rating_count = stars_1 + stars_2 + stars_3 + stars_4 + stars_5 where id > {first}"),
        format!(
            "update apps set \
             rating_avg = (stars_1 + 2.0 * stars_2 + 3 * stars_3 + 4 * stars_4 + 5 * stars_5) / rating_count, \
             rating_rank = (stars_1 + 2 * stars_2 + 3 * stars_3 + 4 * stars_4 + 5 * stars_5 + 17.5) / (rating_count + 5) \
             where id > {first} and rating_count > 0"
        ),
    ] {
        writer.say(&sql).await;
    }
}
