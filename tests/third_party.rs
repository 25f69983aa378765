//! A runner of a few lines of Python that speaks only the protocol's two endpoints.

use sha2::{Digest as _, Sha256};

use crate::support::{glue, minimal_runner::MinimalRunner, packages, portal::Setup, require, visitor::run_status};

#[tokio::test]
async fn a_runner_with_only_the_two_endpoints_runs_an_app() {
    let runner = require!(MinimalRunner::start(None));
    let portal = Setup::new().with("VISION_NO_EMBEDDED_RUNNER", "true").start().await;
    portal.admin().await.add_runner(&runner.url).await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Elsewhere", &glue::instant(), 10_000)).await;

    let photo = packages::small_photo();
    let run = portal.consumer("grace").await.run_and_wait(&app, &photo, "image/png").await;

    assert_eq!(run_status(&run), "Done", "{}", run.visible_text());
    let digest = hex::encode(Sha256::digest(&photo));
    let result = run.text("[data-test='result']").expect("a result");
    assert!(result.contains(&digest), "the runner fetched something else: {result}");
}
