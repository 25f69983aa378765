//! What becomes of runs: history and batches on both databases, cancelling, keeping, and photos that say where they were
//! taken.

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use portal::{
    domain::{
        DomainError, files,
        running::{self, HistoryFilter, Keeping, RunStatus, Shown},
    },
    store::{BatchId, HistoryQuery, JobKind, NewRun, Store, Together},
};
use vision_protocol::{AppId, ReleaseId, RunId, UserId, signed_url::SignedQuery};

use crate::{
    common::on_both,
    domain::{PNG, fixture, pieces, soon},
    fake_runner::Answer,
    store::{NOW, claim, input, new_app, user},
};

const HOUR: i64 = 60 * 60 * 1000;

async fn begin(store: &Store, user: UserId, release: ReleaseId, now: i64, together: Together) -> RunId {
    let id = RunId::generate();
    let files = [input(store, user).await];
    let new = NewRun { id, user, release, inputs: b"sealed", files: &files, now };
    assert!(store.create_runs(&[new], together).await.unwrap());
    id
}

async fn listed(store: &Store, query: HistoryQuery<'_>) -> Vec<String> {
    store.history(&query).await.unwrap().into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn a_history_is_read_place_by_place() {
    on_both(|store| async move {
        let (ann, bob) = (user(&store, "ann@example.org").await, user(&store, "bob@example.org").await);
        let (cats, _) = new_app(&store, ann, "Cats").await;
        let (dogs, _) = new_app(&store, ann, "Dogs").await;
        let none = Together::default();
        let first = begin(&store, ann, cats, NOW, none).await;
        let second = begin(&store, ann, dogs, NOW, none).await;
        let third = begin(&store, ann, cats, NOW + 1, none).await;
        begin(&store, bob, cats, NOW, none).await;
        let all = || HistoryQuery { user: ann, apps: None, status: None, before: None, limit: 10, now: NOW };
        let names = |ids: &[RunId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(listed(&store, all()).await, names(&[third, second, first]));
        let page = HistoryQuery { before: Some((NOW, second)), ..all() };
        assert_eq!(listed(&store, page).await, names(&[first]), "two of the same moment are told apart");
        let counts = store.apps_run(ann).await.unwrap();
        assert_eq!(counts.iter().map(|c| (c.name.as_str(), c.runs)).collect::<Vec<_>>(), [("App", 2), ("App", 1)]);
        let of_cats = [AppId(counts[0].app_id)];
        let filtered = HistoryQuery { apps: Some(&of_cats), ..all() };
        assert_eq!(listed(&store, filtered).await, names(&[third, first]));
        assert!(store.cancel_run(ann, third, NOW).await.unwrap());
        assert!(!store.cancel_run(ann, third, NOW).await.unwrap(), "a run ends once");
        assert!(!store.cancel_run(bob, first, NOW).await.unwrap(), "not theirs");
        let cancelled = HistoryQuery { status: Some("cancelled"), ..all() };
        assert_eq!(listed(&store, cancelled).await, names(&[third]));
        let rows = store.history(&all()).await.unwrap();
        assert!(rows.iter().all(|row| row.photo.is_some() && row.outcome.is_none()));
        store.delete_run(ann, first).await.unwrap().unwrap();
        assert_eq!(store.apps_run(ann).await.unwrap().iter().map(|c| c.runs).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(store.expire_all_runs(ann).await.unwrap(), [second]);
        assert_eq!(listed(&store, all()).await, Vec::<String>::new());
        let fresh = begin(&store, ann, cats, NOW + 2, none).await;
        let (runs, files) = store.forget_runs(NOW, 10).await.unwrap();
        assert_eq!((runs, files.len()), (2, 2));
        assert_eq!(listed(&store, all()).await, names(&[fresh]));
        assert_eq!(store.apps_run(ann).await.unwrap()[0].runs, 1, "what was forgotten is counted off once");
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_one_persons() {
    on_both(|store| async move {
        let (ann, bob) = (user(&store, "ann@example.org").await, user(&store, "bob@example.org").await);
        let (release, _) = new_app(&store, ann, "App").await;
        let id = BatchId::generate();
        let together = Together { batch: Some(id), discard: false };
        let first = begin(&store, ann, release, NOW, together).await;
        let second = begin(&store, ann, release, NOW, together).await;
        let rows = store.batch(ann, id, NOW).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.id.clone()).collect::<Vec<_>>(), [first.to_string(), second.to_string()]);
        assert_eq!(store.batch_statuses(ann, id).await.unwrap()[1].1, "queued");
        assert!(store.batch(bob, id, NOW).await.unwrap().is_empty());
        assert!(store.batch_statuses(bob, id).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn runs_are_kept_as_long_as_was_chosen() {
    on_both(|store| async move {
        let ann = user(&store, "ann@example.org").await;
        let (release, _) = new_app(&store, ann, "App").await;
        let none = Together::default();
        let finish = async |id: RunId| {
            let lease = claim(&store, JobKind::ExecuteRun, NOW).await.unwrap();
            assert_eq!(lease.subject, id.to_string());
            assert!(store.finish_run(&lease, id, ("done", b"x"), None, NOW).await.unwrap());
        };
        let until = async |id: RunId| store.run(id).await.unwrap().and_then(|row| row.keep_until);
        let forever = begin(&store, ann, release, NOW, none).await;
        finish(forever).await;
        assert_eq!(until(forever).await, None);
        let discarded = begin(&store, ann, release, NOW, Together { discard: true, ..none }).await;
        assert_eq!(until(discarded).await, None, "the time counts from the end");
        finish(discarded).await;
        assert_eq!(until(discarded).await, Some(NOW + HOUR), "nobody has looked at it");
        store.note_shown(discarded, NOW + 600).await.unwrap();
        store.note_shown(discarded, NOW + 900).await.unwrap();
        assert_eq!(until(discarded).await, Some(NOW + 600), "the first look counts");
        store.note_shown(forever, NOW + 600).await.unwrap();
        assert_eq!(until(forever).await, None);
        assert_eq!(store.keep_ms(ann).await.unwrap(), None);
        store.set_keep_ms(ann, Some(24 * HOUR), false, NOW).await.unwrap();
        let day = begin(&store, ann, release, NOW, none).await;
        finish(day).await;
        assert_eq!((until(day).await, until(forever).await), (Some(NOW + 24 * HOUR), None));
        store.set_keep_ms(ann, Some(24 * HOUR), true, NOW + HOUR).await.unwrap();
        assert_eq!(until(forever).await, Some(NOW + 24 * HOUR));
        store.set_keep_ms(ann, Some(0), true, NOW + HOUR).await.unwrap();
        assert_eq!(until(day).await, Some(NOW + 2 * HOUR), "there is time to look at what was there");
        assert_eq!(until(discarded).await, Some(NOW + 600), "nothing is kept longer than it was to be");
        assert_eq!(store.forget_runs(NOW + 599, 10).await.unwrap().0, 0);
        let (runs, files) = store.forget_runs(NOW + 600, 10).await.unwrap();
        assert_eq!((runs, files.len()), (1, 1));
        assert_eq!(store.forget_runs(NOW + 9 * HOUR, 1).await.unwrap().0, 1, "batch by batch");
        assert_eq!(store.forget_runs(NOW + 9 * HOUR, 10).await.unwrap().0, 1);
        store.set_keep_ms(ann, None, true, NOW).await.unwrap();
        assert_eq!(store.keep_ms(ann).await.unwrap(), None);
    })
    .await;
}

#[actix_web::test]
async fn a_run_that_is_executed_is_cancelled() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    fixture.runner.set(Answer::Hold);
    let id = fixture.submit(release).await;
    let link = soon(fixture.runner.held_link()).await;
    let mut watch = running::watch(&fixture.portal, &fixture.person, id).await.unwrap();
    running::cancel(&fixture.portal, &fixture.person, id).await.unwrap();
    let mut last = None;
    while let Some(progress) = soon(watch.next()).await.unwrap() {
        last = Some(progress.status);
    }
    assert_eq!(last, Some(RunStatus::Cancelled));
    let query: serde_json::Map<String, serde_json::Value> = link
        .query_pairs()
        .map(|(key, value)| {
            let number = ["release", "expires", "key"].contains(&key.as_ref());
            let value = if number { value.parse::<i64>().unwrap().into() } else { value.as_ref().into() };
            (key.into_owned(), value)
        })
        .collect();
    let query: SignedQuery = serde_json::from_value(query.into()).unwrap();
    let blob = link.path().rsplit('/').next().unwrap().parse().unwrap();
    let fetched = files::fetch(&fixture.portal, blob, &query).await;
    assert!(matches!(fetched, Err(DomainError::Forbidden(_))), "its links are dead");
    fixture.runner.let_go();
    // The place of the cancelled run is free: the next one is executed, and the late answer changed nothing.
    let next = fixture.submit(release).await;
    assert_eq!(fixture.ended(next).await.status, RunStatus::Done);
    let view = running::view(&fixture.portal, &fixture.person, id).await.unwrap();
    assert_eq!((view.status, view.results.len(), view.can_retry), (RunStatus::Cancelled, 0, true));
    let late = running::cancel(&fixture.portal, &fixture.person, next).await;
    assert!(matches!(late, Err(DomainError::Conflict(_))), "it has ended");
    let again = running::again(&fixture.portal, &fixture.person, id).await.unwrap();
    assert_eq!(fixture.ended(again).await.status, RunStatus::Done);
}

#[actix_web::test]
async fn many_photos_are_many_runs() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    for _ in 0..3 {
        draft.file("Image", pieces(PNG)).await.unwrap();
    }
    draft.discard();
    let accepted = draft.submit_all().await.unwrap();
    let batch = accepted.batch.unwrap();
    let mut watch = running::watch_batch(&fixture.portal, &fixture.person, batch).await.unwrap();
    let mut last = None;
    while let Some(progress) = soon(watch.next()).await.unwrap() {
        last = Some(progress);
    }
    assert_eq!(last.map(|progress| (progress.total, progress.ended, progress.failed)), Some((3, 3, 0)));
    let view = running::batch(&fixture.portal, &fixture.person, batch).await.unwrap();
    let (columns, rows) = view.sheet();
    assert_eq!(columns[..4], ["photo", "run", "status", "result"]);
    assert_eq!(rows.iter().filter(|row| row.contains(&"dog".to_owned())).count(), 3);
    let line = &view.runs[0].line;
    assert_eq!((line.id, line.batch), (accepted.run, Some(batch)));
    // A photo that is none spoils the form, and says which one it is.
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.file("Image", pieces(PNG)).await.unwrap();
    draft.file("Image", pieces(b"#!/bin/sh")).await.unwrap();
    let Err(DomainError::Invalid(faults)) = draft.submit_all().await else { panic!("it has faults") };
    assert!(faults[0].message.starts_with("photo 2: must be"), "{faults:?}");
    let all = HistoryFilter::default();
    assert_eq!(running::history(&fixture.portal, &fixture.person, &all).await.unwrap().total, 3);
    running::delete_all(&fixture.portal, &fixture.person).await.unwrap();
    assert!(running::history(&fixture.portal, &fixture.person, &all).await.unwrap().lines.is_empty());
    soon(async {
        while fixture.sealed_files() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[actix_web::test]
async fn a_kept_photo_is_used_again_and_a_place_is_never_told() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    // EXIF with the orientation 6 and the text of a place behind it.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"48.8584 N 2.2945 E");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let photo = [b"\xff\xd8\xff\xe1", &length[..], &exif, b"\xff\xda\0\x02the picture itself\xff\xd9"].concat();
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.file("Image", stream::iter([Ok::<_, String>(Bytes::from(photo.clone()))])).await.unwrap();
    let first = fixture.ended(draft.submit().await.unwrap()).await;
    assert_eq!(first.status, RunStatus::Done, "{:?}", first.error);
    // The runner of this test answers with the photo that it was given.
    let given = async |run: RunId, shown: &Shown| {
        let Shown::File(file) = shown else { panic!("the picture is a file") };
        let file = running::file(&fixture.portal, &fixture.person, run, file.blob).await.unwrap();
        file.content.try_collect::<Vec<_>>().await.unwrap().concat()
    };
    let reached = given(first.id, &first.results[1].value).await;
    let has = |what: &[u8]| reached.windows(what.len()).any(|window| window == what);
    assert!(!has(b"48.8584") && has(b"the picture itself") && has(b"\x12\x01\x03\0\x01\0\0\0\x06"));
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.text("Age", "12");
    draft.keep("Image", first.id).await.unwrap();
    let second = fixture.ended(draft.submit().await.unwrap()).await;
    assert_eq!(given(second.id, &second.results[1].value).await, reached);
    running::delete(&fixture.portal, &fixture.person, first.id).await.unwrap();
    assert_eq!(given(second.id, &second.results[1].value).await, reached, "each run has a photo of its own");
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.keep("Image", first.id).await.unwrap();
    let Err(DomainError::Invalid(faults)) = draft.submit().await else { panic!("that photo is gone") };
    assert_eq!(faults[0].to_string(), "Image: the photo of that run is gone; choose one");
    let mut draft = running::begin(&fixture.portal, &fixture.person, release).await.unwrap();
    draft.file("Image", pieces(b"\x89PNG\r\n\x1a\nno chunk follows")).await.unwrap();
    let Err(DomainError::Invalid(faults)) = draft.submit().await else { panic!("it is damaged") };
    assert!(faults[0].message.contains("damaged"), "{faults:?}");
}

#[actix_web::test]
async fn what_is_not_kept_is_gone() {
    let fixture = fixture(|_| {}).await;
    let release = fixture.published().await;
    running::choose_keeping(&fixture.portal, &fixture.person, Keeping::NotAtAll, false).await.unwrap();
    let run = fixture.ended(fixture.submit(release).await).await;
    assert_eq!((run.status, run.keeping), (RunStatus::Done, Keeping::NotAtAll));
    running::note_shown(&fixture.portal, &run).await.unwrap();
    let view = running::view(&fixture.portal, &fixture.person, run.id).await.unwrap();
    assert!(view.gone_at < run.gone_at, "ten minutes after the first look, not an hour after the end");
    fixture.portal.store.note_shown(run.id, 1).await.unwrap();
    let gone = running::view(&fixture.portal, &fixture.person, run.id).await;
    assert!(matches!(gone, Err(DomainError::NotFound)), "even before its bytes are removed");
    portal::domain::work::sweep(&fixture.portal).await.unwrap();
    assert_eq!(fixture.sealed_files(), 0);
    assert!(fixture.portal.store.run(run.id).await.unwrap().is_none());
}
