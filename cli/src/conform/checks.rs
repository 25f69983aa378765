//! What is checked: one line per check, in the order in which they are made.

mod extras;
mod files;
mod limits;
mod publish;
mod run;

use futures_util::future::BoxFuture;

use super::bench::{Bench, Verdict};

/// A check.
pub(super) struct Check {
    pub(super) id: &'static str,
    pub(super) what: &'static str,
    pub(super) required: bool,
    pub(super) run: for<'b> fn(&'b Bench) -> BoxFuture<'b, Verdict>,
}

macro_rules! checks {
    ($($kind:ident $function:path, $id:literal: $what:literal;)*) => {
        vec![$(Check { id: $id, what: $what, required: checks!(@$kind), run: |bench| Box::pin($function(bench)) }),*]
    };
    (@required) => { true };
    (@optional) => { false };
}

/// All of them. The first one publishes what the others run.
pub(super) fn all() -> Vec<Check> {
    checks! {
        required publish::sound, "publish": "a package is answered 200 {\"hasError\": false}";
        required publish::again, "publish-again": "the same package under the same id is answered the same";
        required publish::extra_field, "publish-extra-field": "a form field that is not known does no harm";
        required publish::no_package, "publish-no-package": "what is no zip is answered 400 or 500 {\"message\"}";
        required publish::without_id, "publish-without-id": "a form without CvappId is answered 400 or 500 {\"message\"}";
        required publish::without_file, "publish-without-file": "so is one without SourceFile";
        required publish::odd_ids, "publish-odd-id": "so is a CvappId that is no integer";
        required run::sound, "run": "a run is answered 200 {\"result\": {…}}";
        required run::fetches, "run-fetch": "each photo is fetched with GET from exactly its signed URL";
        required run::side_by_side, "run-side-by-side": "two runs at once each fetch their own photo";
        required run::extra_fields, "run-extra-fields": "fields that are not known do no harm";
        required run::unknown_release, "run-unknown-release": "an id without a package is answered 400 or 500 {\"message\"}";
        required run::odd_ids, "run-odd-id": "so is a cvappid that is missing or no integer";
        required run::no_json, "run-no-json": "so is a body that is not JSON, or has no data";
        required run::missing_input, "run-missing-input": "so is a run without its inputs";
        required run::wrong_input, "run-wrong-input": "so is a photo whose value is no address";
        required run::refused_photo, "run-refused-photo": "so is a photo that the portal refuses to give";
        optional extras::executes, "glue": "components of the interface shared/wit are executed";
        optional extras::result_image, "result-image": "a picture among the results is a data: URI";
        optional files::uploads, "uploads": "… or is put to the upload URL that came with the run";
        optional files::redirects, "no-redirects": "a redirect is not followed";
        optional files::other_origins, "no-other-origin": "a file elsewhere than at the portal is not fetched";
        optional extras::bearer, "bearer": "without the right token there is only 401 {\"message\"}";
        optional extras::other_package, "publish-other": "another package under the same id is refused";
        optional extras::package_faults, "publish-faults": "a package's faults are listed, each at its place";
        optional extras::network, "publish-network": "a component that wants the network is refused";
        optional extras::input_faults, "run-faults": "the inputs' faults are listed, each at its place";
        optional extras::codes, "codes": "failures have a code that programs can read";
        optional extras::timings, "timings": "a run tells where its time went, in six stages that add up";
        optional extras::logs, "logs": "a run brings what its app logged";
        optional extras::trap, "app-fails": "an app that crashes is answered 500 {\"message\"}";
        optional limits::deadline, "deadline": "a run that does not end in time is answered 504 {\"message\"}";
        optional limits::large_body, "large-body": "a body that is too large is answered 413 {\"message\"}";
        optional limits::large_photo, "large-photo": "so is a photo that is too large, before all of it is fetched";
        optional limits::busy, "busy": "with too many runs waiting, more are answered 429 with Retry-After";
        optional extras::request_id, "request-id": "the caller's x-request-id comes back";
        optional extras::live, "health-live": "GET health/live is answered 200";
        optional extras::ready, "health-ready": "GET health/ready is answered 200";
        optional extras::metrics, "metrics": "GET metrics is answered in Prometheus' text format";
        required run::sound, "run-in-the-end": "after all of this, a run still succeeds";
    }
}
