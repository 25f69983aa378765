//! Samples of settings and administration.

use secrecy::SecretString;
use vision_protocol::{
    fault::Fault,
    ids::{AppId, Digest, ReleaseId, RunnerId, UserId},
};

use super::{
    Samples, chrome,
    data::{at, release_view, slug, user},
    nobody,
};
use crate::{
    config::Config,
    domain::{
        accounts::{User, sessions::SessionView},
        audit::AuditLine,
        authorship::{Answer, RequestView},
        fleet::RunnerView,
        ids::{InvitationId, ReportId, RequestId},
        invitations::InvitationView,
        moderation::OpenReport,
        overview::{Count, Overview},
        people::{Found, PersonView, Query},
        publishing::ReleaseStatus,
        reviewing::{Change, ChangedFile, Comparison, Contents, DiffLine, ReviewView, Waiting},
        roles::Role,
        shelving::{Featured, Shelf},
        site::{SignUpPolicy, Site},
        takedowns::AppOverview,
    },
    web::pages::{
        admin::{
            app::AppAdminPage,
            audit::{AuditPage, Params},
            categories::CategoriesPage,
            featured::FeaturedPage,
            invitations::InvitationsPage,
            overview::OverviewPage,
            people::PeoplePage,
            person::PersonPage,
            reports::ReportsPage,
            requests::RequestsPage,
            review::ReviewPage,
            reviews::ReviewsPage,
            site::{Form, SitePage},
        },
        reset::ResetPage,
        settings::{account::AccountPage, author::AuthorPage, data::DataPage, sessions::SessionsPage},
        terms::TermsPage,
    },
};

pub(super) fn add(all: &mut Samples) {
    settings(all);
    author(all);
    people(all);
    decisions(all);
    site(all);
    apps(all);
    reports(all);
}

fn settings(all: &mut Samples) {
    let account = |profile_faults, password_faults| AccountPage {
        chrome: chrome(Role::Consumer, "/settings"),
        name: "Ada".into(),
        email: "ada@example.org".into(),
        profile_faults,
        password_faults,
    };
    all.add("account", &account(Vec::new(), Vec::new()));
    let wrong = |place: &str| vec![Fault::new(place, "is not your password")];
    all.add("account-refused", &account(wrong("current"), wrong("current")));
    let session = |number: u8, device: &str, current| SessionView {
        id: Digest([number; 32]),
        device: device.into(),
        address: "203.0.113.7".into(),
        created_at: at(-9000),
        seen_at: Some(at(0)),
        current,
    };
    let sessions = vec![session(1, "Firefox on Linux", true), session(2, "", false)];
    all.add("sessions", &SessionsPage { chrome: chrome(Role::Consumer, "/settings/sessions"), sessions });
    let faults = vec![Fault::new("words", "must be “delete my account”")];
    all.add("data", &DataPage { chrome: chrome(Role::Consumer, "/settings/data"), words: "x".into(), faults });
    let faults = vec![Fault::new("password", "must have 10 to 200 characters")];
    all.add("reset", &ResetPage { chrome: nobody("/reset/x"), link: "x".into(), faults });
    all.add("terms", &TermsPage { chrome: nobody("/terms"), terms: "<p>Be kind.</p>".into() });
}

fn request(answer: Answer) -> RequestView {
    RequestView {
        id: RequestId(3),
        person: UserId(7),
        name: "Ada".into(),
        email: "ada@example.org".into(),
        words: "I count birds <b>for a living</b>.".into(),
        created_at: at(-900),
        answer,
    }
}

fn author(all: &mut Samples) {
    let page = |is_author, request, faults| AuthorPage {
        chrome: chrome(Role::Consumer, "/settings/author"),
        is_author,
        request,
        words: "Hello".into(),
        faults,
    };
    all.add("author-request", &page(false, None, vec![Fault::new("words", "must have 20 to 2000 characters")]));
    all.add("author-waits", &page(false, Some(request(Answer::Waiting)), Vec::new()));
    all.add("author-refused", &page(false, Some(request(Answer::Refused("Who are you?".into()))), Vec::new()));
    all.add("author-granted", &page(true, Some(request(Answer::Granted)), Vec::new()));
}

fn line(kind: &str, actor: Option<UserId>) -> AuditLine {
    AuditLine {
        at: at(0),
        actor: actor.map(|id| (id, "Root".to_owned())),
        act: "Changed a role".into(),
        subject_kind: kind.into(),
        subject: "7".into(),
        detail: "consumer → developer".into(),
        address: "203.0.113.7".into(),
    }
}

