//! What `firewall` prints holds: with its rules loaded by real nftables into a runner's network namespace, native code
//! there reaches the portal and nothing else, whoever it runs as, and a real runner goes on to work. And a runner by
//! itself takes no proxy from its environment.
//!
//! The namespaces live and die with this program, started a second time in one of them: nothing of the machine's own
//! network is touched.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

mod namespaces;
mod runner;

use std::{
    fs,
    io::{ErrorKind, Write as _},
    net::TcpListener,
    process::Command,
};

use serde_json::Value;

use self::{
    namespaces::{Namespaces, OTHER, OWN, PORTAL, Watch},
    runner::{PHOTO, Runner, client, serve_photo},
};

/// Says to the program that it is in a namespace of its own.
const INSIDE: &str = "VISION_TEST_IN_A_NAMESPACE";
const PORTALS: [&str; 2] = ["http://10.9.0.1:8080", "http://[fd00:9::1]:8080"];
const NOBODY: &str = "65534";

/// What a test here needs; `None` if it is all there.
fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("only root can make network namespaces".to_owned());
    }
    let tools = [("ip", "-V"), ("nft", "-v"), ("unshare", "-V"), ("nsenter", "-V"), ("python3", "-V")];
    let is_there =
        |tool: &str, version: &str| Command::new(tool).arg(version).output().is_ok_and(|o| o.status.success());
    let lacking = tools.into_iter().find(|(tool, version)| !is_there(tool, version));
    lacking.map(|(tool, _)| format!("there is no {tool} (Debian's packages iproute2, nftables, util-linux, python3)"))
}

fn in_a_namespace(test: &str) {
    if let Some(missing) = missing() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true, but {missing}");
        writeln!(std::io::stderr(), "skipped: {missing}").ok();
        return;
    }
    let inside = Command::new("unshare")
        .args(["--net", "--"])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--ignored", "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&inside.stdout).into_owned() + &String::from_utf8_lossy(&inside.stderr);
    assert!(inside.status.success() && words.contains("1 passed"), "{words}");
}

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Rules as the program prints them.
fn rules(options: &[&str]) -> String {
    let portals = PORTALS.iter().flat_map(|portal| ["--portal-url", portal]);
    let printed = Command::new(env!("CARGO_BIN_EXE_runner-tract"))
        .args(["firewall", "--format", "nft", "--listen", "0.0.0.0:9000"])
        .args(portals)
        .args(options)
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8(printed.stdout).unwrap()
}

/// The ways that led out.
fn out(ways: &Value) -> Vec<&str> {
    let ways = ways.as_object().unwrap().iter();
    ways.filter(|(_, ended)| *ended == "out").map(|(way, _)| &**way).collect()
}

#[test]
fn nothing_in_the_runners_namespace_reaches_more_than_the_portal() {
    in_a_namespace("a_whole_namespace");
}

#[test]
#[ignore = "started by another test, in a network namespace"]
fn a_whole_namespace() {
    if !is_inside() {
        return;
    }
    let namespaces = Namespaces::new();
    namespaces.listen();
    let before = namespaces.intrude(None);
    assert_eq!(out(&before).len(), before.as_object().unwrap().len(), "without rules every way is open: {before}");

    // Twice: loaded again, the rules take the place of themselves.
    for _ in 0..2 {
        namespaces.load(&rules(&["--device", "eth0"]));
    }
    let watch = Watch::start();
    let after = namespaces.intrude(None);
    assert_eq!(out(&after), ["portal", "portal, IPv6"], "{after}");
    let left = watch.end();
    let allowed = ["arp", "neighbours", "tcp to 10.9.0.1 8080", "tcp to fd00:9::1 8080"];
    assert!(left.iter().all(|kind| allowed.contains(&&**kind)), "{left:?}");
    assert!(left.iter().any(|kind| kind == "tcp to 10.9.0.1 8080"), "nothing was watched: {left:?}");

    let watch = Watch::start();
    tokio::runtime::Runtime::new().unwrap().block_on(a_run(&namespaces));
    let left = watch.end();
    let allowed = [&allowed[..], &["tcp answer to 10.9.0.1"]].concat();
    assert!(left.iter().all(|kind| allowed.contains(&&**kind)), "{left:?}");
}

/// A real runner behind the rules: called by the portal, it fetches its photos there.
async fn a_run(namespaces: &Namespaces) {
    let mut command = namespaces.inside(env!("CARGO_BIN_EXE_runner-tract"));
    command.args(["--listen", &format!("{OWN}:9000"), "--portal-url", &PORTALS.join(",")]);
    let runner = Runner::start(command, Some(PORTAL));
    runner.publish().await;
    for portal in PORTALS {
        let answer = runner.run(&format!("{portal}/photo")).await;
        assert!(answer["result"]["Image"].as_str().is_some_and(|uri| uri.starts_with("data:image/")), "{answer}");
    }
    let stranger = client(Some(OTHER)).get(format!("http://{OWN}:9000/health/live"));
    let refused = stranger.timeout(std::time::Duration::from_secs(1)).send().await;
    assert!(refused.is_err(), "a stranger is answered: {refused:?}");
}

#[test]
fn a_user_is_kept_to_the_portal_and_others_are_not() {
    in_a_namespace("a_user");
}

#[test]
#[ignore = "started by another test, in a network namespace"]
fn a_user() {
    if !is_inside() {
        return;
    }
    let namespaces = Namespaces::new();
    namespaces.listen();
    namespaces.load(&rules(&["--for", &format!("user:{NOBODY}")]));
    let user = namespaces.intrude(Some(NOBODY));
    assert_eq!(out(&user), ["portal", "portal, IPv6"], "{user}");
    let root = namespaces.intrude(None);
    assert_eq!(out(&root).len(), root.as_object().unwrap().len(), "{root}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_is_taken_from_the_environment() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let portal = format!("http://{}", serve_photo("127.0.0.1:0", PHOTO));
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner-tract"));
    command.args(["--portal-url", &portal]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, &address);
    }
    let runner = Runner::start(command, None);
    runner.publish().await;
    let answer = runner.run(&format!("{portal}/photo")).await;
    assert!(answer["result"]["Image"].is_string(), "{answer}");
    assert_eq!(proxy.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "the proxy was asked");
}

/// Where systemd's own checker is at hand, it finds nothing wrong with the drop-in.
#[test]
fn systemd_understands_the_drop_in() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("vision-runner.service");
    fs::write(&unit, "[Service]\nExecStart=/bin/true\n").unwrap();
    let drop_ins = folder.path().join("vision-runner.service.d");
    fs::create_dir(&drop_ins).unwrap();
    let args = ["firewall", "--format", "systemd", "--listen", "0.0.0.0:9000", "--portal-url", PORTALS[1]];
    let printed = Command::new(env!("CARGO_BIN_EXE_runner-tract")).args(args).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    fs::write(drop_ins.join("portal.conf"), printed.stdout).unwrap();
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg(&unit).output() else {
        writeln!(std::io::stderr(), "skipped: there is no systemd-analyze").ok();
        return;
    };
    let words = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(!words.contains("portal.conf"), "{words}");
}
