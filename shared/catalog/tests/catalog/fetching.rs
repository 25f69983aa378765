//! Downloads from servers that break off, lie, or have nothing.

use std::{fs, sync::Mutex};

use tempfile::TempDir;
use vision_catalog::FetchError;

use crate::{
    bytes, depot, left,
    server::{Reply, Server},
    wanted,
};

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let cache = TempDir::new().unwrap();
    let server = Server::start(|before, asked| match before {
        0 => Reply::new("200 OK", "", &bytes(), 1000),
        _ => Reply::rest(&bytes(), asked.start.unwrap()),
    })
    .await;
    let told = Mutex::new(Vec::new());
    let wanted = wanted(&[server.url("model")]);
    let file = depot(&cache, None).fetch(&wanted, |bytes| told.lock().unwrap().push(bytes)).await.unwrap();
    assert_eq!(fs::read(&file).unwrap(), bytes());
    assert_eq!(server.starts(), [None, Some(1000)]);
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told.first() == Some(&0) && told.last() == Some(&wanted.bytes), "{told:?}");

    let again = depot(&cache, None).fetch(&wanted, |_| {}).await.unwrap();
    assert_eq!((again, server.asked().len()), (file, 2), "what was fetched once is kept");
}

#[tokio::test]
async fn a_download_goes_on_in_the_next_call_too() {
    let cache = TempDir::new().unwrap();
    let dying = Server::start(|before, asked| match before {
        0 => Reply::new("200 OK", "", &bytes(), 700),
        _ => Reply::new("206 Partial Content", "", &bytes()[asked.start.unwrap() as usize..], 0),
    })
    .await;
    let once = wanted(&[dying.url("model")]);
    let error = depot(&cache, None).fetch(&once, |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("range"), "an answer without its range is refused: {error}");
    assert_eq!(left(&cache, &once), Some(700));

    let good = Server::start(|_, asked| Reply::rest(&bytes(), asked.start.unwrap())).await;
    let file = depot(&cache, None).fetch(&wanted(&[good.url("model")]), |_| {}).await.unwrap();
    assert_eq!(fs::read(file).unwrap(), bytes());
    assert_eq!((good.starts(), left(&cache, &once)), (vec![Some(700)], None));
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_sends_all_again() {
    let cache = TempDir::new().unwrap();
    let server = Server::start(|before, _| match before {
        0 => Reply::new("200 OK", "", &bytes(), 1000),
        _ => Reply::whole(&bytes()),
    })
    .await;
    let file = depot(&cache, None).fetch(&wanted(&[server.url("model")]), |_| {}).await.unwrap();
    assert_eq!(fs::read(file).unwrap(), bytes());
    assert_eq!(server.starts(), [None, Some(1000)]);
}

#[tokio::test]
async fn what_never_comes_is_given_up_and_kept_for_later() {
    let cache = TempDir::new().unwrap();
    let server = Server::start(|_, asked| match asked.start {
        None => Reply::new("200 OK", "", &bytes(), 1000),
        Some(_) => Reply::status("503 Service Unavailable"),
    })
    .await;
    let wanted = wanted(&[server.url("model")]);
    let error = depot(&cache, None).fetch(&wanted, |_| {}).await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("503"), "{error}");
    assert_eq!((server.asked().len(), left(&cache, &wanted)), (5, Some(1000)));
}

#[tokio::test]
async fn other_bytes_are_thrown_away_and_the_next_place_is_asked() {
    let cache = TempDir::new().unwrap();
    let server = Server::start(|_, asked| match asked.path.as_str() {
        "/wrong" => Reply::whole(&vec![7; bytes().len()]),
        "/short" => Reply::whole(b"version https://git-lfs.github.com/spec/v1"),
        "/long" => Reply::endless(&[bytes(), bytes()].concat()),
        "/gone" => Reply::status("404 Not Found"),
        _ => Reply::whole(&bytes()),
    })
    .await;
    let bad = ["wrong", "short", "long", "gone"].map(|path| server.url(path));
    let error = depot(&cache, None).fetch(&wanted(&bad), |_| {}).await.unwrap_err();
    let told = error.to_string();
    assert!(!error.is_passing() && matches!(error, FetchError::Nowhere { .. }), "{told}");
    for words in ["/wrong sends other bytes", "/short has 42 bytes", "/long sends more", "/gone answered 404"] {
        assert!(told.contains(words), "“{words}” is missing in:\n{told}");
    }
    assert_eq!(left(&cache, &wanted(&bad)), None);

    let file = depot(&cache, None).fetch(&wanted(&[&bad[..], &[server.url("good")]].concat()), |_| {}).await.unwrap();
    assert_eq!(fs::read(file).unwrap(), bytes());
}

#[tokio::test]
async fn a_place_may_send_one_on_but_not_round_and_round() {
    let cache = TempDir::new().unwrap();
    let server = Server::start(|_, asked| match asked.path.as_str() {
        "/old" => Reply::new("302 Found", "Location: /new\r\n", b"", 0),
        "/round" => Reply::new("302 Found", "Location: /round\r\n", b"", 0),
        _ => Reply::whole(&bytes()),
    })
    .await;
    let error = depot(&cache, None).fetch(&wanted(&[server.url("round")]), |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("302"), "{error}");
    let file = depot(&cache, None).fetch(&wanted(&[server.url("old")]), |_| {}).await.unwrap();
    assert_eq!(fs::read(file).unwrap(), bytes());
}

#[tokio::test]
async fn two_do_not_write_the_same_file() {
    let cache = TempDir::new().unwrap();
    let wanted = wanted(&["http://127.0.0.1:9/".parse().unwrap()]);
    fs::create_dir(cache.path().join("models")).unwrap();
    let part = cache.path().join("models").join(wanted.digest.to_string()).with_extension("part");
    let held = fs::File::create(part).unwrap();
    held.try_lock().unwrap();
    let error = depot(&cache, None).fetch(&wanted, |_| {}).await.unwrap_err();
    assert!(matches!(error, FetchError::Busy(_)) && error.is_passing(), "{error}");
}
