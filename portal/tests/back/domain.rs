//! The domain from its public face: publishing and running with a runner that speaks only the protocol's
//! table, links, deletion, and what a killed portal leaves.

use std::time::Duration;

use crate::common::{person, portal_with};
use crate::fake_runner::{Answer, FakeRunner};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use portal::{
    config::Config,
    domain::{
        DomainError,
        accounts::User,
        files,
        finding::{self, Search},
        fleet::{self, About, NewRunner},
        publishing::{self, ReleaseStatus},
        roles::Role,
        running::{self, HistoryFilter, RunStatus, RunView, Shown},
        work,
    },
    jobs,
    state::Portal,
};
use serde_json::json;
use tempfile::TempDir;
use vision_protocol::{ReleaseId, RunId, signed_url::SignedQuery};

/// A picture as far as anybody but a decoder can tell.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\x16IDATthis is a secret photo\0\0\0\0";

/// Any component that keeps to the interface; the runner here never looks at it.
const GLUE: &[u8] = include_bytes!("../../../shared/glue/dist/classification.wasm");

pub(crate) fn zip(manifest: &serde_json::Value) -> Vec<u8> {
    let mut zip = Vec::new();
    let manifest = manifest.to_string();
    // An ONNX model of nothing but its version: enough for all that is checked before a runner sees it.
    let files = [("app.json", manifest.as_bytes()), ("app.wasm", GLUE), ("models/m.onnx", &[0x08, 0x08])];
    vision_package::pack_files(files, &mut zip).unwrap();
    zip
}

pub(crate) fn manifest(version: &str) -> serde_json::Value {
    json!({
        "Name": "Dog Finder", "Description": "Finds dogs", "Category": "Animals", "Version": version,
        "Models": [{"Name": "m", "File": "models/m.onnx"}],
        "AppParameters": [
            {"ParameterType": "Image", "Name": "Image"},
            {"ParameterType": "Number", "Name": "Age", "Max": 30, "Required": false, "Default": 3}
        ],
        "ResultVariables": [
            {"ResultType": "Labels", "Name": "labels"}, {"ResultType": "Image", "Name": "picture"}
        ]
    })
}

pub(crate) fn pieces(bytes: &[u8]) -> impl futures_util::Stream<Item = Result<Bytes, String>> + Unpin + use<> {
    stream::iter(bytes.chunks(1000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect::<Vec<_>>())
}

type Pairs = Vec<(String, String)>;

pub(crate) struct Fixture {
    folder: TempDir,
    pub(crate) portal: Portal,
    jobs: Option<jobs::Running>,
    pub(crate) runner: FakeRunner,
    author: User,
    pub(crate) person: User,
}

/// A portal that listens for files only, with one runner that is anybody's.
pub(crate) async fn fixture(change: impl FnOnce(&mut Config)) -> Fixture {
    let folder = TempDir::new().unwrap();
    let files = crate::fake_runner::FilesServer::bind();
    let url = files.url();
    let portal = portal_with(
        folder.path(),
        |config| {
            config.server.runner_facing_url = Some(url);
            change(config);
        },
        None,
    )
    .await;
    files.serve(portal.clone());
    let runner = FakeRunner::start(Answer::Good).await;
    add_runner(&portal, &runner).await;
    let jobs = work::start(&portal).await.unwrap();
    let author = person(&portal, "author", Role::Developer).await;
    let person = person(&portal, "person", Role::Consumer).await;
    Fixture { folder, portal, jobs: Some(jobs), runner, author, person }
}

async fn add_runner(portal: &Portal, runner: &FakeRunner) {
    let new = NewRunner {
        name: String::new(),
        base_url: runner.url(),
        token: Some("secret".to_owned().into()),
        about: About::default(),
    };
    fleet::add(portal, &new).await.unwrap();
}

impl Fixture {
    async fn upload(&self, version: &str) -> ReleaseId {
        let id = publishing::upload(&self.portal, &self.author, None, pieces(&zip(&manifest(version)))).await.unwrap();
        assert_eq!(self.settled(id).await, ReleaseStatus::Draft);
        id
    }

    async fn settled(&self, id: ReleaseId) -> ReleaseStatus {
        let mut watch = publishing::watch(&self.portal, &self.author, id).await.unwrap();
        let mut last = None;
        while let Some(status) = soon(watch.next()).await.unwrap() {
            last = Some(status);
        }
        last.unwrap()
    }

    pub(crate) async fn published(&self) -> ReleaseId {
        let id = self.upload("1.0.0").await;
        publishing::publish(&self.portal, &self.author, id).await.unwrap();
        id
    }

    pub(crate) async fn submit(&self, release: ReleaseId) -> RunId {
        let mut draft = running::begin(&self.portal, &self.person, release).await.unwrap();
        draft.text("Age", "7");
        draft.file("Image", pieces(PNG)).await.unwrap();
        draft.submit().await.unwrap()
    }

    pub(crate) async fn ended(&self, id: RunId) -> RunView {
        let mut watch = running::watch(&self.portal, &self.person, id).await.unwrap();
        while soon(watch.next()).await.unwrap().is_some() {}
        running::view(&self.portal, &self.person, id).await.unwrap()
    }

    /// Whether any file below the data folder holds these bytes.
    fn on_disk(&self, needle: &[u8]) -> bool {
        fn search(folder: &std::path::Path, needle: &[u8]) -> bool {
            std::fs::read_dir(folder).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => search(&path, needle),
                    false => std::fs::read(&path).is_ok_and(|b| b.windows(needle.len()).any(|w| w == needle)),
                }
            })
        }
        search(self.folder.path(), needle)
    }

    pub(crate) fn sealed_files(&self) -> usize {
        let blobs = self.folder.path().join("objects/blobs");
        let folders = std::fs::read_dir(blobs).into_iter().flatten();
        folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }
}

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it takes too long")
}

