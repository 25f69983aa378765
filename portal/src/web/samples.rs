//! A sample of every template.

mod admin;
mod checks;
mod data;
mod editor;
mod feedback;
mod finding;
mod runs;
mod versions;

use askama::Template;
use data::{app_view, at, faults, file, release_view, run_id, run_view, slug, standard_view, user};
use scraper::Html;
use vision_catalog::Catalog;
use vision_protocol::{
    fault::Fault,
    ids::{InstallId, KeyId, ReleaseId, RunnerId},
    results::StandardLayout,
};

use super::{
    chrome::Chrome,
    error::ErrorPage,
    fields::Typed,
    pages::{
        admin::{catalog::CatalogPage, install::InstallPage, runners::RunnersPage},
        apps::{
            extras::{ExampleLink, Extras, ShownExample, VersionLine},
            show::AppPage,
        },
        author::{apps::MyAppsPage, release::ReleasePage, upload::UploadPage},
        login::LoginPage,
        offline::OfflinePage,
        runs::{
            layout::LayoutDocument,
            show::{Origin, RunPage},
        },
        settings::keys::KeysPage,
        signup::SignUpPage,
    },
    results::{BrokenLayout, Place, ResultPart, StandardResult},
};
use crate::domain::{
    api_keys::{KeyView, Scope},
    drafting::{DraftId, DraftLine, Step},
    examples::ExampleCard,
    fleet::{About, RunnerView},
    installing::{EntryView, InstallStatus, InstallView},
    overview::Count,
    publishing::{MyApp, ReleaseLine, ReleaseStatus},
    roles::Role,
    running::RunStatus,
    versions::Version,
};

/// A rendered page and the templates that it shows.
struct Sample {
    name: String,
    html: String,
}

#[derive(Default)]
struct Samples(Vec<Sample>);

impl Samples {
    fn add(&mut self, name: &str, page: &impl Template) {
        self.0.push(Sample { name: name.to_owned(), html: page.render().unwrap() });
    }

    /// A part of a page, in a page of its own.
    fn add_fragment(&mut self, name: &str, part: &impl Template) {
        let html = format!("<!doctype html><html lang=\"en\"><body>{}</body></html>", part.render().unwrap());
        self.0.push(Sample { name: name.to_owned(), html });
    }

    fn page(&self, name: &str) -> Html {
        Html::parse_document(&self.0.iter().find(|sample| sample.name == name).unwrap().html)
    }
}

fn standard_page(layout: StandardLayout) -> RunPage {
    let result = StandardResult::new(&Place::of_run(run_id()), standard_view(layout));
    RunPage::new(
        chrome(Role::Consumer, "/runs/x"),
        run_view(RunStatus::Done),
        ResultPart::Standard(Box::new(result)),
        origin(),
    )
}

fn origin() -> Option<Origin> {
    Some(Origin { url: "/apps/shape-finder".into(), title: "Shape finder".into() })
}

fn chrome(role: Role, path: &str) -> Chrome {
    Chrome::sample(Some(user(role)), path, None)
}

fn nobody(path: &str) -> Chrome {
    Chrome::sample(None, path, None)
}

/// An app with everything around its form: a deprecated release, examples, one of them looked at.
fn app_with_example() -> AppPage {
    let view = app_view();
    let slug = view.card.slug.clone();
    let card = |position, title: &str, picture| ExampleCard { position, title: title.into(), picture };
    let cards = [card(1, "Paper cut-outs", Some(file(1).blob)), card(2, "No photo <at> all", None)];
    let place = Place::of_example(&slug, 1);
    let result = ResultPart::Standard(Box::new(StandardResult::new(&place, standard_view(StandardLayout::Boxes))));
    let run = run_view(RunStatus::Done);
    let version = |release, version: &str, current, deprecated: Option<&str>| Version {
        release: ReleaseId(release),
        version: version.into(),
        current,
        notes: if current { "Finds **small** shapes too.".into() } else { String::new() },
        deprecated: deprecated.map(str::to_owned),
        published_at: at(release),
    };
    let versions = [version(2, "1.2.0", true, None), version(1, "1.0.0", false, Some("Misses small shapes."))];
    let extras = Extras {
        examples: cards.iter().map(|card| ExampleLink::new(&slug, card, Some(1))).collect(),
        example: Some(ShownExample::new("Paper cut-outs".into(), &place, &run.inputs, result)),
        versions: versions.map(VersionLine::new).into(),
        deprecated: Some("Misses small shapes: use 1.3.0.".into()),
    };
    finding::app_page(chrome(Role::Consumer, "/apps/shape-finder")).with(extras)
}

