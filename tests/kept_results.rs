//! Results that a runner keeps, seen from the portal: for one person, and only if the app wants it.

use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{
    archives::archive,
    glue, packages,
    portal::{Portal, Setup},
    visitor::run_status,
};

fn app(name: &str, deterministic: bool) -> Vec<u8> {
    let manifest = json!({
        "Name": name,
        "Category": "Tests",
        "Version": "1.0.0",
        "Deterministic": deterministic,
        "AppParameters": [{ "ParameterType": "Image", "Name": "Image", "Label": "Photo" }],
        "ResultVariables": [{ "ResultType": "Text", "Name": "answer", "Label": "Answer" }],
    });
    archive(&[("app.json", &packages::bytes(&manifest)), ("app.wasm", &glue::instant())])
}

/// What the embedded runner has counted, all releases together.
async fn counted(portal: &Portal, name: &str) -> f64 {
    let log = portal.log();
    let address = log.split("runner.address=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let http = Client::builder().no_proxy().build().expect("a client");
    let page = http.get(format!("http://{address}/metrics")).send().await.expect("an answer").text().await;
    let page = page.expect("a whole page");
    let values = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
    values.map(|line| line.rsplit_once(' ').and_then(|(_, value)| value.parse::<f64>().ok()).expect("a number")).sum()
}

#[tokio::test]
async fn a_result_is_kept_for_the_person_whom_it_was_given_to() {
    let portal = Setup::new().with("VISION_RUNNER_RESULT_CACHE_MIB", "8").start().await;
    let author = portal.author("ada").await;
    let same = author.publish(&app("Always the same", true)).await;
    let other = author.publish(&app("Another each time", false)).await;
    let (grace, eve) = (portal.consumer("grace").await, portal.consumer("eve").await);
    let photo = packages::small_photo();
    let mut answers = Vec::new();
    for (person, app, hits, misses) in [
        (&grace, &same, 0.0, 1.0),
        (&grace, &same, 1.0, 1.0),
        (&eve, &same, 1.0, 2.0),
        (&eve, &other, 1.0, 2.0),
        (&eve, &other, 1.0, 2.0),
        (&grace, &same, 2.0, 2.0),
    ] {
        let run = person.run_and_wait(app, &photo, "image/png").await;
        assert_eq!(run_status(&run), "Done", "{}", run.visible_text());
        answers.push(Value::from(run.text("[data-test='result']").expect("a result")));
        let hit = counted(&portal, "vision_result_cache_hits_total").await;
        let missed = counted(&portal, "vision_result_cache_misses_total").await;
        assert_eq!((hit, missed), (hits, misses), "after {} runs", answers.len());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}
