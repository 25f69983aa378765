//! Apps that would never end or take everything: their own run fails, and nobody else's.

use std::time::{Duration, Instant};

use crate::support::{
    glue, packages,
    page::Page,
    portal::Portal,
    visitor::{Visitor, run_status},
};

const PHOTO: &str = "image/png";

#[tokio::test]
async fn a_loop_ends_at_its_deadline_and_a_hog_at_its_limit_while_others_run() {
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let endless = author.publish(&packages::glue_only("Endless", &glue::endless(), 4_000)).await;
    let hungry = author.publish(&packages::glue_only("Hungry", &glue::hungry(), 10_000)).await;
    let instant = author.publish(&packages::glue_only("Instant", &glue::instant(), 10_000)).await;
    let user = portal.consumer("grace").await;
    let photo = packages::small_photo();
    // So that the time of the first run of each release, which starts its worker, is not counted.
    assert_done(&user.run_and_wait(&instant, &photo, PHOTO).await);

    let begun = Instant::now();
    let looping = user.run(&endless, &photo, PHOTO).await;
    let hogging = user.run(&hungry, &photo, PHOTO).await;
    let mut meanwhile = 0;
    while run_status(&user.get(looping.url.path()).await) != "Failed" {
        assert_done(&user.run_and_wait(&instant, &photo, PHOTO).await);
        meanwhile += 1;
        assert!(begun.elapsed() < Duration::from_secs(30), "the loop still runs");
    }
    assert!(begun.elapsed() > Duration::from_secs(3), "the loop ended before its deadline");
    eprintln!("{meanwhile} runs of another app while one looped");
    assert!(meanwhile > 2, "only {meanwhile} runs of another app while one looped");

    let looping = user.get(looping.url.path()).await.ok();
    assert_failed(&looping, &["did not end"]);
    let hogging = user.wait_for_run(hogging.url.path()).await;
    assert_failed(&hogging, &["memory"]);

    assert_both_apps_still_work(&user, &endless, &instant).await;
}

/// A worker that was killed for its loop is replaced.
async fn assert_both_apps_still_work(user: &Visitor, endless: &str, instant: &str) {
    let again = user.run(endless, &packages::small_photo(), PHOTO).await;
    assert_done(&user.run_and_wait(instant, &packages::small_photo(), PHOTO).await);
    assert_failed(&user.wait_for_run(again.url.path()).await, &["did not end"]);
}

fn assert_done(page: &Page) {
    assert_eq!(run_status(page), "Done", "{}", page.visible_text());
    let result = page.text("[data-test='result']").expect("a run that is done has a result");
    assert!(result.contains("done"), "the result says {result}");
}

fn assert_failed(page: &Page, words: &[&str]) {
    assert_eq!(run_status(page), "Failed", "{}", page.visible_text());
    let text = page.visible_text();
    for word in words {
        assert!(text.to_lowercase().contains(word), "“{word}” is missing in:\n{text}");
    }
}
