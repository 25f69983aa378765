//! The contract of the database layer, the same on SQLite and PostgreSQL.

use std::collections::HashSet;

use crate::common::on_both;
use portal::store::{
    AppOrder, AppQuery, AuditFilter, BlobRole, JobKind, Lease, Listing, NewAuditLine, NewBlob, NewKeyRow, NewRelease,
    NewRun, NewRunnerRow, NewSession, NewUser, PeopleFilter, ReleasePlan, RunnerAbout, Store, StoreError, words,
};
use vision_protocol::{AppId, BlobId, ReleaseId, RunId, Slug, UserId};

pub(crate) const NOW: i64 = 1_700_000_000_000;

pub(crate) async fn user(store: &Store, email: &str) -> UserId {
    let new = NewUser { email, name: email, role: "consumer", password_hash: "x", keep_ms: None, now: NOW };
    let row = store.create_user(&new, |id| id.0.to_be_bytes().to_vec()).await.unwrap();
    assert_eq!(row.data_key, row.id.to_be_bytes());
    UserId(row.id)
}

fn line() -> NewAuditLine {
    NewAuditLine {
        at: NOW,
        actor: None,
        act: "test",
        subject_kind: "thing",
        subject: "1".to_owned(),
        detail: String::new(),
        address: String::new(),
    }
}

fn session(user: UserId) -> NewSession<'static> {
    NewSession { digest: "digest", user, csrf: "csrf", device: "", address: "", now: NOW, expires_at: NOW + 10 }
}

fn release(author: UserId, version: &str) -> NewRelease<'_> {
    NewRelease {
        author,
        version,
        digest: "00",
        manifest: "{}",
        name: "App",
        template: None,
        readme: Some("# Hi"),
        icon: Some(("image/png", &[1, 2, 3])),
        publish_when_proven: false,
        now: NOW,
    }
}

pub(crate) async fn new_app(store: &Store, author: UserId, name: &str) -> (ReleaseId, Slug) {
    store.create_release(ReleasePlan::New(Slug::from_name(name)), &release(author, "1.0.0"), None).await.unwrap()
}

pub(crate) async fn claim(store: &Store, kind: JobKind, now: i64) -> Option<Lease> {
    store.claim_job(kind, "node", now, now + 1000).await.unwrap()
}

async fn prove(store: &Store) -> ReleaseId {
    let lease = claim(store, JobKind::CheckRelease, NOW).await.unwrap();
    let id: ReleaseId = lease.subject.parse().unwrap();
    assert!(store.finish_check(&lease, id, "draft", "[]", "[]", None).await.unwrap());
    id
}

pub(crate) async fn input(store: &Store, user: UserId) -> BlobId {
    let id = BlobId::generate();
    let new = NewBlob { id, user, run: None, role: BlobRole::Input, name: "Image", now: NOW };
    store.create_blob(&new).await.unwrap();
    assert!(store.complete_blob(id, "image/png", 10).await.unwrap());
    assert!(!store.complete_blob(id, "image/gif", 11).await.unwrap(), "a file is written once");
    id
}

pub(crate) async fn run(store: &Store, user: UserId, release: ReleaseId, files: &[BlobId]) -> Option<RunId> {
    let id = RunId::generate();
    let new = NewRun { id, user, release, inputs: b"sealed", files, now: NOW };
    store.create_run(&new).await.unwrap().then_some(id)
}

