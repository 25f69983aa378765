//! A runner as a child process on loopback, with a token that nobody else knows.

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use clap::ValueEnum;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::sync::oneshot;
use url::Url;
use vision_protocol::Digest;

/// A bound against hanging, on a machine that may be busy.
const START_WITHIN: Duration = Duration::from_secs(60);

/// The runners that this program carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// tract, built in
    #[default]
    Tract,
    /// ONNX Runtime on the processor; its library must be installed (`vision runner-gpu setup --device cpu`)
    Onnxruntime,
}

/// How a runner is started.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// Why a runner did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its program cannot be started.
    #[error("the runner {} cannot be started: {source}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no room for its packages.
    #[error("no temporary folder can be made for the runner: {0}")]
    Folder(#[source] io::Error),
    /// It ended, or printed something else than its address.
    #[error("the runner {} did not say where it listens ({how}). What it said stands above", program.display())]
    Silent {
        /// The program.
        program: PathBuf,
        /// What it did instead.
        how: String,
    },
}

/// A running runner. It ends when this is dropped, and with this program, however that ends.
pub struct Process {
    child: Child,
    base: Url,
    token: SecretString,
    _data: TempDir,
}

impl Engine {
    /// The command that leads to this runner on the program's own command line.
    pub fn command(self) -> &'static str {
        match self {
            Self::Tract => "runner-tract",
            Self::Onnxruntime => "runner-gpu",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tract => "tract",
            Self::Onnxruntime => "ONNX Runtime",
        }
    }
}

impl Launch {
    /// Another program, which is a runner when it is told `serve`.
    pub fn program(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: vec!["serve".into()] }
    }

    /// A runner that this very program carries.
    ///
    /// # Errors
    /// When this program cannot be found again.
    pub fn carried(engine: Engine) -> io::Result<Self> {
        let mut arguments = vec![engine.command().into(), "serve".into()];
        if engine == Engine::Onnxruntime {
            arguments.extend(["--device".into(), "cpu".into()]);
        }
        Ok(Self { program: std::env::current_exe()?, arguments })
    }

    /// The same with more arguments.
    #[must_use]
    pub fn with(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Any program with any arguments in front of those that every runner is given.
    pub fn command(program: impl Into<PathBuf>, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { program: program.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }
}

impl Process {
    /// Starts a runner that fetches files from `portal` and from nowhere else.
    ///
    /// # Errors
    /// What the runner needs and did not find; its own words go to standard error.
    pub async fn start(launch: &Launch, portal: &Url) -> Result<Self, StartError> {
        let data = TempDir::with_prefix("vision-runner-").map_err(StartError::Folder)?;
        let token = Digest(rand::random()).to_string();
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.arguments)
            .args(["--listen", "127.0.0.1:0", "--exit-with-parent", "--portal-url", portal.as_str(), "--data"])
            .arg(data.path())
            .env("VISION_RUNNER_TOKEN", &token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if std::env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", "error");
        }
        let program = &launch.program;
        let cannot = |source| StartError::Program { program: program.clone(), source };
        let mut child = command.spawn().map_err(cannot)?;
        let Some(stdout) = child.stdout.take() else { return Err(cannot(io::ErrorKind::BrokenPipe.into())) };
        let told = tokio::time::timeout(START_WITHIN, announced(stdout)).await;
        // From here on it ends when this is dropped.
        let mut process = Self { child, base: portal.clone(), token: token.into(), _data: data };
        let how = match told {
            Ok(Ok(Some(address))) => match format!("http://{address}/").parse() {
                Ok(base) => {
                    process.base = base;
                    return Ok(process);
                }
                Err(_) => format!("it said {address}"),
            },
            Ok(_) => "it ended".to_owned(),
            Err(_) => format!("it was given {} seconds", START_WITHIN.as_secs()),
        };
        Err(StartError::Silent { program: program.clone(), how })
    }

    /// Where it listens.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What it wants to be shown.
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// The same as text, for a request's header.
    pub fn bearer(&self) -> &str {
        self.token.expose_secret()
    }

    /// The process id of its supervisor.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its workers end with it. It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address that it prints first. What it prints later is read and dropped: a full pipe would stop it.
fn announced(stdout: ChildStdout) -> oneshot::Receiver<Option<String>> {
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("listening ").map(|address| address.trim().to_owned()));
        // Nobody may wait any more.
        let _ = tell.send(address);
        lines.for_each(drop);
    });
    told
}