#[actix_web::test]
async fn a_photo_goes_in_and_an_answer_comes_out_of_anybodys_runner() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    let search = Search { text: "DOGS finds".into(), ..Search::default() };
    let shelf = finding::search(&fixture.portal, &search).await.unwrap().page;
    assert_eq!((shelf.total, shelf.items[0].slug.as_str()), (1, "dog-finder"));
    let id = fixture.submit(release).await;
    let run = fixture.ended(id).await;
    assert_eq!((run.status, run.error.as_deref()), (RunStatus::Done, None));
    assert_eq!(run.results[0].value, Shown::Plain(json!([{"label": "dog", "score": 0.9}])));
    let Shown::File(picture) = &run.results[1].value else { panic!("the picture is a file") };
    let file = running::file(&fixture.portal, &fixture.person, id, picture.blob).await.unwrap();
    let bytes = file.content.try_collect::<Vec<_>>().await.unwrap().concat();
    assert_eq!((bytes.as_slice(), file.size, file.media_type.as_str()), (PNG, PNG.len() as u64, "image/png"));
    let request = fixture.runner.last_run();
    assert_eq!(request["data"][1], json!({"Name": "Age", "Value": 7.0}));
    assert_eq!(request.as_object().unwrap().len(), 1, "nothing goes to a third party but what the table says");
    assert!(!fixture.on_disk(b"secret photo"), "no plain photo is on disk");
    assert!(!fixture.on_disk(b"\"dog\""), "no plain result is on disk");
    let other = &fixture.author;
    assert!(matches!(running::view(&fixture.portal, other, id).await, Err(DomainError::NotFound)));
    assert!(matches!(running::file(&fixture.portal, other, id, picture.blob).await, Err(DomainError::NotFound)));
    assert!(matches!(running::delete(&fixture.portal, other, id).await, Err(DomainError::NotFound)));
}

#[actix_web::test]
async fn a_link_works_for_its_run_only_while_it_runs() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    fixture.runner.set(Answer::Hold);
    let id = fixture.submit(release).await;
    let link = soon(fixture.runner.held_link()).await;
    let blob = link.path().rsplit('/').next().unwrap().parse().unwrap();
    let query = |change: &dyn Fn(&mut Pairs)| {
        let mut pairs: Pairs = link.query_pairs().into_owned().collect();
        change(&mut pairs);
        let value: serde_json::Map<String, serde_json::Value> = pairs
            .into_iter()
            .map(|(key, value)| {
                let number = ["release", "expires", "key"].contains(&key.as_str());
                let value = if number { json!(value.parse::<i64>().unwrap()) } else { json!(value) };
                (key, value)
            })
            .collect();
        serde_json::from_value::<SignedQuery>(value.into()).unwrap()
    };
    let good = query(&|_| {});
    let bytes =
        files::fetch(&fixture.portal, blob, &good).await.unwrap().content.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(bytes.concat(), PNG);
    let refused = |result: Result<(), DomainError>| matches!(result, Err(DomainError::Forbidden(_)));
    assert!(refused(files::store(&fixture.portal, blob, &good, pieces(PNG)).await), "a link to read is none to write");
    for (key, value) in [("release", "999"), ("expires", "9999999999999"), ("key", "77"), ("signature", "00")] {
        let forged = query(&|pairs| pairs.iter_mut().filter(|(k, _)| k == key).for_each(|pair| pair.1 = value.into()));
        assert!(refused(files::fetch(&fixture.portal, blob, &forged).await.map(drop)), "{key} was changed");
    }
    fixture.runner.let_go();
    fixture.ended(id).await;
    assert!(refused(files::fetch(&fixture.portal, blob, &good).await.map(drop)), "the run has ended");
}