#[tokio::test]
async fn people() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let new =
            NewUser { email: "ann@example.org", name: "B", role: "admin", password_hash: "", keep_ms: None, now: NOW };
        assert!(matches!(store.create_user(&new, |_| Vec::new()).await, Err(StoreError::Taken)));
        assert_eq!(store.user_by_email("ann@example.org").await.unwrap().unwrap().id, ann.0);
        assert!(store.has_people().await.unwrap());
        assert!(store.set_role(ann, "admin", "admin", None).await.unwrap());
        assert!(!store.set_role(ann, "consumer", "admin", None).await.unwrap(), "the last admin stays");
        let bob = user(&store, "bob@example.org").await;
        assert!(store.set_role(bob, "admin", "admin", None).await.unwrap());
        assert!(store.set_role(ann, "consumer", "admin", None).await.unwrap());
        let all = PeopleFilter { before: i64::MAX, ..PeopleFilter::default() };
        let emails = async |filter: &PeopleFilter, limit| {
            let rows = store.people(filter, limit).await.unwrap();
            rows.into_iter().map(|row| row.email).collect::<Vec<_>>()
        };
        assert_eq!(emails(&all, 9).await, ["bob@example.org", "ann@example.org"]);
        assert_eq!(emails(&all, 1).await, ["bob@example.org"]);
        assert_eq!(emails(&PeopleFilter { before: bob.0, ..all.clone() }, 9).await, ["ann@example.org"]);
        assert_eq!(emails(&PeopleFilter { role: Some("admin"), ..all.clone() }, 9).await, ["bob@example.org"]);
        store.set_profile(ann, "Élise", "ann@example.org").await.unwrap();
        for prefix in ["an", "éli", "ann@example.org"] {
            let filter = PeopleFilter { prefix: prefix.to_owned(), ..all.clone() };
            assert_eq!(emails(&filter, 9).await, ["ann@example.org"], "{prefix}");
        }
        let both = PeopleFilter { prefix: "a".to_owned(), role: Some("admin"), ..all };
        assert_eq!(emails(&both, 9).await, Vec::<String>::new());
        assert!(matches!(store.set_profile(ann, "Ann", "bob@example.org").await, Err(StoreError::Taken)));
    })
    .await;
}

#[tokio::test]
async fn sessions_expire_and_end() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        store.create_session(&session(ann)).await.unwrap();
        assert_eq!(store.session("digest", NOW).await.unwrap().unwrap().csrf, "csrf");
        assert!(store.session("digest", NOW + 10).await.unwrap().is_none());
        assert!(store.session("other", NOW).await.unwrap().is_none());
        store.delete_session("digest").await.unwrap();
        assert!(store.session("digest", NOW).await.unwrap().is_none());
        store.create_session(&session(ann)).await.unwrap();
        store.reset_password(ann, "y", "admin").await.unwrap();
        assert!(store.session("digest", NOW).await.unwrap().is_none(), "a new password ends all sessions");
    })
    .await;
}

#[tokio::test]
async fn attempts_count_in_windows() {
    on_both(|store| async move {
        assert_eq!(store.count_attempt("a", NOW, 100).await.unwrap(), (1, NOW));
        assert_eq!(store.count_attempt("a", NOW + 50, 100).await.unwrap(), (2, NOW));
        assert_eq!(store.count_attempt("b", NOW + 50, 100).await.unwrap(), (1, NOW + 50));
        assert_eq!(store.count_attempt("a", NOW + 100, 100).await.unwrap(), (1, NOW + 100));
        store.forget_attempts("a").await.unwrap();
        assert_eq!(store.count_attempt("a", NOW + 101, 100).await.unwrap(), (1, NOW + 101));
    })
    .await;
}

