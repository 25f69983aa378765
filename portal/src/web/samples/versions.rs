//! Samples of what authors do with releases: versions, tests, live runs.

use vision_protocol::ids::ReleaseId;

use super::{
    Samples, chrome,
    data::{at, faults, release_view, run_id, run_view, slug},
};
use crate::{
    domain::{
        experiments::{Experiment, Figures},
        live::LiveRun,
        publishing::ReleaseStatus,
        roles::Role,
        running::RunStatus,
        sharing::{Sharing, Visibility},
        trials::{Line, Trial},
        versions::MyVersion,
    },
    web::pages::author::{
        live::{LiveLine, LivePage},
        releases::ReleasesPage,
        tests::TestsPage,
    },
};

/// Releases, tests and live runs of an app.
pub(super) fn pages(all: &mut Samples) {
    use ReleaseStatus::{Draft, Published, Retired};
    let author = || chrome(Role::Developer, "/author/apps/shape-finder/releases");
    let version = |id, version: &str, status, deprecated: Option<&str>| MyVersion {
        release: ReleaseId(id),
        version: version.into(),
        status,
        notes: "Finds **stars**, too.".into(),
        deprecated: deprecated.map(str::to_owned),
        created_at: at(0),
        published_at: (status != Draft).then(|| at(60)),
    };
    let releases = || {
        vec![
            version(5, "1.2.0", Draft, None),
            version(4, "1.1.0", Published, None),
            version(3, "1.0.1", Retired, None),
            version(2, "1.0.0", Retired, Some("It takes circles for squares; use 1.1.0.")),
        ]
    };
    let figures = |id, version: &str, median_ms| Figures {
        release: Some(ReleaseId(id)),
        version: version.into(),
        runs: 812,
        failures: 3,
        median_ms,
        right: 41,
        wrong: 2,
    };
    let page = |releases, visibility, experiment| ReleasesPage {
        chrome: author(),
        slug: slug("shape-finder"),
        name: "Shape finder".into(),
        releases,
        sharing: Sharing { visibility, link: "/apps/shape-finder/shared/0123".into(), guests: 2 },
        link: "https://vision.example/apps/shape-finder/shared/0123456789abcdef".into(),
        experiment,
        percent_wrong: None,
        faults: Vec::new(),
    };
    let experiment = Experiment {
        percent: 10,
        started_at: at(0),
        first: figures(4, "1.1.0", Some(38.0)),
        second: figures(5, "1.2.0", None),
    };
    all.add("versions", &page(releases(), Visibility::Private, None));
    all.add("versions-compared", &page(releases(), Visibility::Public, Some(experiment)));
    let wrong = Some("must be from 1 to 99".to_owned());
    let refused = ReleasesPage { percent_wrong: wrong, faults: faults(), ..page(releases(), Visibility::Public, None) };
    all.add("versions-refused", &refused);
    all.add("versions-one", &page(vec![version(5, "1.0.0", Draft, None)], Visibility::Unlisted, None));
    let line = |is_right: Option<bool>| Line {
        name: "boxes".into(),
        expected: is_right.map(|_| "{\n  \"boxes\": []\n}".to_owned()),
        tolerance: 0.02,
        actual: Some("{}".into()),
        baseline: Some("{}".into()),
        is_right,
        difference: (is_right == Some(false)).then(|| "boxes: expected [], found nothing".to_owned()),
    };
    let trial = |name: &str, status, lines| Trial {
        name: name.into(),
        run: run_view(status),
        baseline: Some(("1.1.0".into(), run_view(RunStatus::Done))),
        lines,
    };
    let trials = vec![
        trial("paper-cut-outs", RunStatus::Done, vec![line(Some(true))]),
        trial("pencil-on-grid", RunStatus::Done, vec![line(Some(false)), line(None)]),
        trial("stickers", RunStatus::Failed, vec![line(None)]),
        trial("", RunStatus::Running, vec![line(None)]),
    ];
    let tests = |trials, own_runs| TestsPage::new(author(), release_view(Draft), trials, own_runs);
    all.add("tests", &tests(trials, vec![run_view(RunStatus::Done)]));
    let wrong = Some("The package has no examples.".to_owned());
    all.add("tests-empty", &TestsPage { wrong, ..tests(Vec::new(), Vec::new()) });
    let run = |status, is_own: bool| LiveRun {
        run: run_id(),
        is_own,
        version: "1.1.0".into(),
        status,
        created_at: at(0),
        took_ms: (status == RunStatus::Done).then_some(412),
        failure: (status == RunStatus::Failed).then(|| "It did not end in its time.".to_owned()),
        logs: if is_own { run_view(status).logs } else { Vec::new() },
    };
    let runs = [run(RunStatus::Running, false), run(RunStatus::Failed, false), run(RunStatus::Done, true)];
    let lines = runs.iter().map(LiveLine::new).collect();
    all.add("live", &LivePage { chrome: author(), slug: slug("shape-finder"), lines });
    all.add("live-empty", &LivePage { chrome: author(), slug: slug("shape-finder"), lines: Vec::new() });
}