fn people(all: &mut Samples) {
    let view = |role, suspended| PersonView { user: User { id: UserId(role as i64), ..user(role) }, suspended };
    let suspended = || Some((at(-60), "Sent spam.".to_owned()));
    let people = Role::ALL.map(|role| view(role, if role == Role::Consumer { suspended() } else { None })).to_vec();
    let query = Query { text: "a".into(), role: Some(Role::Developer), after: None };
    let wrong = Some("The last admin stays admin.".to_owned());
    let found = Found { people, next: Some(UserId(1)) };
    all.add("people", &PeoplePage::new(chrome(Role::Admin, "/admin/people"), &query, found, wrong));
    let nobody = Found { people: Vec::new(), next: None };
    all.add("people-empty", &PeoplePage::new(chrome(Role::Admin, "/admin/people"), &query, nobody, None));
    let page = |person, link: Option<&str>| PersonPage {
        chrome: chrome(Role::Admin, "/admin/people/7"),
        person,
        lines: vec![line("person", Some(UserId(1))), line("runner", None)],
        link: link.map(|link| SecretString::from(link.to_owned())),
        reason: String::new(),
        wrong: Some("must have 1 to 1000 characters".into()),
    };
    let other = |suspended| PersonView { user: User { id: UserId(99), ..user(Role::Consumer) }, suspended };
    all.add("person", &page(other(None), Some("https://vision.example/reset/0123")));
    all.add("person-suspended", &page(other(suspended()), None));
    let oneself = PersonView { user: user(Role::Admin), suspended: None };
    all.add("person-oneself", &PersonPage { lines: Vec::new(), ..page(oneself, None) });
}

fn decisions(all: &mut Samples) {
    let page = |requests| RequestsPage {
        chrome: chrome(Role::Admin, "/admin/requests"),
        requests,
        wrong: Some((RequestId(3), "must have 1 to 1000 characters".into())),
    };
    all.add("requests", &page(vec![request(Answer::Waiting)]));
    all.add("requests-empty", &page(Vec::new()));
    let invitation = |number, used: bool, expired| InvitationView {
        id: InvitationId(number),
        note: "For Bob".into(),
        made_by: "Root".into(),
        created_at: at(-90),
        expires_at: at(9000),
        expired,
        used_at: used.then(|| at(-3)),
    };
    let page = |invitations, sign_up, link: Option<&str>| InvitationsPage {
        chrome: chrome(Role::Admin, "/admin/invitations"),
        invitations,
        link: link.map(|link| SecretString::from(link.to_owned())),
        sign_up,
        note: String::new(),
        wrong: None,
    };
    let list = vec![invitation(1, true, false), invitation(2, false, true), invitation(3, false, false)];
    let link = Some("https://vision.example/signup?invitation=0123");
    all.add("invitations", &page(list, SignUpPolicy::Invited, link));
    all.add("invitations-empty", &page(Vec::new(), SignUpPolicy::Open, None));
}

fn site(all: &mut Samples) {
    let limits = Config::for_testing(std::path::Path::new("x")).limits;
    let site = Site { terms: "# Terms".into(), ..Site::of_config(&limits) };
    let faults = vec![Fault::new("name", "must have 1 to 60 characters")];
    all.add("site", &SitePage { chrome: chrome(Role::Admin, "/admin/site"), form: Form::of(&site), faults });
    let audit = |lines, next| AuditPage {
        chrome: chrome(Role::Admin, "/admin/audit"),
        lines,
        params: Params { act: "set-role".into(), from: "2026-01-01".into(), ..Params::default() },
        next,
    };
    let lines = vec![line("person", Some(UserId(1))), line("site", None)];
    all.add("audit", &audit(lines, Some((1, 2))));
    all.add("audit-empty", &audit(Vec::new(), None));
    let runner = RunnerView {
        id: RunnerId(1),
        name: "Box".into(),
        base_url: "http://127.0.0.1:39213/".parse().unwrap(),
        embedded: false,
        enabled: true,
        has_token: true,
        engine: "tract".into(),
        compute_class: "cpu".into(),
        cost_per_hour: Some(120),
        busy: 2,
        failures: 3,
        last_seen_at: None,
        last_error: Some("connection refused".into()),
    };
    let overview = |runners| Overview {
        people: Count::of(10_001),
        apps: Count::of(12),
        requests: Count::of(1),
        reviews: Count::of(0),
        reports: Count::of(2),
        runs: Count::of(3),
        checks: Count::of(0),
        runners,
    };
    let page = |role, runners| OverviewPage { chrome: chrome(role, "/admin"), overview: overview(runners) };
    all.add("overview", &page(Role::Admin, vec![runner]));
    all.add("overview-of-a-reviewer", &page(Role::Reviewer, Vec::new()));
}

