//! Configuration: one struct per concern, read once from the command line and the environment.
//! Every option has a default, so that `portal` alone starts a whole marketplace.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use secrecy::SecretString;
use url::Url;
use vision_protocol::limits::{PackageLimits, RunLimits};

/// Everything that can be set.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// How the portal is reached.
    #[command(flatten)]
    pub server: ServerConfig,
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageConfig,
    /// Accounts and sessions.
    #[command(flatten)]
    pub accounts: AccountsConfig,
    /// Work in the background.
    #[command(flatten)]
    pub jobs: JobsConfig,
    /// What people may upload.
    #[command(flatten)]
    pub limits: LimitsConfig,
    /// The runner that the portal starts itself.
    #[command(flatten)]
    pub embedded: EmbeddedConfig,
    /// What is told to whom about what the portal does.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,
}

/// How the portal is reached.
#[derive(Clone, Debug, Args)]
pub struct ServerConfig {
    /// Address and port to listen on
    #[arg(long, env = "VISION_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address at which browsers reach the portal, if it is not the one it listens on. https makes cookies Secure
    #[arg(long, env = "VISION_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// Address at which runners reach the portal, if it is not the one it listens on
    #[arg(long, env = "VISION_RUNNER_FACING_URL")]
    pub runner_facing_url: Option<Url>,
    /// Trust the address that a reverse proxy gives in `Forwarded` or `X-Forwarded-For`
    #[arg(long, env = "VISION_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Threads that serve requests; as many as processors if left out
    #[arg(long, env = "VISION_WORKERS")]
    pub workers: Option<usize>,
    /// Seconds that running jobs and open requests get to end when the portal stops
    #[arg(long, env = "VISION_STOP_SECONDS", default_value_t = 5)]
    pub stop_seconds: u64,
}

/// Where things are kept.
#[derive(Clone, Debug, Args)]
pub struct StorageConfig {
    /// Folder for database, files, keys and the embedded runner
    #[arg(long = "data", env = "VISION_DATA", default_value = "data")]
    pub data_dir: PathBuf,
    /// `postgres://…`; SQLite in the data folder if left out
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Master key, 64 hexadecimal digits; a file in the data folder if left out
    #[arg(long, env = "VISION_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<SecretString>,
    /// Folder of models that is looked into before one of the catalogue is downloaded
    #[arg(long, env = "VISION_MODEL_MIRROR")]
    pub model_mirror: Option<PathBuf>,
}

/// Accounts and sessions.
#[derive(Clone, Debug, Args)]
pub struct AccountsConfig {
    /// Days after which one must log in again
    #[arg(long, env = "VISION_SESSION_DAYS", default_value_t = 30)]
    pub session_days: u32,
    /// KiB of memory for hashing one password
    #[arg(long, env = "VISION_PASSWORD_MEMORY_KIB", default_value_t = 19_456)]
    pub password_memory_kib: u32,
    /// Failed log-ins for one account in a quarter of an hour
    #[arg(long, env = "VISION_LOGINS_PER_ACCOUNT", default_value_t = 10)]
    pub logins_per_account: u32,
    /// Log-ins and sign-ups from one address in a quarter of an hour
    #[arg(long, env = "VISION_LOGINS_PER_ADDRESS", default_value_t = 100)]
    pub logins_per_address: u32,
}

/// Work in the background.
#[derive(Clone, Debug, Args)]
pub struct JobsConfig {
    /// Runs that are worked on side by side
    #[arg(long, env = "VISION_RUNS_PARALLEL", default_value_t = 8)]
    pub runs_parallel: usize,
    /// Packages that are proven side by side
    #[arg(long, env = "VISION_CHECKS_PARALLEL", default_value_t = 2)]
    pub checks_parallel: usize,
    /// Seconds after which the job of a portal that went silent goes to another
    #[arg(long, env = "VISION_LEASE_SECONDS", default_value_t = 60)]
    pub lease_seconds: u64,
    /// Attempts for one run while failures are of the passing kind
    #[arg(long, env = "VISION_RUN_ATTEMPTS", default_value_t = 8)]
    pub run_attempts: u32,
    /// Attempts for proving one package while failures are of the passing kind
    #[arg(long, env = "VISION_CHECK_ATTEMPTS", default_value_t = 8)]
    pub check_attempts: u32,
    /// Milliseconds before the second attempt; doubled for each further one, up to a minute
    #[arg(long, env = "VISION_RETRY_MS", default_value_t = 500)]
    pub retry_ms: u64,
}