#[tokio::test]
async fn an_app_is_found_once_it_is_published() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let (first, slug) = new_app(&store, ann, "Digit Reader").await;
        let (second, numbered) = new_app(&store, ann, "Digit Reader").await;
        assert_eq!((slug.as_str(), numbered.as_str()), ("digit-reader", "digit-reader-2"));
        let listing = Listing { name: "100%_Digits", description: "Écrit", category: "Text", search_text: "" };
        assert!(!store.publish_release(first, &listing, NOW).await.unwrap(), "it has not been proven");
        assert_eq!(prove(&store).await, first);
        assert_eq!(prove(&store).await, second);
        assert!(store.publish_release(first, &listing, NOW).await.unwrap());
        let found = async |text: &str, category: Option<&str>| {
            let words = words::words(text);
            let order = AppOrder::Relevance;
            let query = AppQuery { words: &words, category, author: None, stars: None, people: None, order };
            store.find_apps(&query, 10, 0).await.unwrap()
        };
        let (apps, total) = found("", None).await;
        assert_eq!((apps.len(), total, apps[0].has_icon, apps[0].author.as_str()), (1, 1, 1, "ann@example.org"));
        assert_eq!(found("dig 100%", Some("Text")).await.1, 1);
        assert_eq!(found("ECRIT", None).await.1, 1, "neither case nor accents matter");
        assert_eq!(found("100 ' \" * : & | ! ( nothing", None).await.1, 0, "no sign means anything");
        assert_eq!(found("digits", Some("Other")).await.1, 0);
        assert_eq!(store.categories(9).await.unwrap(), [("Text".to_owned(), 1)]);
        let app = store.app_by_slug(&slug).await.unwrap().unwrap();
        assert_eq!(app.published_release, Some(first.0));
        assert_eq!(store.icon(first).await.unwrap().unwrap().1, [1, 2, 3]);
        assert!(store.unpublish_release(first, NOW).await.unwrap());
        assert!(!store.unpublish_release(first, NOW).await.unwrap());
        assert_eq!(found("", None).await.1, 0);
        assert!(store.categories(9).await.unwrap().is_empty());
        assert!(store.publish_release(first, &listing, NOW).await.unwrap(), "a retired release comes back");
    })
    .await;
}

