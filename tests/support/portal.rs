//! The real portal, as a process with a data folder of its own.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use tempfile::TempDir;
use url::Url;

use super::{data::read, eventually, page::Page, processes, visitor::Visitor};

const EMAIL_OF_ADMIN: &str = "admin@localhost";
const GREETING: &str = "Intelligent Vision is at ";

/// A portal that runs, and ends with the test.
pub(crate) struct Portal {
    /// Where it is reached.
    pub(crate) url: Url,
    folder: TempDir,
    environment: BTreeMap<&'static str, OsString>,
    child: Child,
    admin_password: String,
}

/// How a portal is to be started.
pub(crate) struct Setup {
    environment: BTreeMap<&'static str, OsString>,
}

impl Setup {
    /// The defaults, without the sample apps: those that a test needs it publishes itself.
    pub(crate) fn new() -> Self {
        Self { environment: BTreeMap::new() }.with("VISION_NO_SAMPLE_APPS", "true")
    }

    /// The same setup with an environment variable.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name, value.into());
        self
    }

    /// The same setup with the sample apps that a first start publishes.
    #[must_use]
    pub(crate) fn with_sample_apps(mut self) -> Self {
        self.environment.remove("VISION_NO_SAMPLE_APPS");
        self
    }

    /// Starts the portal, waits until it is ready, and reads the admin's password from what it printed.
    pub(crate) async fn start(self) -> Portal {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = TempDir::with_prefix("vision-test-").expect("a temporary folder");
        fs::create_dir(folder.path().join("tmp")).expect("an empty folder takes a folder");
        let child = spawn(folder.path(), &self.environment);
        let mut portal = Portal {
            url: Url::parse("http://127.0.0.1").expect("a valid address"),
            folder,
            environment: self.environment,
            child,
            admin_password: String::new(),
        };
        portal.wait_until_ready(0).await;
        portal.admin_password = password_in(&portal.log());
        portal
    }
}

fn spawn(folder: &Path, environment: &BTreeMap<&'static str, OsString>) -> Child {
    let log = File::options().append(true).create(true).open(folder.join("portal.log")).expect("a log file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_portal"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VISION_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command
        .env("VISION_LISTEN", "127.0.0.1:0")
        .env("VISION_DATA", folder.join("data"))
        .env("TMPDIR", folder.join("tmp"))
        .env("NO_COLOR", "1")
        .env("RUST_BACKTRACE", "1")
        .envs(environment)
        .current_dir(folder)
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .expect("the portal's program starts")
}

/// The password stands in the one line that names the first admin.
fn password_in(log: &str) -> String {
    let line = log.lines().find(|line| line.contains(EMAIL_OF_ADMIN) && line.contains("password"));
    let line = line.unwrap_or_else(|| panic!("the portal printed no password:\n{log}"));
    line.split_whitespace().last().expect("words in the line").to_owned()
}

impl Portal {
    /// A portal with the defaults.
    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it and its children printed.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&read(&self.folder.path().join("portal.log"))).into_owned()
    }

    /// The folder that holds its data, its temporary files and its log.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it keeps its data.
    pub(crate) fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Somebody without an account.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// The first admin, logged in.
    pub(crate) async fn admin(&self) -> Visitor {
        let admin = self.visitor();
        admin.log_in(EMAIL_OF_ADMIN, &self.admin_password).await;
        admin
    }

    /// Email and password of the first admin.
    pub(crate) fn admin_account(&self) -> (&str, &str) {
        (EMAIL_OF_ADMIN, &self.admin_password)
    }

    /// A new person who runs apps.
    pub(crate) async fn consumer(&self, name: &str) -> Visitor {
        let visitor = self.visitor();
        visitor.sign_up(name).await;
        visitor
    }

    /// A new person whom the admin has made a developer.
    pub(crate) async fn author(&self, name: &str) -> Visitor {
        let author = self.consumer(name).await;
        self.admin().await.grant(name, "developer").await;
        author
    }

    /// Waits until the apps of a first start are on the home page: the page.
    pub(crate) async fn home_with_sample_apps(&self) -> Page {
        let visitor = self.visitor();
        eventually("the sample apps", Duration::from_secs(60), async || {
            let home = visitor.get("/").await.ok();
            let apps = home.texts("main a[href^='/apps/']").join("\n").to_lowercase();
            (apps.contains("digit") && apps.contains("shape")).then_some(home)
        })
        .await
    }

    /// Kills the portal as a power cut would: no signal handler runs.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a process can be killed");
        self.child.wait().expect("a killed process can be waited for");
    }

    /// Starts the portal again over the same data, at a new port.
    pub(crate) async fn start_again(&mut self) {
        let printed = self.log().len();
        self.child = spawn(self.folder.path(), &self.environment);
        self.wait_until_ready(printed).await;
    }

    /// Ends the portal as Ctrl-C does.
    pub(crate) async fn interrupt(&mut self) -> ExitStatus {
        processes::signal(self.pid(), "INT");
        let child = &mut self.child;
        eventually("the portal to stop", Duration::from_secs(15), async || {
            child.try_wait().expect("a process can be asked")
        })
        .await
    }

    /// Reads the address from what it prints after the first `printed` bytes of the log.
    async fn wait_until_ready(&mut self, printed: usize) {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        self.url = eventually("the portal to be ready", Duration::from_secs(60), async || {
            let ended = self.child.try_wait().expect("a process can be asked");
            let log = self.log();
            assert!(ended.is_none(), "the portal ended with {ended:?}:\n{log}");
            let greeting = log[printed..].split_once(GREETING)?.1;
            // The last line of the greeting comes after the password.
            let (address, _) = greeting.split_once("\nStop with Ctrl-C")?;
            let url = Url::parse(address.lines().next()?).expect("a valid address");
            let health = url.join("/health/ready").expect("a valid path");
            http.get(health).send().await.ok()?.status().is_success().then_some(url)
        })
        .await;
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let last = log.lines().count().saturating_sub(40);
            eprintln!("--- log of the portal ---\n{}", log.lines().skip(last).collect::<Vec<_>>().join("\n"));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