#[actix_web::test]
async fn what_a_runner_refuses_reaches_the_author() {
    let fixture = fixture(|_| {}).await;
    fixture.runner.set(Answer::Refuse(400, "The model has an unknown operator Foo."));
    let zip = zip(&manifest("1.0.0"));
    let id = publishing::upload(&fixture.portal, &fixture.author, None, pieces(&zip)).await.unwrap();
    assert_eq!(fixture.settled(id).await, ReleaseStatus::Rejected);
    let release = publishing::release(&fixture.portal, &fixture.author, id).await.unwrap();
    assert_eq!(release.faults[0].message, "The model has an unknown operator Foo.");
    assert!(matches!(publishing::publish(&fixture.portal, &fixture.author, id).await, Err(DomainError::Conflict(_))));
    assert!(matches!(publishing::release(&fixture.portal, &fixture.person, id).await, Err(DomainError::NotFound)));
    assert!(running::begin(&fixture.portal, &fixture.person, id).await.is_err());
    fixture.runner.set(Answer::Good);
    let slug = release.slug;
    let again = publishing::upload(&fixture.portal, &fixture.author, Some(&slug), pieces(&zip)).await.unwrap();
    assert_eq!(fixture.settled(again).await, ReleaseStatus::Draft, "a rejected version may be mended");
    let third = publishing::upload(&fixture.portal, &fixture.author, Some(&slug), pieces(&zip)).await;
    let Err(DomainError::Invalid(faults)) = third else { panic!("a version is used once") };
    assert_eq!(faults[0].place, "app.json: Version");
    let theirs = publishing::upload(&fixture.portal, &fixture.person, None, pieces(&zip)).await;
    assert!(matches!(theirs, Err(DomainError::Forbidden(_))), "a consumer publishes nothing");
    assert_eq!(std::fs::read_dir(fixture.folder.path().join("spool")).unwrap().count(), 0);
}

#[actix_web::test]
async fn a_bad_zip_is_told_apart_at_once() {
    let fixture = fixture(|config| config.limits.package_mib = 1).await;
    let upload = async |bytes: &[u8]| publishing::upload(&fixture.portal, &fixture.author, None, pieces(bytes)).await;
    let Err(DomainError::Invalid(faults)) = upload(PNG).await else { panic!("a picture is no zip") };
    assert!(faults[0].message.contains("PNG"), "{faults:?}");
    assert!(matches!(upload(&vec![0; 2 << 20]).await, Err(DomainError::TooLarge { limit: 1_048_576 })));
    assert!(matches!(upload(b"").await, Err(DomainError::Invalid(_))));
    assert_eq!(std::fs::read_dir(fixture.folder.path().join("spool")).unwrap().count(), 0);
}

