//! Asks a portal on a large database for every page, one after the other, as one caller.

use std::{
    fmt,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use actix_web::http::Method;
use portal::web::routes::{Access, table};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use url::Url;

use super::{figures::Figures, seed::address, support::visitor::Visitor};

/// What one page took.
pub(crate) struct Measured {
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) kilobytes: usize,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, status, p50, p95, kilobytes } = self;
        write!(f, "{path:<70} {status}  {p50:>8.1} ms  {p95:>8.1} ms  {kilobytes:>5} kB")
    }
}

/// Lists that are worth a line of their own beside the addresses of the route table.
const LISTS: [&str; 14] = [
    "/search",
    "/search?page=42",
    "/search?category=Medicine&sort=newest",
    "/search?category=Medicine&sort=rating&stars=4",
    "/search?sort=name",
    "/search?q=finder",
    "/search?q=finder&category=Medicine&sort=newest",
    "/search?q=finder&stars=4&sort=popular&page=3",
    "/search?q=leaf+grader+by+drone",
    "/search?q=leef+gradr",
    "/search?q=qwertyuiop",
    "/shelves/new",
    "/shelves/recommended",
    "/shelves/favourites",
];

/// The portal's process, which ends with this value.
struct Served {
    child: Child,
    url: Url,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Asks for every page so many times.
///
/// # Panics
/// If the portal does not start, or a page is a fault of its own.
pub(crate) async fn every_page(folder: &Path, database: Option<&str>, times: usize) -> Vec<Measured> {
    rustls::crypto::ring::default_provider().install_default().ok();
    let password = admin(folder, database);
    let served = serve(folder, database);
    let visitor = Visitor::new(&served.url);
    visitor.log_in("measure@localhost", &password).await;
    let person = person(&address(folder, database)).await;
    let mut measured = Vec::new();
    for path in paths(&person) {
        let (mut took, mut last) = (Vec::new(), (0, 0));
        // The first answers fill caches, which is not what is asked.
        for round in 0..times + 2 {
            let begun = Instant::now();
            let page = visitor.get(&path).await;
            if round >= 2 {
                took.push(begun.elapsed());
            }
            last = (page.status.as_u16(), page.body.len() / 1000);
        }
        assert!(last.0 < 500, "{path} answers {}", last.0);
        let figures = Figures::new(took);
        let (p50, p95) = (figures.quantile(0.5), figures.quantile(0.95));
        measured.push(Measured { path, status: last.0, p50, p95, kilobytes: last.1 });
    }
    measured
}

/// The pages that a browser asks for.
fn paths(examples: &Examples) -> Vec<String> {
    let pages = table().into_iter().filter(|entry| {
        let is_page = !matches!(entry.access, Access::SignedLink | Access::AnyKey | Access::Key(_));
        entry.method == Method::GET && is_page && !entry.path.ends_with("/events")
    });
    let filled = pages.map(|entry| {
        entry
            .path
            .replace("{slug}", &examples.slug)
            .replace("{author}", &examples.author)
            .replace("{shelf}", "popular")
            .replace("{name}", "site.css")
    });
    // What needs a run, a release or a key of one's own is not there for this person.
    filled.filter(|path| !path.contains('{')).chain(LISTS.map(str::to_owned)).collect()
}

/// The app that most people use, and its author.
struct Examples {
    slug: String,
    author: String,
}

async fn person(url: &str) -> Examples {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("the database opens");
    let sql = "select slug, author_id from apps where listed = 1 order by people_month desc, id desc limit 1";
    let (slug, author): (String, i64) =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("an app");
    // The admin who asks has used and kept what many did.
    for sql in [
        "insert into app_people (app_id, user_id, runs, last_at) select a.id, u.id, 1, 1 from apps a join users u \
         on u.email = 'measure@localhost' where a.listed = 1 and a.id % 200 = 7 on conflict do nothing",
        "insert into favourites (user_id, app_id, created_at) select u.id, a.id, 1 from apps a join users u \
         on u.email = 'measure@localhost' where a.listed = 1 and a.id % 300 = 7 on conflict do nothing",
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.expect("rows go in");
    }
    Examples { slug, author: author.to_string() }
}

fn portal(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    command
        .env("VISION_LISTEN", "127.0.0.1:0")
        .env("VISION_DATA", folder)
        .env("VISION_NO_EMBEDDED_RUNNER", "true")
        .env("VISION_NO_SAMPLE_APPS", "true")
        .env("NO_COLOR", "1")
        .env("RUST_LOG", "error")
        .env_remove("DATABASE_URL");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    command
}

/// An admin with a new password.
fn admin(folder: &Path, database: Option<&str>) -> String {
    let mut command = portal(folder, database);
    let output = command.args(["admin", "create", "--email", "measure@localhost"]).output().expect("the portal starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    printed.split_whitespace().last().expect("a password").to_owned()
}

fn serve(folder: &Path, database: Option<&str>) -> Served {
    let mut child = portal(folder, database).stdout(Stdio::piped()).spawn().expect("the portal starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it prints")).lines().map_while(Result::ok);
    let url = lines.find_map(|line| Url::parse(line.split_once("Intelligent Vision is at ")?.1).ok());
    let url = url.expect("the portal says where it is");
    // What it still says must go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    Served { child, url }
}