#[tokio::test]
async fn a_version_is_used_once_unless_it_was_rejected() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let (_, slug) = new_app(&store, ann, "App").await;
        let app = AppId(store.app_by_slug(&slug).await.unwrap().unwrap().id);
        let again = store.create_release(ReleasePlan::Existing(app), &release(ann, "1.0.0"), None).await;
        assert!(matches!(again, Err(StoreError::Taken)));
        assert!(store.has_version(app, "1.0.0").await.unwrap());
        let lease = claim(&store, JobKind::CheckRelease, NOW).await.unwrap();
        let id = lease.subject.parse().unwrap();
        assert!(store.finish_check(&lease, id, "rejected", "[]", "[]", None).await.unwrap());
        assert!(!store.has_version(app, "1.0.0").await.unwrap());
        let (second, _) = store.create_release(ReleasePlan::Existing(app), &release(ann, "1.0.0"), None).await.unwrap();
        assert!(second > id, "an id is never used again");
        assert_eq!(store.releases_of(ann).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_run_comes_with_its_files_and_job_or_not_at_all() {
    on_both(|store| async move {
        let (ann, bob) = (user(&store, "ann@example.org").await, user(&store, "bob@example.org").await);
        let (release, _) = new_app(&store, ann, "App").await;
        let theirs = input(&store, bob).await;
        assert!(run(&store, ann, release, &[theirs]).await.is_none(), "another person's file");
        assert!(claim(&store, JobKind::ExecuteRun, NOW).await.is_none(), "no job without its run");
        let file = input(&store, ann).await;
        let id = run(&store, ann, release, &[file]).await.unwrap();
        assert!(run(&store, ann, release, &[file]).await.is_none(), "a file belongs to one run");
        let later = run(&store, ann, release, &[]).await.unwrap();
        assert_eq!(store.queue_place(later, NOW).await.unwrap(), Some(1));
        let lease = claim(&store, JobKind::ExecuteRun, NOW).await.unwrap();
        assert_eq!(lease.subject, id.to_string());
        assert_eq!(store.queue_place(later, NOW).await.unwrap(), Some(0));
        assert!(store.blob_for_runner(id, release, file).await.unwrap().is_none(), "it is not running yet");
        assert!(store.start_run(id, NOW).await.unwrap());
        assert!(store.blob_for_runner(id, release, file).await.unwrap().is_some());
        assert!(store.blob_for_runner(id, ReleaseId(release.0 + 1), file).await.unwrap().is_none());
        assert!(store.blob_for_runner(later, release, file).await.unwrap().is_none());
        assert!(store.finish_run(&lease, id, ("done", b"outcome"), None, NOW).await.unwrap());
        assert!(!store.finish_run(&lease, id, ("failed", b"again"), None, NOW).await.unwrap(), "a run ends once");
        assert!(store.blob_for_runner(id, release, file).await.unwrap().is_none(), "links die with the run");
        let row = store.run(id).await.unwrap().unwrap();
        assert_eq!((row.status.as_str(), row.outcome.as_deref()), ("done", Some(&b"outcome"[..])));
        assert_eq!(store.apps_run(ann).await.unwrap()[0].runs, 2);
        assert!(!store.start_run(id, NOW).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn deleting_a_run_takes_everything_along() {
    on_both(|store| async move {
        let (ann, bob) = (user(&store, "ann@example.org").await, user(&store, "bob@example.org").await);
        let (release, _) = new_app(&store, ann, "App").await;
        let file = input(&store, ann).await;
        let id = run(&store, ann, release, &[file]).await.unwrap();
        let lease = claim(&store, JobKind::ExecuteRun, NOW).await.unwrap();
        assert!(store.delete_run(bob, id).await.unwrap().is_none(), "not theirs");
        assert_eq!(store.delete_run(ann, id).await.unwrap().unwrap(), [file]);
        assert!(store.run(id).await.unwrap().is_none());
        assert!(!store.extend_lease(&lease, NOW + 5000).await.unwrap(), "whoever works on it hears of it");
        assert!(!store.finish_run(&lease, id, ("done", b""), None, NOW).await.unwrap());
        assert_eq!(store.stray_blobs(NOW).await.unwrap(), [file], "its files are found even if nobody removed them");
        let output =
            NewBlob { id: BlobId::generate(), user: ann, run: Some(id), role: BlobRole::Output, name: "x", now: NOW };
        assert!(store.create_blob(&output).await.is_err(), "no file comes to a run that is gone");
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_held_by_one_and_comes_back() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let (release, _) = new_app(&store, ann, "App").await;
        let id = run(&store, ann, release, &[]).await.unwrap();
        let first = claim(&store, JobKind::ExecuteRun, NOW).await.unwrap();
        store.start_run(id, NOW).await.unwrap();
        assert!(claim(&store, JobKind::ExecuteRun, NOW + 999).await.is_none());
        assert!(store.extend_lease(&first, NOW + 3000).await.unwrap());
        assert!(claim(&store, JobKind::ExecuteRun, NOW + 2999).await.is_none());
        let second = store.claim_job(JobKind::ExecuteRun, "other", NOW + 3001, NOW + 9000).await.unwrap().unwrap();
        assert_eq!((first.attempt, second.attempt), (1, 2));
        assert!(!store.extend_lease(&first, NOW + 9999).await.unwrap());
        assert!(!store.requeue_run(&first, id, NOW).await.unwrap(), "a lost lease changes nothing");
        assert!(!store.finish_run(&first, id, ("failed", b""), None, NOW).await.unwrap());
        assert_eq!(store.release_leases("node").await.unwrap(), 0);
        assert_eq!(store.release_leases("other").await.unwrap(), 1, "a restarted portal takes its own back");
        assert_eq!(store.run_status(id).await.unwrap().unwrap().1, "queued");
        let third = claim(&store, JobKind::ExecuteRun, NOW + 3002).await.unwrap();
        assert!(store.requeue_run(&third, id, NOW + 10_000).await.unwrap());
        assert!(claim(&store, JobKind::ExecuteRun, NOW + 9_999).await.is_none());
        assert!(claim(&store, JobKind::ExecuteRun, NOW + 10_000).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn every_job_is_claimed_exactly_once() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let (release, _) = new_app(&store, ann, "App").await;
        for _ in 0..60 {
            run(&store, ann, release, &[]).await.unwrap();
        }
        let mut claimers = Vec::new();
        for number in 0..6 {
            let store = store.clone();
            claimers.push(tokio::spawn(async move {
                let mut claimed = Vec::new();
                let node = format!("node {number}");
                while let Some(lease) = store.claim_job(JobKind::ExecuteRun, &node, NOW, NOW + 1000).await.unwrap() {
                    claimed.push(lease.job);
                }
                claimed
            }));
        }
        let mut all = Vec::new();
        for claimer in claimers {
            all.extend(claimer.await.unwrap());
        }
        assert_eq!(all.len(), 60);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 60);
    })
    .await;
}

#[tokio::test]
async fn runners_and_what_they_have() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let (release, _) = new_app(&store, ann, "App").await;
        let new = NewRunnerRow {
            name: "R",
            base_url: "http://r/",
            token: Some(vec![1]),
            about: RunnerAbout::default(),
            now: NOW,
        };
        let other = store.create_runner(&new, &line()).await.unwrap();
        assert!(matches!(store.create_runner(&new, &line()).await, Err(StoreError::Taken)));
        let embedded = store.put_embedded_runner("mine", "http://127.0.0.1:1/", &[2], NOW).await.unwrap();
        let moved = store.put_embedded_runner("mine", "http://127.0.0.1:2/", &[3], NOW).await.unwrap();
        assert_eq!(embedded, moved);
        let theirs = store.put_embedded_runner("theirs", "http://127.0.0.1:2/", &[4], NOW).await.unwrap();
        assert_ne!(theirs, moved, "a port that went to another");
        store.note_publication(other, release, NOW).await.unwrap();
        store.note_publication(other, release, NOW + 1).await.unwrap();
        assert_eq!(store.publications(release).await.unwrap(), [other]);
        store.note_extended(other, false).await.unwrap();
        store.note_runner(other, NOW, Some("gone")).await.unwrap();
        assert!(store.enable_runner(other, false, &line()).await.unwrap());
        let row = store.runners().await.unwrap().remove(0);
        assert_eq!((row.extended, row.enabled, row.last_error.as_deref()), (Some(0), 0, Some("gone")));
        assert!(!store.enable_runner(vision_protocol::RunnerId(999), true, &line()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn signing_keys_rotate() {
    on_both(|store| async move {
        let wrap = |number: i64| number.to_be_bytes().to_vec();
        store.rotate_signing_key(NOW - 100, NOW - 200, NOW, wrap).await.unwrap();
        store.rotate_signing_key(NOW - 100, NOW - 200, NOW + 1, wrap).await.unwrap();
        assert_eq!(store.signing_keys(0).await.unwrap().len(), 1, "the key is young");
        store.rotate_signing_key(NOW + 1, NOW, NOW + 101, wrap).await.unwrap();
        let numbers: Vec<_> = store.signing_keys(0).await.unwrap().into_iter().map(|key| key.number).collect();
        assert_eq!(numbers, [2, 1]);
        store.rotate_signing_key(NOW + 1, NOW + 1, NOW + 102, wrap).await.unwrap();
        assert_eq!(store.signing_keys(0).await.unwrap().len(), 1, "the old key is gone");
    })
    .await;
}

#[actix_web::test]
async fn an_install_becomes_one_release_or_fails() {
    on_both(async |store| {
        let ann = user(&store, "ann@example.org").await;
        let id = store.create_install("yolox-nano", ann, true, &line()).await.unwrap();
        assert!(matches!(store.create_install("yolox-nano", ann, true, &line()).await, Err(StoreError::Taken)));
        let lost = claim(&store, JobKind::InstallEntry, NOW).await.unwrap();
        assert_eq!(lost.subject, id.to_string());
        store.note_fetched(id, 7).await.unwrap();
        assert_eq!(store.install(id).await.unwrap().unwrap().fetched, 7);

        // Another portal took the job over: what the first one then does is undone.
        let held = claim(&store, JobKind::InstallEntry, NOW + 2000).await.unwrap();
        let plan = || ReleasePlan::New(Slug::from_name("Objects"));
        let late = store.create_release(plan(), &release(ann, "1.0.0"), Some((&lost, id))).await;
        assert!(matches!(late, Err(StoreError::Lost)));
        assert!(store.app_by_slug(&Slug::from_name("Objects")).await.unwrap().is_none());
        assert!(!store.fail_install(&lost, id, "too late").await.unwrap());
        let (made, _) = store.create_release(plan(), &release(ann, "1.0.0"), Some((&held, id))).await.unwrap();
        let row = store.install(id).await.unwrap().unwrap();
        assert_eq!((row.status.as_str(), row.release_id), ("done", Some(made.0)));
        assert!(claim(&store, JobKind::InstallEntry, NOW + 9000).await.is_none());

        let again = store.create_install("yolox-nano", ann, false, &line()).await.unwrap();
        let other = store.create_install("mobilenet-v2", ann, false, &line()).await.unwrap();
        let held = claim(&store, JobKind::InstallEntry, NOW).await.unwrap();
        assert!(store.fail_install(&held, again, "404").await.unwrap());
        let mut newest: Vec<_> = store.newest_installs().await.unwrap();
        newest.sort_by_key(|row| row.id);
        let told: Vec<_> = newest.iter().map(|row| (row.id, row.status.as_str())).collect();
        assert_eq!(told, [(again.0, "failed"), (other.0, "fetching")]);
        assert_eq!(newest[0].error.as_deref(), Some("404"));
    })
    .await;
}

#[actix_web::test]
async fn a_key_is_found_by_its_digest_and_ends_with_its_owners_password() {
    on_both(async |store| {
        let ann = user(&store, "ann@example.org").await;
        let bob = user(&store, "bob@example.org").await;
        let new = |digest| NewKeyRow {
            user: ann,
            name: "Laptop",
            digest,
            prefix: "iv_01234567",
            scopes: "read publish",
            now: NOW,
            expires_at: Some(NOW + 1000),
        };
        let key = store.create_key(&new("aa"), 2).await.unwrap().unwrap();
        assert!(matches!(store.create_key(&new("aa"), 2).await, Err(StoreError::Taken)));
        assert!(store.create_key(&new("bb"), 2).await.unwrap().is_some());
        assert!(store.create_key(&new("cc"), 2).await.unwrap().is_none(), "one too many");

        let holder = store.key_holder("aa").await.unwrap().unwrap();
        assert_eq!((holder.id, holder.user_id, holder.last_used_at), (key.0, ann.0, None));
        assert_eq!((holder.email.as_str(), holder.expires_at), ("ann@example.org", Some(NOW + 1000)));
        store.touch_key(key, NOW + 5).await.unwrap();
        let keys = store.keys_of(ann).await.unwrap();
        assert_eq!(keys.iter().map(|key| key.last_used_at).collect::<Vec<_>>(), [None, Some(NOW + 5)]);

        assert!(!store.delete_key(bob, key).await.unwrap(), "it is not bob's");
        assert!(store.delete_key(ann, key).await.unwrap());
        assert!(store.key_holder("aa").await.unwrap().is_none());
        store.reset_password(ann, "new", "consumer").await.unwrap();
        assert!(store.key_holder("bb").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_is_read_from_the_newest_and_only_added_to() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let all = AuditFilter { before: (i64::MAX, i64::MIN), ..AuditFilter::default() };
        for (at, actor, act) in [(1, Some(ann), "one"), (2, None, "two"), (2, Some(ann), "two"), (3, None, "one")] {
            store.note_act(&NewAuditLine { at, actor, act, ..line() }).await.unwrap();
        }
        let read = async |filter: &AuditFilter, limit| {
            let rows = store.audit(filter, limit).await.unwrap();
            rows.into_iter().map(|row| (row.at, row.id, row.actor.is_some())).collect::<Vec<_>>()
        };
        let whole = read(&all, 9).await;
        assert_eq!(whole.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [3, 2, 2, 1]);
        let (at, id, _) = whole[1];
        let rest = read(&AuditFilter { before: (at, id), ..all.clone() }, 9).await;
        assert_eq!(rest, whole[2..], "what happened at the same moment is on one page or the other");
        assert_eq!(read(&AuditFilter { actor: Some(ann), act: Some("two"), ..all.clone() }, 9).await.len(), 1);
        assert_eq!(read(&AuditFilter { from: 2, before: (3, i64::MIN), ..all.clone() }, 9).await.len(), 2);
        let subject = Some(("thing".to_owned(), "1".to_owned()));
        assert_eq!(read(&AuditFilter { subject, ..all }, 9).await.len(), 4);
    })
    .await;
}
