//! Starting in an empty folder, and stopping.

use std::time::Duration;

use crate::support::{
    eventually, glue, packages,
    portal::{Portal, Setup},
    processes::{descendants, lives},
};

#[tokio::test]
async fn a_first_start_fills_the_home_page_and_ctrl_c_ends_every_process() {
    let mut portal = Setup::new().with_sample_apps().start().await;
    let (account, password) = portal.admin_account();
    assert_eq!(portal.log().matches(password).count(), 1, "the password of {account} is printed once");
    portal.home_with_sample_apps().await;
    let children = descendants(portal.pid());
    assert!(!children.is_empty(), "the portal started no runner");

    let status = portal.interrupt().await;

    assert!(status.success(), "the portal ended with {status}:\n{}", portal.log());
    eventually("all processes to end", Duration::from_secs(5), async || {
        children.iter().all(|child| !lives(child.pid)).then_some(())
    })
    .await;
    let log = portal.log();
    assert!(!log.contains("panicked"), "{log}");

    portal.start_again().await;
    assert_eq!(portal.log().matches("password").count(), log.matches("password").count(), "a second password");
    portal.admin().await.get("/admin/people").await.ok();
}

#[tokio::test]
async fn a_run_tells_its_progress_while_it_happens() {
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Slow", &glue::slow(500_000_000), 30_000)).await;
    let user = portal.consumer("grace").await;
    let form = user.get(&app).await.ok().form("[data-test='run-form']");
    let form = form.attach("p.Image", "photo.png", "image/png", &packages::small_photo());

    let events = user.run_and_listen(&form).await;

    let running = events.find("\"status\":\"running\"").unwrap_or_else(|| panic!("it never ran: {events}"));
    let done = events.find("\"status\":\"done\"").unwrap_or_else(|| panic!("it was never done: {events}"));
    assert!(running < done, "{events}");
}