fn catalogue_pages(all: &mut Samples) {
    finding::pages(all);
    all.add("app-example", &app_with_example());
    let mut refused = finding::app_page(chrome(Role::Consumer, "/apps/shape-finder"));
    let typed = Typed::from([("Age".to_owned(), "121".to_owned()), ("Note".to_owned(), "kept <b>".to_owned())]);
    let wrong = [
        Fault::new("Age", "must be from 0 to 120"),
        Fault::new("Image", "is needed"),
        Fault::new("Ghost", "the app has no such parameter"),
    ];
    refused.form = refused.form.refused(&typed, &wrong);
    all.add("app-refused", &refused);
    let page = |status, title, detail: &str, request_id| ErrorPage {
        chrome: nobody("/nowhere"),
        status,
        title,
        detail: detail.into(),
        faults: Vec::new(),
        request_id,
    };
    all.add("offline", &OfflinePage { chrome: Chrome::of_nobody() });
    all.add("error", &page(404, "Not found", "There is nothing here, or it is not yours to see.", None));
    all.add("error-inner", &page(500, "Something went wrong", "It is our fault.", Some("4f0c".into())));
}

fn account_pages(all: &mut Samples) {
    let login =
        LoginPage { chrome: nobody("/login"), next: Some("/runs".into()), email: String::new(), faults: Vec::new() };
    all.add("login", &login);
    let wrong = vec![Fault::new("email", "This email and password do not belong together.")];
    all.add(
        "login-refused",
        &LoginPage { chrome: nobody("/login"), next: None, email: "ada@example.org".into(), faults: wrong },
    );
    let wrong = vec![Fault::new("password", "must have at least 10 characters")];
    let signup = SignUpPage {
        chrome: nobody("/signup"),
        next: None,
        invitation: Some("0123".into()),
        closed: None,
        name: "Ada".into(),
        email: "ada@".into(),
        faults: wrong,
    };
    all.add("signup-refused", &signup);
    let closed = Some("One signs up here by invitation.".to_owned());
    all.add("signup-closed", &SignUpPage { closed, faults: Vec::new(), chrome: nobody("/signup"), ..signup });
}

fn keys_page(role: Role, keys: Vec<KeyView>) -> KeysPage {
    let allowed = Scope::allowed(&user(role));
    KeysPage {
        chrome: chrome(role, "/settings/keys"),
        portal_url: "https://vision.example".into(),
        keys,
        chosen: allowed.clone(),
        allowed,
        made: None,
        name: String::new(),
        days: "90".into(),
        faults: Vec::new(),
    }
}

fn settings_pages(all: &mut Samples) {
    let key = |id, name: &str, expired: bool| KeyView {
        id: KeyId(id),
        name: name.into(),
        prefix: "iv_0123abcd".into(),
        scopes: Scope::ALL.to_vec(),
        created_at: at(-99_000),
        expires_at: expired.then(|| at(-60)),
        expired,
        last_used_at: (!expired).then(|| at(-9000)),
    };
    let keys = || vec![key(2, "Build server", false), key(1, "Old laptop", true)];
    all.add("keys", &keys_page(Role::Developer, keys()));
    all.add("keys-empty", &keys_page(Role::Developer, Vec::new()));
    all.add("keys-of-a-consumer", &keys_page(Role::Consumer, Vec::new()));
    let secret = format!("iv_{}", "0123abcd".repeat(8));
    all.add("keys-made", &KeysPage { made: Some(secret.into()), ..keys_page(Role::Developer, keys()) });
    let faults = vec![
        Fault::new("name", "must have 1 to 60 characters"),
        Fault::new("scopes", "choose at least one"),
        Fault::new("", "You have 50 keys."),
    ];
    let chosen = Vec::new();
    all.add("keys-refused", &KeysPage { chosen, faults, ..keys_page(Role::Developer, keys()) });
}

fn run_pages(all: &mut Samples) {
    for (name, layout) in StandardLayout::ALL {
        all.add(&format!("run-{name}"), &standard_page(layout));
    }
    for status in [RunStatus::Queued, RunStatus::Running, RunStatus::Failed, RunStatus::Cancelled] {
        let page = RunPage::new(chrome(Role::Consumer, "/runs/x"), run_view(status), ResultPart::None, origin());
        all.add(&format!("run-is-{}", status.name()), &page);
    }
    let custom = RunPage::new(
        chrome(Role::Consumer, "/runs/x"),
        run_view(RunStatus::Done),
        ResultPart::Custom("/runs/x/layout".into()),
        None,
    );
    all.add("run-custom", &custom);
    let broken = ResultPart::Broken(BrokenLayout { faults: faults(), values: vec![("Boxes".into(), "{}".into())] });
    all.add("run-broken", &RunPage::new(chrome(Role::Consumer, "/runs/x"), run_view(RunStatus::Done), broken, None));
    all.add("layout-document", &LayoutDocument { html: "<p>Hello</p>".into() });
    runs::pages(all);
}

