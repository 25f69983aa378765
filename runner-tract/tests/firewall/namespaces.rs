//! Two network namespaces with a cable between them: this program is on the portal's side, the runner on the other.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::runner::{PHOTO, serve_photo};

/// The portal's address.
pub(crate) const PORTAL: &str = "10.9.0.1";
/// Another one on the same side.
pub(crate) const OTHER: &str = "10.9.0.3";
/// The runner's address.
pub(crate) const OWN: &str = "10.9.0.2";

/// The runner's namespace. It goes with the process that holds it.
pub(crate) struct Namespaces {
    holder: Child,
    path: String,
}

impl Namespaces {
    /// Lays the cable. This process must be in a namespace of its own.
    pub(crate) fn new() -> Self {
        let mut holder = Command::new("unshare")
            .args(["--net", "--", "sh", "-c", "echo there; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let pid = holder.id().to_string();
        let namespaces = Self { holder, path: format!("--net=/proc/{pid}/ns/net") };
        for own in [
            "link set lo up",
            &format!("link add portal0 type veth peer name eth0 netns {pid}"),
            "addr add 10.9.0.1/24 dev portal0",
            "addr add 10.9.0.3/24 dev portal0",
            "addr add fd00:9::1/64 dev portal0 nodad",
            "addr add fd00:9::3/64 dev portal0 nodad",
            "link set portal0 up",
        ] {
            done(Command::new("ip").args(own.split(' ')));
        }
        for runners in [
            "link set lo up",
            "addr add 10.9.0.2/24 dev eth0",
            "addr add fd00:9::2/64 dev eth0 nodad",
            "link set eth0 up",
        ] {
            done(namespaces.inside("ip").args(runners.split(' ')));
        }
        namespaces
    }

    /// A program on the runner's side.
    pub(crate) fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args([&self.path, "--", program]);
        command
    }

    /// Who listens on the portal's side: the portal, and many who should never hear anything.
    pub(crate) fn listen(&self) {
        for portal in ["10.9.0.1:8080", "[fd00:9::1]:8080"] {
            serve_photo(portal, PHOTO);
        }
        for stranger in ["10.9.0.1:8081", "[fd00:9::1]:8081", "10.9.0.3:8080", "[fd00:9::3]:8080"] {
            let listener = TcpListener::bind(stranger).unwrap();
            thread::spawn(move || listener.incoming().for_each(drop));
        }
        for echo in ["10.9.0.1:53", "[fd00:9::1]:53", "10.9.0.1:8080", "10.9.0.3:53"] {
            let socket = UdpSocket::bind(echo).unwrap();
            thread::spawn(move || {
                let mut datagram = [0; 100];
                while let Ok((length, from)) = socket.recv_from(&mut datagram) {
                    let _ = socket.send_to(&datagram[..length], from);
                }
            });
        }
    }

    /// Loads rules on the runner's side.
    pub(crate) fn load(&self, rules: &str) {
        let mut nft =
            self.inside("nft").args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        nft.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        let loaded = nft.wait_with_output().unwrap();
        assert!(loaded.status.success(), "{}\n{rules}", String::from_utf8_lossy(&loaded.stderr));
    }

    /// Native code on the runner's side tries to get out: how each of its ways ends.
    pub(crate) fn intrude(&self, user: Option<&str>) -> Value {
        let mut command = self.inside("python3");
        command.arg(natives()).arg("intrude").args(user).env("PORTAL_MAC", portal_mac().replace(':', ""));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// What arrives on the portal's side, down to the frame.
pub(crate) struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    pub(crate) fn start() -> Self {
        let mut command = Command::new("python3");
        command.arg(natives()).args(["watch", "portal0"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        Self { child, lines }
    }

    /// The kinds of frames that came.
    pub(crate) fn end(mut self) -> Vec<String> {
        drop(self.child.stdin.take());
        let kinds = serde_json::from_reader(&mut self.lines).unwrap();
        self.child.wait().unwrap();
        kinds
    }
}

fn natives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/firewall/natives.py")
}

/// Not from `/sys`, which shows the devices of the namespace that it was mounted in.
fn portal_mac() -> String {
    let shown = Command::new("ip").args(["-j", "link", "show", "portal0"]).output().unwrap();
    let links: Value = serde_json::from_slice(&shown.stdout).unwrap();
    links[0]["address"].as_str().unwrap().to_owned()
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
