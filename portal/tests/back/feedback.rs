//! Feedback and figures on both databases: what is kept, what triggers count, what an export may see.

use portal::store::{
    ConsentedFilter, DAY_MS, FeedbackFilter, HOUR_MS, JobKind, LinesRow, NewAlert, NewFeedback, NewRun, Store, Tally,
    Together,
};
use vision_protocol::{AppId, ReleaseId, RunId, UserId};

use crate::{
    common::on_both,
    store::{NOW, claim, input, new_app, user},
};

async fn done(store: &Store, user: UserId, release: ReleaseId, tally: Option<&Tally>, now: i64) -> RunId {
    let id = RunId::generate();
    let files = [input(store, user).await];
    let new = NewRun { id, user, release, inputs: b"sealed", files: &files, now };
    assert!(store.create_runs(&[new], Together::default()).await.unwrap());
    let lease = claim(store, JobKind::ExecuteRun, now).await.unwrap();
    assert!(store.finish_run(&lease, id, ("done", b"outcome"), tally, now).await.unwrap());
    id
}

fn said<'a>(run: RunId, user: UserId, place: (AppId, ReleaseId), verdict: &'a str, label: &'a str) -> NewFeedback<'a> {
    let (app, release) = place;
    NewFeedback { run, user, app, release, verdict, label, body: b"sealed", consent: true, now: NOW }
}

