//! Samples of settings and administration.

use secrecy::SecretString;
use vision_protocol::{
    fault::Fault,
    ids::{Digest, RunnerId, UserId},
};

use super::{
    Samples, chrome,
    data::{at, user},
    nobody,
};
use crate::{
    config::Config,
    domain::{
        accounts::{User, sessions::SessionView},
        audit::AuditLine,
        authorship::{Answer, RequestView},
        fleet::RunnerView,
        ids::{InvitationId, RequestId},
        invitations::InvitationView,
        overview::{Count, Overview},
        people::{Found, PersonView, Query},
        roles::Role,
        site::{SignUpPolicy, Site},
    },
    web::pages::{
        admin::{
            audit::{AuditPage, Params},
            invitations::InvitationsPage,
            overview::OverviewPage,
            people::PeoplePage,
            person::PersonPage,
            requests::RequestsPage,
            site::{Form, SitePage},
        },
        reset::ResetPage,
        settings::{account::AccountPage, author::AuthorPage, sessions::SessionsPage},
        terms::TermsPage,
    },
};

pub(super) fn add(all: &mut Samples) {
    settings(all);
    author(all);
    people(all);
    decisions(all);
    site(all);
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
        runs: Count::of(3),
        checks: Count::of(0),
        runners,
    };
    let page = |role, runners| OverviewPage { chrome: chrome(role, "/admin"), overview: overview(runners) };
    all.add("overview", &page(Role::Admin, vec![runner]));
    all.add("overview-of-a-reviewer", &page(Role::Reviewer, Vec::new()));
}
