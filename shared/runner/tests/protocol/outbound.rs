//! Where a runner goes when it is told to fetch or put: to its portal, whatever the address looks like. Beside the portal
//! there are listeners that must never see a connection.

use std::{
    io::{BufRead, BufReader, ErrorKind, Write},
    net::{SocketAddr, TcpListener},
    thread,
};

use reqwest::StatusCode;
use serde_json::json;
use url::Url;

use crate::harness::{PHOTO, Runner, named};

/// Nobody may come here.
struct Stranger(TcpListener);

impl Stranger {
    fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    #[track_caller]
    fn saw_nobody(&self) {
        match self.0.accept() {
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            Ok((_, from)) => panic!("{from} came to {}", self.0.local_addr().unwrap()),
        }
    }
}

/// A portal on a port of `address`, with a photo at `/photo`. At `/<status>/<anything>` it sends to `elsewhere`.
fn portal(address: &str, elsewhere: String) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let path = request.split(' ').nth(1).unwrap();
            let length = if path == "/photo" { PHOTO.len() } else { 0 };
            let status = if path == "/photo" { "200" } else { &path[1..4] };
            // A client that does not like the head may be gone.
            let head = format!("HTTP/1.1 {status} -\r\nlocation: {elsewhere}\r\nrefresh: 0; url={elsewhere}\r\n");
            let _ = write!(stream, "{head}connection: close\r\ncontent-length: {length}\r\n\r\n");
            let _ = stream.write_all(&PHOTO[..length]);
        }
    });
    address
}

async fn runner_of(portal: &str) -> Runner {
    let portal: Url = portal.parse().unwrap();
    let runner = Runner::with(|config| config.portals = vec![portal]).await;
    runner.published(1).await;
    runner
}

async fn fetch(runner: &Runner, photo: &str) -> crate::harness::Answer {
    runner.run(1, json!({"Do": "say inputs", "Image": photo})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_addresses_lead_nowhere() {
    let stranger = Stranger::at("127.0.0.1:0");
    let port = stranger.port();
    let own = portal("127.0.0.1:0", String::new());
    let same_port =
        [Stranger::at(&format!("127.0.0.2:{}", own.port())), Stranger::at(&format!("[::1]:{}", own.port()))];
    let runner = runner_of(&format!("http://{own}")).await;
    fetch(&runner, &format!("http://{own}/photo")).await.said();
    fetch(&runner, &format!("http://2130706433:{}/photo", own.port())).await.said();

    let hosts = [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "１２７.０.０.１",
        "%31%32%37.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
    ];
    let mut urls: Vec<_> = hosts.iter().map(|host| format!("http://{host}:{port}/photo")).collect();
    urls.extend([
        format!("http://{own}@127.0.0.1:{port}/photo"),
        format!("http://{own}:x@127.0.0.1:{port}/photo"),
        format!("http://127.0.0.1:{port}\\@{own}/photo"),
        format!("http://127.0.0.1:{port}#@{own}/photo"),
        format!("http://127.0.0.1:{port}?@{own}/photo"),
        format!("HTTP:127.0.0.1:{port}/photo"),
        format!("http:\\\\127.0.0.1:{port}/photo"),
        format!("http:///127.0.0.1:{port}/photo"),
        format!("ht\ntp://127.0.0.1:\t{port}/photo"),
        format!("https://{own}/photo"),
        format!("ftp://{own}/photo"),
        format!("http://user@{own}/photo"),
    ]);
    // The portal's own port, elsewhere.
    for host in ["127.0.0.2", "2130706434", "0x7f.2", "[::1]", "[::ffff:127.0.0.2]", "[::ffff:127.0.0.1]", "localhost"]
    {
        urls.push(format!("http://{host}:{}/photo", own.port()));
    }
    for url in &urls {
        let refused = fetch(&runner, url).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{url}: {refused:?}");
        let inputs = named(json!({"Do": "say pid"}));
        let refused = runner.run_body(1, json!({"data": inputs, "uploads": [url]})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{url} for an upload: {refused:?}");
    }
    stranger.saw_nobody();
    same_port.iter().for_each(Stranger::saw_nobody);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_the_portal_leads_elsewhere() {
    let stranger = Stranger::at("127.0.0.1:0");
    let own = portal("127.0.0.1:0", format!("http://127.0.0.1:{}/photo", stranger.port()));
    let runner = runner_of(&format!("http://{own}")).await;
    for status in [300, 301, 302, 303, 305, 307, 308, 401, 407] {
        let url = format!("http://{own}/{status}/photo");
        fetch(&runner, &url).await.fails(400, "input-unavailable", &format!("answered {status}"));
    }
    stranger.saw_nobody();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_is_known_by_its_name() {
    // Where `localhost` means ::1 as well, a client tries both.
    let own = portal("127.0.0.1:0", String::new());
    let runner = runner_of(&format!("http://localhost:{}", own.port())).await;
    for name in ["localhost", "LocalHost", "%6cocalhost", "ｌocalhost"] {
        fetch(&runner, &format!("http://{name}:{}/photo", own.port())).await.said();
    }
    for name in ["localhost.", "l\u{43e}calhost", "127.0.0.1", "localhost.localdomain", "ip6-localhost"] {
        let refused = fetch(&runner, &format!("http://{name}:{}/photo", own.port())).await;
        refused.fails(400, "input-unavailable", "fetches nothing from");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_an_address_is_told() {
    let runner = runner_of("http://portal.invalid").await;
    let refused = fetch(&runner, "http://portal.invalid/photo").await;
    refused.fails(400, "input-unavailable", "“Image”");
}
