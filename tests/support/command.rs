//! `vision`, the command line of authors, with a home of its own.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use super::Missing;

/// The program, as somebody who sits before it.
pub(crate) struct Vision {
    program: PathBuf,
    home: TempDir,
    environment: Vec<(&'static str, String)>,
}

/// What it said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// What it printed, if all went well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {}\n{}", self.out, self.err))
    }
}

impl Vision {
    /// The program, which a build of the whole workspace puts beside the portal's.
    pub(crate) fn find() -> Result<Self, Missing> {
        let program = Path::new(env!("CARGO_BIN_EXE_portal")).with_file_name("vision");
        if !program.is_file() {
            return Err(Missing("the program vision is not built (cargo build --release --workspace)".to_owned()));
        }
        Ok(Self { program, home: TempDir::new().expect("a temporary folder"), environment: Vec::new() })
    }

    /// The same person with an environment variable.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// Its home: the folder that it runs in, and that its files lie below.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a command.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, "")
    }

    /// Runs a command that reads from standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("VISION_") || name.starts_with("XDG_") || name.to_lowercase().ends_with("_proxy") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(arguments)
            .env("HOME", self.home())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("vision starts");
        // One that reads nothing may have ended by now.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("vision ends");
        Said {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Logs in to a portal.
    #[track_caller]
    pub(crate) fn log_in(&self, portal: &Url, key: &str) {
        self.run_with(&["login", "--portal", portal.as_str()], key).ok();
    }
}
