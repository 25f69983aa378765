//! `kill -9` in the middle of runs: no accepted run is lost, and no photo lies open on the disk.

use std::time::Duration;

use crate::support::{
    eventually, glue, packages,
    page::Page,
    portal::{Portal, Setup},
    processes::{files_with, kill, lives, runner_of, workers_of},
    visitor::{Visitor, run_status},
};

/// About a second on a quiet machine.
const ROUNDS: u64 = 1_000_000_000;
const RUNS: usize = 6;

/// An app that takes its time, and runs of it that have been accepted.
struct Story {
    portal: Portal,
    user: Visitor,
    photo: Vec<u8>,
    runs: Vec<String>,
}

impl Story {
    /// Accepts runs and waits until a worker has begun on the first ones.
    async fn begin() -> Self {
        let portal = Setup::new().with("VISION_LEASE_SECONDS", "5").start().await;
        let author = portal.author("ada").await;
        let app = author.publish(&packages::glue_only("Slow", &glue::slow(ROUNDS), 30_000)).await;
        let user = portal.consumer("grace").await;
        let photo = packages::small_photo();
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(user.run(&app, &photo, "image/png").await.url.path().to_owned());
        }
        let first = &runs[0];
        eventually("a run to begin", Duration::from_secs(30), async || {
            let begun = run_status(&user.get(first).await) == "Running";
            (begun && !workers_of(portal.pid()).is_empty()).then_some(())
        })
        .await;
        let last = run_status(&user.get(&runs[RUNS - 1]).await);
        assert!(matches!(last.as_str(), "Queued" | "Running"), "the runs are too quick for this test: {last}");
        Self { portal, user, photo, runs }
    }

    /// Every run that was accepted is done, or has failed with a reason and a way to try again.
    async fn assert_nothing_is_lost(&self) {
        let mut done = 0;
        for run in &self.runs {
            let page = self.user.wait_for_run(run).await;
            match run_status(&page).as_str() {
                "Done" => done += 1,
                _ => assert_can_be_run_again(&page),
            }
        }
        eprintln!("{done} of {RUNS} runs were finished after all");
        assert!(done > 0, "not one of {RUNS} runs was finished");
        self.assert_no_photo_on_disk();
    }

    fn assert_no_photo_on_disk(&self) {
        let found = files_with(self.portal.folder(), &self.photo);
        assert!(found.is_empty(), "the photo lies open in {found:?}");
    }
}

fn assert_can_be_run_again(page: &Page) {
    let reason = page.text("[data-test='run-error'] [role='alert']").unwrap_or_default();
    assert!(!reason.is_empty(), "failed without a reason:\n{}", page.visible_text());
    eprintln!("{} failed: {reason}", page.url);
    page.form("form[action$='/again']");
}

#[tokio::test]
async fn killing_a_worker_loses_no_run() {
    let story = Story::begin().await;
    let workers = workers_of(story.portal.pid());
    for worker in &workers {
        kill(worker.pid);
    }
    story.assert_nothing_is_lost().await;
    assert!(workers.iter().all(|worker| !lives(worker.pid)), "a worker survived");
}

#[tokio::test]
async fn killing_the_runner_loses_no_run() {
    let story = Story::begin().await;
    let runner = runner_of(story.portal.pid()).expect("the portal started a runner");
    kill(runner.pid);
    story.assert_nothing_is_lost().await;
    let next = runner_of(story.portal.pid()).expect("the portal started another runner");
    assert_ne!(next.pid, runner.pid);
}

#[tokio::test]
async fn killing_the_portal_loses_no_run() {
    let mut story = Story::begin().await;
    let children: Vec<_> = runner_of(story.portal.pid()).into_iter().chain(workers_of(story.portal.pid())).collect();
    story.portal.kill();
    story.assert_no_photo_on_disk();
    eventually("the runner and its workers to end with the portal", Duration::from_secs(10), async || {
        children.iter().all(|child| !lives(child.pid)).then_some(())
    })
    .await;
    story.portal.start_again().await;
    story.user = story.user.at(&story.portal.url);
    story.assert_nothing_is_lost().await;
}

#[tokio::test]
async fn a_failed_run_can_be_run_again() {
    let portal = Setup::new().with("VISION_RUN_ATTEMPTS", "1").start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Endless", &glue::endless(), 500)).await;
    let user = portal.consumer("grace").await;
    let failed = user.run_and_wait(&app, &packages::small_photo(), "image/png").await;
    assert_eq!(run_status(&failed), "Failed");
    assert_can_be_run_again(&failed);

    let again = user.submit(&failed.form("form[action$='/again']")).await.ok();

    assert!(again.url.path().starts_with("/runs/"), "{} is no run", again.url);
    assert_ne!(again.url, failed.url);
    assert_can_be_run_again(&user.wait_for_run(again.url.path()).await);
}
