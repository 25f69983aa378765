//! Whose photo it is: other people, links, deletion, and what lies on the disk.

use reqwest::{Client, Method, StatusCode};
use tempfile::TempDir;
use url::Url;

use crate::support::{
    glue,
    minimal_runner::MinimalRunner,
    packages,
    page::Page,
    portal::{Portal, Setup},
    processes::{files_below, files_with},
    require,
    visitor::run_status,
};

#[tokio::test]
async fn a_run_and_its_files_exist_for_their_owner_only() {
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Instant", &glue::instant(), 10_000)).await;
    let owner = portal.consumer("grace").await;
    let other = portal.consumer("eve").await;
    let photo = packages::small_photo();
    let run = owner.run_and_wait(&app, &photo, "image/png").await;
    let path = run.url.path().to_owned();
    let file = file_of(&run);

    assert_eq!(owner.get(&file).await.ok().body, photo, "the owner gets the photo back");
    for stranger in [&other, &author] {
        for path in [&path, &file, &format!("{path}/events"), &format!("{path}/layout")] {
            let page = stranger.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}:\n{}", page.visible_text());
        }
    }
    let nobody = portal.visitor().get(&file).await;
    assert!(nobody.body != photo, "somebody without an account sees the photo");
    let mut theft = run.form("form[action$='/delete']");
    theft.post = true;
    let theft = other.submit(&theft).await;
    assert!(theft.status.is_client_error(), "somebody else's form was answered with {}", theft.status);
    owner.get(&path).await.ok();
}

#[tokio::test]
async fn a_deleted_run_leaves_no_file() {
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Instant", &glue::instant(), 10_000)).await;
    let owner = portal.consumer("grace").await;
    let photo = packages::small_photo();
    let before = files_below(&portal.data_folder());

    let run = owner.run_and_wait(&app, &photo, "image/png").await;
    let added: Vec<_> = files_below(&portal.data_folder()).into_iter().filter(|f| !before.contains(f)).collect();
    assert!(!added.is_empty(), "the photo is nowhere");
    assert_eq!(files_with(portal.folder(), &photo), Vec::<String>::new(), "the photo lies there for all to read");

    owner.submit(&run.form("form[action$='/delete']")).await.ok();
    assert_eq!(owner.get(run.url.path()).await.status, StatusCode::NOT_FOUND);
    let left: Vec<_> = files_below(&portal.data_folder()).into_iter().filter(|f| added.contains(f)).collect();
    assert!(left.iter().all(|file| !is_object(file)), "deleting left {left:?}");
}

#[tokio::test]
async fn a_signed_link_is_good_for_one_file_of_one_run_while_it_runs() {
    let folder = TempDir::new().expect("a temporary folder");
    let go_on = folder.path().join("go-on");
    let mut runner = require!(MinimalRunner::start(Some(&go_on)));
    let portal = Setup::new().with("VISION_NO_EMBEDDED_RUNNER", "true").start().await;
    portal.admin().await.add_runner(&runner.url).await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Elsewhere", &glue::instant(), 20_000)).await;
    let owner = portal.consumer("grace").await;
    let photo = packages::small_photo();

    let run = owner.run(&app, &photo, "image/png").await;
    let link = runner.next_signed_url();
    let http = Client::builder().no_proxy().build().expect("a client");
    let ask = async |method: Method, link: &Url| {
        let answer = http.request(method, link.clone()).body("x").send().await.expect("an answer");
        (answer.status(), answer.bytes().await.expect("a whole body").to_vec())
    };

    assert_eq!(ask(Method::GET, &link).await, (StatusCode::OK, photo.clone()), "while it runs");
    let (status, _) = ask(Method::PUT, &link).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a link for reading was taken for writing");
    for (what, tampered) in tampered(&link) {
        let (status, body) = ask(Method::GET, &tampered).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{what}: {tampered}");
        assert_ne!(body, photo);
    }
    std::fs::write(&go_on, "").expect("a file");
    let run = owner.wait_for_run(run.url.path()).await;
    assert_eq!(run_status(&run), "Done", "{}", run.visible_text());
    assert_eq!(ask(Method::GET, &link).await.0, StatusCode::FORBIDDEN, "after the run");
}

/// The link with each of its parts changed.
fn tampered(link: &Url) -> Vec<(String, Url)> {
    let pairs: Vec<(String, String)> = link.query_pairs().into_owned().collect();
    let mut links: Vec<_> = pairs
        .iter()
        .map(|(changed, _)| {
            let mut url = link.clone();
            url.query_pairs_mut().clear().extend_pairs(
                pairs
                    .iter()
                    .map(|(name, value)| (name, if name == changed { other_than(value) } else { value.clone() })),
            );
            (changed.clone(), url)
        })
        .collect();
    let mut elsewhere = link.clone();
    elsewhere.set_path(&other_than(link.path()));
    links.push(("file".to_owned(), elsewhere));
    links
}

/// The text with its last digit changed.
fn other_than(text: &str) -> String {
    let (rest, last) = text.split_at(text.len() - 1);
    format!("{rest}{}", if last == "7" { "8" } else { "7" })
}

/// The address of the photo that a run was given.
fn file_of(run: &Page) -> String {
    let path = format!("{}/files/", run.url.path());
    let css = format!("[src^='{path}'], [href^='{path}']");
    let found = run.each(&css, |e| e.attr("src").or_else(|| e.attr("href")).map(str::to_owned));
    found.into_iter().flatten().next().unwrap_or_else(|| panic!("no file on the page:\n{}", run.html()))
}

/// Not the database, which keeps freed pages.
fn is_object(file: &str) -> bool {
    !file.contains("sqlite") && !file.contains(".db")
}
