//! The main story over PostgreSQL instead of SQLite.

use crate::support::{
    data::{TestData, read},
    database::Database,
    packages,
    portal::Setup,
    require,
    visitor::run_status,
};

#[tokio::test]
async fn an_app_is_published_found_and_run_over_postgresql() {
    let data = require!(TestData::find());
    let database = require!(Database::create().await);
    let mut portal = Setup::new().with("DATABASE_URL", database.url()).start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::yolox(&data)).await;

    let user = portal.consumer("grace").await;
    let found = user.get("/?q=street").await.ok();
    assert!(found.attribute(&format!("a[href='{app}']"), "href").is_some(), "the search does not find {app}");
    let none = user.get("/?q=nothing-of-that-name").await.ok();
    assert!(none.attribute(&format!("a[href='{app}']"), "href").is_none(), "a search for something else finds {app}");

    let photo = read(&data.image("darknet_dog.jpg"));
    let run = user.run_and_wait(&app, &photo, "image/jpeg").await;
    assert_eq!(run_status(&run), "Done", "{}", run.visible_text());
    let labels = run.each("[data-test='result'] rect[data-label]", |e| e.attr("data-label").map(str::to_owned));
    for label in ["dog", "car", "bicycle"] {
        assert!(labels.contains(&Some(label.to_owned())), "{label} is missing in {labels:?}");
    }

    portal.kill();
    portal.start_again().await;
    let user = user.at(&portal.url);
    assert_eq!(run_status(&user.get(run.url.path()).await.ok()), "Done", "a restart forgot the run");
    user.submit(&user.get(run.url.path()).await.form("form[action$='/delete']")).await.ok();
    drop(portal);
}
