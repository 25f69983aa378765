//! What the guides tell authors with a portal to type, typed.

use std::{env, path::Path};

use crate::{
    feedback::judge,
    publishing::new_key,
    support::{command::Vision, data::TestData, data::read, guide, portal::Portal, python, require, visitor::Visitor},
};

/// The address of the runner that the portal started, as the page for operators shows it.
async fn runner_of(admin: &Visitor) -> String {
    let runners = admin.get("/admin/runners").await.ok();
    runners.text("[data-test='runner'] code").expect("a runner").trim_end_matches('/').to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_to_versions_works_as_it_is_written() {
    let (data, vision) = (require!(TestData::find()), require!(Vision::find()));
    require!(python::plain());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["read", "publish"]).await;
    guide::lay_out(&vision, &data);
    make_everyday_objects(&vision);

    let address = portal.url.as_str().trim_end_matches('/');
    let said = guide::type_all("versioning.md", &vision, &[("VISION_PORTAL", address), ("VISION_API_KEY", &key)]);
    for line in ["1.0.0 is published", "1.1.0 is published", "1.2.0 is a draft"] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    // The release that came back, and then the shelf without it.
    assert!(said.contains(r#""status":"published""#) && said.contains(r#""status":"retired""#), "{said}");
    let mine = author.get("/author").await.ok().texts("[data-test='my-app'] .pill");
    assert_eq!(mine, ["Draft", "Retired", "Retired"]);
    assert_eq!(author.get("/apps/everyday-objects").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_to_figures_works_as_it_is_written() {
    let (data, vision) = (require!(TestData::find()), require!(Vision::find()));
    require!(python::plain());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["read", "publish"]).await;
    guide::lay_out(&vision, &data);
    make_everyday_objects(&vision);
    vision.log_in(&portal.url, &key);
    let release = vision.run(&["publish", "everyday-objects", "--json"]).json()["release"]["id"].to_string();
    let photo = read(&data.image("darknet_dog.jpg"));
    author.run_and_wait("/apps/everyday-objects", &photo, "image/jpeg").await;

    let runner = runner_of(&portal.admin().await).await;
    let said = guide::type_all("figures.md", &vision, &[("RUNNER", &runner), ("RELEASE", &release)]);
    for line in ["tract ", "totalMs"] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    // The run above, and that of the example for the app's page, if it has ended by now.
    let runs = format!("vision_runs_total{{release=\"{release}\",outcome=\"done\"}} ");
    let runs = said.lines().find_map(|line| line.strip_prefix(&runs));
    assert!(matches!(runs, Some("1" | "2")), "{runs:?} in\n{said}");
    assert_eq!(
        said.lines().filter(|line| line.ends_with(" ms")).count(),
        2,
        "the best of the examples, and the mean\n{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_to_feedback_works_as_it_is_written() {
    let (data, vision) = (require!(TestData::find()), require!(Vision::find()));
    let reference = require!(python::Reference::of_trainers());
    let portal = Portal::start().await;
    let author = portal.author("ada").await;
    let key = new_key(&author, &["read", "publish", "feedback"]).await;
    guide::lay_out(&vision, &data);
    make_everyday_objects(&vision);
    vision.log_in(&portal.url, &key);
    vision.run(&["publish", "everyday-objects"]).ok();
    let grace = portal.consumer("grace").await;
    for (photo, verdict, changes) in [
        ("darknet_dog.jpg", "right", vec![]),
        ("darknet_horses.jpg", "partly", vec![("b.boxes.0.label", "pony"), ("comment", "It is a pony.")]),
    ] {
        let photo = read(&data.image(photo));
        let run = grace.run_and_wait("/apps/everyday-objects", &photo, "image/jpeg").await;
        judge(&grace, &run, verdict, &changes).await;
    }

    let address = portal.url.as_str().trim_end_matches('/');
    let programs = Path::new(env!("CARGO_BIN_EXE_portal")).parent().expect("a folder");
    let trained = reference.interpreter().parent().expect("a folder");
    let path = format!("{}:{}:{}", trained.display(), programs.display(), env::var("PATH").unwrap_or_default());
    let environment = [("VISION_PORTAL", address), ("VISION_API_KEY", &key), ("PATH", &path)];
    let said = guide::type_all("feedback.md", &vision, &environment);
    for line in ["It is a pony.", "2 photos in coco", "Average Precision", "boxes are right", "\"ScoreThreshold\": 0."]
    {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
}

/// The app of `docs/first-app.md`.
fn make_everyday_objects(vision: &Vision) {
    let made = "new everyday-objects --model yolox_nano.onnx --labels coco.names --photo dog.jpg";
    vision.run(&made.split(' ').collect::<Vec<_>>()).ok();
}