#[tokio::test]
async fn feedback_is_kept_counted_and_forgotten() {
    on_both(|store| async move {
        let (ann, bob) = (user(&store, "ann@example.org").await, user(&store, "bob@example.org").await);
        let (release, slug) = new_app(&store, ann, "Cats").await;
        let app = AppId(store.app_by_slug(&slug).await.unwrap().unwrap().id);
        let place = (app, release);
        let mut runs = Vec::new();
        for _ in 0..3 {
            runs.push(done(&store, bob, release, None, NOW).await);
        }
        for run in &runs {
            store.keep_feedback(&said(*run, bob, place, "wrong", "lynx")).await.unwrap();
        }
        let counts = async || store.verdicts(app, 0).await.unwrap();
        let day = NOW / DAY_MS;
        assert_eq!(counts().await, [(release.0, day, "wrong".to_owned(), 3)]);
        assert_eq!(store.corrected_labels(release, 5).await.unwrap(), [("lynx".to_owned(), 3)]);
        // A change of mind moves the count, and keeps the moment of the consent.
        let later = NewFeedback { now: NOW + 5, ..said(runs[0], bob, place, "right", "") };
        store.keep_feedback(&later).await.unwrap();
        assert_eq!(counts().await, [(release.0, day, "right".to_owned(), 1), (release.0, day, "wrong".to_owned(), 2)]);
        assert_eq!(store.corrected_labels(release, 5).await.unwrap(), [("lynx".to_owned(), 2)]);
        let consents = store.consents_of(bob, NOW, 10, 0).await.unwrap();
        assert!(consents.len() == 3 && consents.iter().all(|row| row.consented_at == Some(NOW) && row.blob.is_some()));

        let filter = |release, verdict, after| FeedbackFilter { app, release, verdict, after, limit: 2, now: NOW };
        let list = async |filter| -> Vec<RunId> {
            let rows = store.feedback_of_app(&filter).await.unwrap();
            rows.iter().map(|row| row.run_id.parse().unwrap()).collect()
        };
        assert_eq!(list(filter(None, None, None)).await, [runs[2], runs[1]]);
        assert_eq!(list(filter(Some(release), None, Some((NOW, runs[1])))).await, [runs[0]]);
        assert_eq!(list(filter(None, Some("right"), None)).await, [runs[0]]);
        assert_eq!(list(filter(Some(ReleaseId(release.0 + 9)), None, None)).await, []);

        let consented = |release| ConsentedFilter {
            app,
            release,
            from: 0,
            to: i64::MAX,
            after: (i64::MIN, String::new()),
            limit: 10,
        };
        assert_eq!(store.consented_runs(&consented(Some(release))).await.unwrap().len(), 3);
        assert!(store.consented(app, runs[0], NOW).await.unwrap().is_some());
        assert!(store.consented(AppId(app.0 + 9), runs[0], NOW).await.unwrap().is_none(), "another app");
        assert_eq!(store.withdraw_consent(ann, None).await.unwrap(), 0, "not hers");
        assert_eq!(store.withdraw_consent(bob, Some(runs[0])).await.unwrap(), 1);
        assert!(store.consented(app, runs[0], NOW).await.unwrap().is_none());
        assert!(!store.remove_feedback(ann, runs[1]).await.unwrap(), "not hers");
        assert!(store.remove_feedback(bob, runs[1]).await.unwrap());
        // Deleting a run takes all along, and the counts with it.
        store.delete_run(bob, runs[2]).await.unwrap().unwrap();
        assert_eq!(counts().await, [(release.0, day, "right".to_owned(), 1)]);
        assert_eq!(store.corrected_labels(release, 5).await.unwrap(), []);
        assert_eq!(store.withdraw_consent(bob, None).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn figures_add_up_and_people_are_counted_once_a_day() {
    on_both(|store| async move {
        let (ann, bob) = (user(&store, "ann@example.org").await, user(&store, "bob@example.org").await);
        let (release, slug) = new_app(&store, ann, "Cats").await;
        let app = AppId(store.app_by_slug(&slug).await.unwrap().unwrap().id);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let tally = |user| Tally {
            release,
            user,
            by_day: names(&["b/6/050", "a/done", "c/score/09"]),
            by_hour: names(&["a/done"]),
        };
        for (user, now) in [(ann, NOW), (ann, NOW), (bob, NOW), (ann, NOW + DAY_MS)] {
            done(&store, user, release, Some(&tally(user)), now).await;
        }
        let day = NOW / DAY_MS;
        let row = |day, name: &str, total| (release.0, day, name.to_owned(), total);
        let mut found = store.figures_by_day(app, day, ("a/", "b/")).await.unwrap();
        found.sort();
        let expected =
            [row(day, "a/done", 3), row(day, "a/people", 2), row(day + 1, "a/done", 1), row(day + 1, "a/people", 1)];
        assert_eq!(found, expected);
        let sum = store.figures_sum(app, Some(release), (day, day + 2), ("b/", "c/")).await.unwrap();
        assert_eq!(sum, [("b/6/050".to_owned(), 4)]);
        assert_eq!(store.figures_sum(app, None, (day, day + 1), ("c/", "d/")).await.unwrap()[0].1, 3);
        assert_eq!(store.first_day(release).await.unwrap(), Some(day));
        let hour = (NOW + DAY_MS) / HOUR_MS;
        assert_eq!(store.figures_since_hour(app, hour).await.unwrap(), [("a/done".to_owned(), 1)]);
        store.sweep_figures(hour + 1, day + 2).await.unwrap();
        assert_eq!(store.figures_since_hour(app, 0).await.unwrap(), []);

        store.set_lines(&LinesRow { app_id: app.0, failures_percent: Some(5), slow_ms: None }, NOW).await.unwrap();
        let lines = LinesRow { app_id: app.0, failures_percent: None, slow_ms: Some(900) };
        store.set_lines(&lines, NOW).await.unwrap();
        assert_eq!(store.all_lines(0, 10).await.unwrap(), std::slice::from_ref(&lines));
        let alert =
            |now| NewAlert { app, kind: "slow", measured: 1000.5, line: 900, runs: 9, now, not_since: now - 10 };
        assert!(store.raise_alert(&alert(NOW)).await.unwrap());
        assert!(!store.raise_alert(&alert(NOW + 5)).await.unwrap(), "told not long ago");
        assert!(store.raise_alert(&alert(NOW + 20)).await.unwrap());
        assert_eq!(store.unseen_alerts(ann, Some(app), 10).await.unwrap().len(), 2);
        assert_eq!(store.unseen_alerts(bob, None, 10).await.unwrap().len(), 0, "not his app");
        store.see_alerts(app, NOW).await.unwrap();
        assert_eq!(store.unseen_alerts(ann, None, 10).await.unwrap().len(), 0);
        store.set_lines(&LinesRow { slow_ms: None, ..lines }, NOW).await.unwrap();
        assert_eq!(store.lines_of(app).await.unwrap(), None);
    })
    .await;
}
