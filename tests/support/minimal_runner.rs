//! `minimal_runner.py`, started for one test.

use std::{
    io::{BufRead as _, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use url::Url;

use super::{
    Missing,
    python::{plain, tests_folder},
};

/// A runner that answers with the digest of the photo.
pub(crate) struct MinimalRunner {
    /// Its base address.
    pub(crate) url: Url,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl MinimalRunner {
    /// Starts it. With `hold` it waits, before each answer, until there is a file at that path.
    pub(crate) fn start(hold: Option<&Path>) -> Result<Self, Missing> {
        let mut command = Command::new(plain()?);
        command.arg(tests_folder().join("minimal_runner.py")).stdout(Stdio::piped());
        if let Some(file) = hold {
            command.arg("--hold").arg(file);
        }
        let mut child = command.spawn().expect("Python starts");
        let mut lines = BufReader::new(child.stdout.take().expect("the output is piped")).lines();
        let url = lines.next().expect("it prints its address").expect("in UTF-8");
        Ok(Self { url: Url::parse(&url).expect("a valid address"), child, lines })
    }

    /// The signed URL that it was given next. Waits for it.
    pub(crate) fn next_signed_url(&mut self) -> Url {
        let line = self.lines.next().expect("it still runs").expect("in UTF-8");
        Url::parse(&line).expect("a valid address")
    }
}

impl Drop for MinimalRunner {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
