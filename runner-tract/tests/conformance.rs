//! Our own runner under `vision conform`: all that is required, and all that is optional.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use vision_cli::conform::{self, Outcome, Portal, Settings};

const TOKEN: &str = "a-token-for-tests";

/// The program, until it is dropped.
struct Runner {
    child: Child,
    base: String,
    _data: TempDir,
}

impl Runner {
    fn start(portal: &str) -> Self {
        let data = TempDir::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_runner-tract"))
            .args(["serve", "--exit-with-parent", "--portal-url", portal, "--data"])
            .arg(data.path())
            .env("VISION_RUNNER_TOKEN", TOKEN)
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening ").unwrap_or_else(|| panic!("it said {line:?}")).trim();
        Self { base: format!("http://{address}"), child, _data: data }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_offered_and_right() {
    let portal = Portal::start(([127, 0, 0, 1], 0).into(), None).await.unwrap();
    let runner = Runner::start(portal.base().as_str());
    let settings =
        Settings { base: runner.base.parse().unwrap(), token: Some(TOKEN.to_owned().into()), app: None, portal };
    let report = conform::check(settings).await.unwrap();
    assert!(report.conforms(), "{report}");
    assert!(report.checks.iter().all(|check| matches!(check.outcome, Outcome::Pass)), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_that_knows_another_portal_is_told_apart_from_a_wrong_one() {
    let portal = Portal::start(([127, 0, 0, 1], 0).into(), None).await.unwrap();
    let runner = Runner::start("http://127.0.0.1:1");
    let settings =
        Settings { base: runner.base.parse().unwrap(), token: Some(TOKEN.to_owned().into()), app: None, portal };
    let report = conform::check(settings).await.unwrap();
    assert!(!report.conforms(), "{report}");
    assert!(report.to_string().contains("start it with --portal-url"), "{report}");
}