#[actix_web::test]
async fn a_form_with_faults_hears_of_all_of_them_and_leaves_nothing() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.text("Age", "99");
    draft.text("Nonsense", "x");
    draft.file("Image", pieces(b"#!/bin/sh")).await.unwrap();
    let Err(DomainError::Invalid(faults)) = draft.submit().await else { panic!("it has faults") };
    let mut places: Vec<_> = faults.iter().map(|fault| fault.place.as_str()).collect();
    places.sort_unstable();
    assert_eq!(places, ["Age", "Image", "Nonsense"]);
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.file("Image", pieces(b"")).await.unwrap();
    let Err(DomainError::Invalid(faults)) = draft.submit().await else { panic!("the photo is missing") };
    assert_eq!(faults[0].to_string(), "Image: is needed");
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.file("Image", pieces(PNG)).await.unwrap();
    assert_eq!(fixture.sealed_files(), 1);
    drop(draft);
    soon(async {
        while fixture.sealed_files() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[actix_web::test]
async fn what_may_pass_is_tried_again_and_what_may_not_is_told() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    fixture.runner.script(&[Answer::Busy, Answer::Drop, Answer::Refuse(503, "starting"), Answer::Good]);
    let run = fixture.submit(release).await;
    assert_eq!(fixture.ended(run).await.status, RunStatus::Done);
    fixture.runner.set(Answer::Refuse(500, "The app divided by zero."));
    let run = fixture.submit(release).await;
    let view = fixture.ended(run).await;
    assert_eq!((view.status, view.error.as_deref()), (RunStatus::Failed, Some("The app divided by zero.")));
    assert!(view.can_retry);
    fixture.runner.set(Answer::Drop);
    let view = fixture.ended(fixture.submit(release).await).await;
    assert_eq!(view.error.as_deref(), Some("Given up after 4 attempts: the runner could not be reached."));
    fixture.runner.set(Answer::Wrong);
    let view = fixture.ended(fixture.submit(release).await).await;
    assert!(view.error.unwrap().contains("\"labels\""), "a result that the manifest does not promise");
    fixture.runner.set(Answer::Good);
    let again = running::again(&fixture.portal, &fixture.person, run).await.unwrap();
    assert_eq!(fixture.ended(again).await.status, RunStatus::Done);
    running::delete(&fixture.portal, &fixture.person, run).await.unwrap();
    assert!(matches!(running::view(&fixture.portal, &fixture.person, run).await, Err(DomainError::NotFound)));
    assert_eq!(running::view(&fixture.portal, &fixture.person, again).await.unwrap().status, RunStatus::Done);
}

#[actix_web::test]
async fn a_runner_that_lost_its_packages_gets_them_again() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    fixture.runner.forget();
    let run = fixture.submit(release).await;
    assert_eq!(fixture.ended(run).await.status, RunStatus::Done);
}

#[actix_web::test]
async fn a_deleted_run_leaves_no_file_even_while_it_runs() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    fixture.runner.set(Answer::Hold);
    let id = fixture.submit(release).await;
    soon(fixture.runner.held_link()).await;
    assert_eq!(fixture.sealed_files(), 1);
    running::delete(&fixture.portal, &fixture.person, id).await.unwrap();
    assert_eq!(fixture.sealed_files(), 0);
    fixture.runner.let_go();
    assert!(matches!(running::view(&fixture.portal, &fixture.person, id).await, Err(DomainError::NotFound)));
    assert_eq!(running::history(&fixture.portal, &fixture.person, &HistoryFilter::default()).await.unwrap().total, 0);
}

#[actix_web::test]
async fn a_killed_portal_takes_its_runs_up_again() {
    let mut fixture = fixture(|config| config.server.stop_seconds = 0).await;
    let release = fixture.published().await;
    fixture.runner.set(Answer::Hold);
    let running_one = fixture.submit(release).await;
    soon(fixture.runner.held_link()).await;
    // The end of a process: nothing is settled, leases stay as they are.
    fixture.portal.stopping.cancel();
    fixture.jobs.take().unwrap().stop(&fixture.portal, Duration::ZERO).await;
    assert_eq!(fixture.portal.store.run_status(running_one).await.unwrap().unwrap().1, "running");
    assert!(matches!(running::begin(&fixture.portal, &fixture.person, release).await, Err(DomainError::Stopping)));
    let files = crate::fake_runner::FilesServer::bind();
    let url = files.url();
    let folder = TempDir::new().unwrap();
    // Another folder stands for the freed lock; everything that counts is taken along.
    copy(fixture.folder.path(), folder.path());
    let portal = portal_with(folder.path(), |config| config.server.runner_facing_url = Some(url), None).await;
    files.serve(portal.clone());
    fixture.runner.set(Answer::Good);
    let _jobs = work::start(&portal).await.unwrap();
    let mut watch = running::watch(&portal, &fixture.person, running_one).await.unwrap();
    while soon(watch.next()).await.unwrap().is_some() {}
    assert_eq!(running::view(&portal, &fixture.person, running_one).await.unwrap().status, RunStatus::Done);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
