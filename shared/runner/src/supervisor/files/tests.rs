//! What is allowed, and portals that do not behave. Over HTTP, see `tests/protocol/outbound.rs`.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

fn files(portal: &str) -> Files {
    Files::new(&[portal.parse().unwrap()], 1_000).unwrap()
}

#[track_caller]
fn check(portal: &str, urls: &[(&str, bool)]) {
    let files = files(portal);
    for (url, allowed) in urls {
        assert_eq!(files.allows(&url.parse().unwrap()), *allowed, "{url}, the portal being {portal}");
    }
}

#[test]
fn only_the_exact_origin_is_allowed() {
    check(
        "http://127.0.0.1:8080/base",
        &[
            ("http://127.0.0.1:8080/files/1?x=y", true),
            ("http://127.0.0.1:8081/files/1", false),
            ("http://127.0.0.1/files/1", false),
            ("https://127.0.0.1:8080/files/1", false),
            ("ftp://127.0.0.1:8080/files/1", false),
            ("http://localhost:8080/files/1", false),
            ("http://127.0.0.1.evil.example:8080/", false),
            ("file:///etc/passwd", false),
            ("data:image/png;base64,", false),
            ("unix:/run/docker.sock", false),
        ],
    );
}

#[test]
fn nobody_is_named_in_an_address() {
    check(
        "http://127.0.0.1:8080",
        &[
            ("http://127.0.0.1:8080@evil.example/", false),
            ("http://user@127.0.0.1:8080/", false),
            ("http://:word@127.0.0.1:8080/", false),
            ("http://evil.example\\@127.0.0.1:8080/", false),
            ("http://127.0.0.1:8080\\@evil.example/", true),
            ("http://127.0.0.1:8080#@evil.example/", true),
            ("http://evil.example#@127.0.0.1:8080/", false),
            ("http://evil.example?@127.0.0.1:8080/", false),
        ],
    );
}

/// Other spellings of the portal's own address lead to the portal; of any other address, nowhere.
#[test]
fn odd_spellings_of_an_ipv4_address_are_the_address() {
    let spellings = |[decimal, hex, octal, short]: [&str; 4], allowed| {
        let urls = [decimal, hex, octal, short].map(|host| format!("http://{host}:8080/files/1"));
        check("http://127.0.0.1:8080", &urls.each_ref().map(|url| (&**url, allowed)));
    };
    spellings(["2130706433", "0x7f000001", "0177.0.0.1", "127.1"], true);
    spellings(["2130706434", "0x7f.0x0.0x0.0x2", "0177.0.0.2", "127.2"], false);
    spellings(["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"], false);
    spellings(["0", "0x0", "00.0.0.0", "0.0"], false);
    for no_address in ["http://4294967296:8080/", "http://127.0.0.256:8080/", "http://0x7f.1.1.1.1:8080/"] {
        assert!(no_address.parse::<Url>().is_err(), "{no_address}");
    }
}

#[test]
fn an_ipv6_address_is_another_than_the_ipv4_address_in_it() {
    check(
        "http://127.0.0.1:8080",
        &[
            ("http://[::ffff:127.0.0.1]:8080/", false),
            ("http://[::ffff:7f00:1]:8080/", false),
            ("http://[::127.0.0.1]:8080/", false),
            ("http://[64:ff9b::127.0.0.1]:8080/", false),
            ("http://[::1]:8080/", false),
            ("http://[::]:8080/", false),
        ],
    );
    let portal = "http://[2001:db8::1]:8080";
    check(portal, &[("http://[2001:0DB8:0:0::0001]:8080/", true), ("http://[2001:db8::2]:8080/", false)]);
}

#[test]
fn a_name_is_compared_as_it_is_looked_up() {
    check(
        "https://portal.example",
        &[
            ("https://portal.example/", true),
            ("HTTPS://PORTAL.Example/", true),
            ("https://portal.example:443/", true),
            ("https://ｐｏｒｔａｌ.example/", true),
            ("https://portal%2Eexample/", true),
            ("https://portal.example:80/", false),
            ("http://portal.example:443/", false),
            ("https://portal.example./", false),
            ("https://portal.example.evil.example/", false),
            ("https://evil.portal.example/", false),
            // Cyrillic o and a, and a dotless i elsewhere: other names, however they look.
            ("https://p\u{43e}rtal.example/", false),
            ("https://port\u{430}l.example/", false),
            ("https://xn--prtal-jua.example/", false),
        ],
    );
    check("http://portal.example:80", &[("http://portal.example/", true)]);
}

/// A portal that answers every question by this, and then holds the line.
async fn portal_saying(answer: Vec<u8>) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            // The client may have had enough in the middle.
            let _ = stream.write_all(&answer).await;
            held.push(stream);
        }
    });
    (address, serving)
}

async fn refusal_of(answer: impl Into<Vec<u8>>) -> String {
    let (address, serving) = portal_saying(answer.into()).await;
    let url: Url = format!("http://{address}/photo").parse().unwrap();
    let mut files = files(url.as_str());
    files.silence = Duration::from_millis(100);
    let refusal = files.fetch("Photo", &url).await.unwrap_err();
    serving.abort();
    refusal.message
}

#[tokio::test]
async fn a_portal_that_falls_silent_is_given_up() {
    for answer in ["", "HTTP/1.1 200 OK\r\nx-half: ", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let refusal = refusal_of(answer).await;
        assert!(refusal.contains("the portal said nothing for 100ms"), "{answer:?}: {refusal}");
    }
}

#[tokio::test]
async fn headers_have_an_end() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-more: of the same\r\n".repeat(HEADERS + 1));
    let long = format!("HTTP/1.1 200 OK\r\nx-long: {}", "a".repeat(1 << 20));
    for answer in [many, long] {
        let refusal = refusal_of(answer).await;
        assert!(refusal.contains("could not be fetched"), "{refusal}");
        assert!(!refusal.contains("said nothing"), "it was read to its end: {refusal}");
    }
}

#[tokio::test]
async fn a_body_without_an_announced_end_is_cut() {
    let chunks = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", "a\r\n0123456789\r\n".repeat(200));
    let refusal = refusal_of(chunks).await;
    assert!(refusal.contains("is larger than 1000 bytes"), "{refusal}");
}