fn review(status: ReleaseStatus, against: Option<&str>) -> ReviewView {
    let release = release_view(status);
    let line = |change, text: &str| DiffLine { change, text: text.into() };
    let file = |change, path: &str| ChangedFile { change, path: path.into(), size: 12, digest: "0123".repeat(16) };
    ReviewView {
        id: release.id,
        slug: release.slug,
        author: release.author,
        author_id: UserId(3),
        status,
        warnings: release.warnings,
        contents: Contents {
            files: [("app.json".to_owned(), (12, "0123".repeat(16)))].into(),
            imports: vec!["vision:app/images@0.1.0".into(), "vision:app/tensors@0.1.0".into()],
            examples: if against.is_some() { vec!["pen".into(), "paper".into()] } else { Vec::new() },
        },
        comparison: Comparison {
            against: against.map(str::to_owned),
            manifest: vec![
                line(Change::Same, "{"),
                line(Change::Removed, "  \"Name\": \"<b>Shapes\""),
                line(Change::Added, "  \"Name\": \"Shape finder\""),
            ],
            template: Vec::new(),
            files: vec![
                file(Change::Same, "app.json"),
                file(Change::Other, "models/shapes.onnx"),
                file(Change::Added, "icon.svg"),
                file(Change::Removed, "icon.png"),
            ],
        },
        can_decide: status == ReleaseStatus::Waiting,
        manifest: release.manifest,
    }
}

fn reports(all: &mut Samples) {
    let report = OpenReport {
        id: ReportId(3),
        slug: slug("shape-finder"),
        app: "Shape finder".into(),
        person: UserId(7),
        name: "Ada".into(),
        reason: "It does not work".into(),
        words: "It finds <b>nothing</b>.".into(),
        created_at: at(-60),
    };
    let page = |reports, wrong| ReportsPage { chrome: chrome(Role::Reviewer, "/admin/reports"), reports, wrong };
    let wrong = Some((ReportId(3), "must have 1 to 1000 characters".into()));
    all.add("reports", &page(vec![report], wrong));
    all.add("reports-empty", &page(Vec::new(), None));
}

fn apps(all: &mut Samples) {
    let waiting = Waiting {
        id: ReleaseId(4),
        slug: slug("shape-finder"),
        name: "Shape finder".into(),
        version: "1.2.0".into(),
        author: "Ada".into(),
        author_id: UserId(3),
        asked_at: at(-60),
    };
    let page =
        |waiting, auto_approve| ReviewsPage { chrome: chrome(Role::Reviewer, "/admin/reviews"), waiting, auto_approve };
    all.add("reviews", &page(vec![waiting], false));
    all.add("reviews-empty", &page(Vec::new(), true));
    let page = |review, wrong: Option<&str>| ReviewPage {
        chrome: chrome(Role::Reviewer, "/admin/reviews/4"),
        review,
        reason: String::new(),
        wrong: wrong.map(str::to_owned),
    };
    all.add("review", &page(review(ReleaseStatus::Waiting, Some("1.1.0")), Some("must have 1 to 1000 characters")));
    all.add("review-of-a-first-release", &page(review(ReleaseStatus::Published, None), None));
    let page = |suspended: Option<&str>| AppAdminPage {
        chrome: chrome(Role::Admin, "/admin/apps/shape-finder"),
        app: AppOverview {
            slug: slug("shape-finder"),
            name: "Shape finder".into(),
            category: "Counting".into(),
            author_id: UserId(3),
            author: "Ada".into(),
            release: Some(ReleaseId(4)),
            suspended: suspended.map(|reason| (at(-60), reason.to_owned())),
            lines: vec![line("app", Some(UserId(1)))],
        },
        reason: String::new(),
        wrong: Some("must have 1 to 1000 characters".into()),
    };
    all.add("admin-app", &page(None));
    all.add("admin-app-suspended", &page(Some("It spies.")));
    let shelf = |name: &str, apps| Shelf { name: name.into(), apps };
    let page = |shelves, wrong| CategoriesPage { chrome: chrome(Role::Admin, "/admin/categories"), shelves, wrong };
    let shelves = vec![shelf("Counting", 1), shelf("Nature", 12), shelf("Empty", 0)];
    all.add("categories", &page(shelves, Some("name: is there already".to_owned())));
    all.add("categories-empty", &page(Vec::new(), None));
    let app = |number, published| Featured {
        id: AppId(number),
        slug: slug("shape-finder"),
        name: "Shape finder".into(),
        published,
    };
    let page = |featured, faults| FeaturedPage {
        chrome: chrome(Role::Admin, "/admin/featured"),
        featured,
        slug: "x".into(),
        faults,
    };
    all.add("featured", &page(vec![app(1, true), app(2, false)], vec![Fault::new("slug", "is no published app")]));
    all.add("featured-empty", &page(Vec::new(), Vec::new()));
}