/// What people may upload, and what one run may take.
#[derive(Clone, Debug, Args)]
pub struct LimitsConfig {
    /// MiB of an uploaded zip
    #[arg(long, env = "VISION_PACKAGE_MIB", default_value_t = 50)]
    pub package_mib: u64,
    /// MiB of all files of a package, inflated
    #[arg(long, env = "VISION_PACKAGE_INFLATED_MIB", default_value_t = 512)]
    pub package_inflated_mib: u64,
    /// MiB of one input file
    #[arg(long, env = "VISION_INPUT_MIB", default_value_t = 20)]
    pub input_mib: u64,
    /// MiB of one run's results, pictures included
    #[arg(long, env = "VISION_RESULT_MIB", default_value_t = 32)]
    pub result_mib: u64,
    /// Seconds that a runner gets for one run
    #[arg(long, env = "VISION_RUN_SECONDS", default_value_t = 60)]
    pub run_seconds: u64,
    /// Seconds that a runner gets for proving one package
    #[arg(long, env = "VISION_CHECK_SECONDS", default_value_t = 300)]
    pub check_seconds: u64,
}

/// The runner that the portal starts itself.
#[derive(Clone, Debug, Args)]
pub struct EmbeddedConfig {
    /// Start no runner: use only those added with `portal runner add`
    #[arg(long, env = "VISION_NO_EMBEDDED_RUNNER")]
    pub no_embedded_runner: bool,
    /// Do not publish the sample apps on start
    #[arg(long, env = "VISION_NO_SAMPLE_APPS")]
    pub no_sample_apps: bool,
}

/// What is told to whom about what the portal does.
#[derive(Clone, Debug, Args)]
pub struct TelemetryConfig {
    /// Collector that takes OpenTelemetry traces by OTLP over HTTP, such as http://127.0.0.1:4318; none without it
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<Url>,
}

impl LimitsConfig {
    /// The limits for checking a package.
    pub fn packages(&self) -> PackageLimits {
        PackageLimits {
            zipped_bytes: self.package_mib << 20,
            inflated_bytes: self.package_inflated_mib << 20,
            ..PackageLimits::default()
        }
    }

    /// The limits of one run, as far as the portal enforces them.
    pub fn runs(&self) -> RunLimits {
        RunLimits {
            deadline_ms: self.run_seconds * 1000,
            input_bytes: self.input_mib << 20,
            result_bytes: self.result_mib << 20,
            ..RunLimits::default()
        }
    }
}

impl JobsConfig {
    /// The lease of one job.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }
}

impl Config {
    /// A configuration for tests: everything in `data_dir`, nothing embedded, cheap passwords, quick retries.
    ///
    /// # Panics
    /// Never: the defaults parse.
    pub fn for_testing(data_dir: &Path) -> Self {
        #[derive(clap::Parser)]
        struct Defaults {
            #[command(flatten)]
            config: Config,
        }
        let arguments: [&std::ffi::OsStr; 11] = [
            "portal".as_ref(),
            "--listen=127.0.0.1:0".as_ref(),
            "--data".as_ref(),
            data_dir.as_os_str(),
            "--no-embedded-runner".as_ref(),
            "--no-sample-apps".as_ref(),
            "--password-memory-kib=32".as_ref(),
            "--retry-ms=20".as_ref(),
            "--run-attempts=4".as_ref(),
            "--check-attempts=3".as_ref(),
            "--run-seconds=10".as_ref(),
        ];
        <Defaults as clap::Parser>::try_parse_from(arguments).expect("the defaults parse").config
    }
}