fn author_pages(all: &mut Samples) {
    use ReleaseStatus::{Checking, Draft, Published, Rejected, Retired, Waiting};
    let release = |id, version: &str, status| ReleaseLine {
        id: ReleaseId(id),
        version: version.into(),
        status,
        created_at: at(0),
    };
    let apps = vec![
        MyApp {
            slug: slug("shape-finder"),
            name: "Shape finder".into(),
            releases: vec![release(5, "1.2.0", Draft), release(4, "1.1.0", Published), release(3, "1.0.0", Retired)],
        },
        MyApp { slug: slug("street"), name: "Street scene".into(), releases: vec![release(6, "0.1.0", Rejected)] },
    ];
    let draft = |id, app, name: &str| DraftLine {
        id: DraftId(id),
        app,
        name: name.into(),
        version: "1.0.0".into(),
        updated_at: at(-60),
        next: Step::Code,
        faults: 2,
    };
    let drafts = vec![draft(3, Some(slug("shape-finder")), "Shape finder"), draft(4, None, "")];
    all.add(
        "author",
        &MyAppsPage { chrome: chrome(Role::Developer, "/author"), apps, alerts: feedback::alerts(), drafts },
    );
    let (apps, alerts, drafts) = (Vec::new(), Vec::new(), Vec::new());
    all.add("author-empty", &MyAppsPage { chrome: chrome(Role::Developer, "/author"), apps, alerts, drafts });
    let upload =
        |slug, faults| UploadPage { chrome: chrome(Role::Developer, "/author/upload"), slug, limit_mb: 50, faults };
    all.add("upload", &upload(None, Vec::new()));
    all.add("upload-refused", &upload(Some(slug("shape-finder")), faults()));
    for status in [Checking, Draft, Waiting, Rejected, Published, Retired] {
        let page = ReleasePage::new(chrome(Role::Developer, "/author/releases/4"), release_view(status));
        all.add(&format!("release-{}", status.name()), &page);
    }
}

fn admin_pages(all: &mut Samples) {
    let runner = |id, name: &str, embedded, last_error| RunnerView {
        id: RunnerId(id),
        name: name.into(),
        base_url: "http://127.0.0.1:39213/".parse().unwrap(),
        embedded,
        enabled: embedded,
        has_token: embedded,
        engine: "tract".into(),
        compute_class: "cpu".into(),
        cost_per_hour: Some(120),
        busy: 2,
        failures: 3,
        last_seen_at: embedded.then(|| at(0)),
        last_error,
    };
    let runners = vec![
        runner(1, "On this machine", true, None),
        runner(2, "Graphics box", false, Some("connection refused".to_owned())),
    ];
    let page = |runners, faults| RunnersPage {
        chrome: chrome(Role::Admin, "/admin/runners"),
        runners,
        url: "ftp://x".into(),
        name: String::new(),
        about: About::default(),
        waiting: Count::of(3),
        faults,
    };
    all.add("runners", &page(runners, vec![Fault::new("url", "must begin with http:// or https://")]));
    all.add("runners-empty", &page(Vec::new(), Vec::new()));
}

fn catalog_pages(all: &mut Samples) {
    use InstallStatus::{Done, Failed, Fetching};
    let entries = Catalog::builtin().entries();
    let view = |entry, status, error: Option<&str>| InstallView {
        id: InstallId(7),
        entry,
        status,
        fetched: 1_200_000,
        error: error.map(str::to_owned),
        release: (status == Done).then_some(ReleaseId(4)),
    };
    let mut items: Vec<_> = entries.iter().map(|entry| EntryView { entry, install: None }).collect();
    for (item, status) in items.iter_mut().zip([Fetching, Done, Failed]) {
        item.install = Some(view(item.entry, status, None));
    }
    let wrong = Some("“Everyday objects” is being installed already.".to_owned());
    all.add("catalog", &CatalogPage { chrome: chrome(Role::Admin, "/admin/catalog"), entries: items, wrong });
    for (status, error) in [(Fetching, None), (Done, None), (Failed, Some("nowhere:\n  answered 404 Not Found"))] {
        let page =
            InstallPage { chrome: chrome(Role::Admin, "/admin/installs/7"), install: view(&entries[0], status, error) };
        all.add(&format!("install-{}", status.name()), &page);
    }
}

fn samples() -> Samples {
    let mut all = Samples::default();
    catalogue_pages(&mut all);
    account_pages(&mut all);
    settings_pages(&mut all);
    run_pages(&mut all);
    author_pages(&mut all);
    editor::pages(&mut all);
    versions::pages(&mut all);
    admin_pages(&mut all);
    catalog_pages(&mut all);
    feedback::pages(&mut all);
    admin::add(&mut all);
    all
}
