//! A small marketplace for tests of the web: people of every role, an app, a run; no runner, so nothing moves by itself.

use std::{cell::RefCell, collections::BTreeMap};

use actix_web::{
    Error,
    body::to_bytes,
    cookie::Cookie,
    dev::{Service, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, LOCATION},
    },
    test::{self, TestRequest},
};
use futures_util::stream;
use scraper::{Html, Selector};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use vision_protocol::ids::{AppId, BlobId, Digest, KeyId, ReleaseId, RunId, Slug};

use crate::{
    config::Config,
    domain::{
        accounts::{self, SignUp, User},
        api_keys::{self, NewKey, Scope},
        drafting::{self, DraftId, PartKind, UploadId},
        publishing,
        roles::Role,
        running::{self, Shown},
    },
    state::Portal,
    store::{JobKind, ReviewId},
};

/// The password of everybody.
pub(super) const PASSWORD: &str = "correct horse battery";

/// One white pixel.
pub(super) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0,
    0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0xf8, 0x0f, 0, 1, 1, 1, 0,
    0x1b, 0xb6, 0xee, 0x56, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// A marketplace with some life in it.
pub(super) struct World {
    pub(super) portal: Portal,
    pub(super) people: BTreeMap<&'static str, User>,
    pub(super) slug: Slug,
    /// Published.
    pub(super) release: ReleaseId,
    /// A newer one, not published.
    pub(super) draft: ReleaseId,
    /// Of the author, queued.
    pub(super) run: RunId,
    pub(super) blob: BlobId,
    /// Of the author, being written in the browser.
    pub(super) written: DraftId,
    /// Of the author, a file on its way into what is being written.
    pub(super) upload: UploadId,
    /// By the consumer, of the author's app.
    pub(super) review: ReviewId,
    /// Of the author, with every scope.
    pub(super) key_of_author: KeyId,
    /// Of the author.
    pub(super) session_of_author: Digest,
    _data: TempDir,
}

impl World {
    /// Makes it.
    pub(super) async fn new() -> Self {
        let data = TempDir::new().unwrap();
        let portal =
            Portal::open(Config::for_testing(data.path()), "http://127.0.0.1:8080".parse().unwrap()).await.unwrap();
        let mut people = BTreeMap::new();
        for (name, role) in [
            ("consumer", Role::Consumer),
            ("author", Role::Developer),
            ("rival", Role::Developer),
            ("reviewer", Role::Reviewer),
            ("operator", Role::Operator),
            ("admin", Role::Admin),
        ] {
            people.insert(name, person(&portal, name, role).await);
        }
        let author = people["author"].clone();
        let release = proven(&portal, &author, None, "1.0.0").await;
        let slug = publishing::publish(&portal, &author, release).await.unwrap();
        let draft = proven(&portal, &author, Some(&slug), "1.1.0").await;
        let run = begin_run(&portal, &author, release).await;
        let view = running::view(&portal, &author, run).await.unwrap();
        let blob = view.inputs.iter().find_map(|input| match &input.value {
            Some(Shown::File(file)) => Some(file.blob),
            _ => None,
        });
        let new = NewKey { name: "Laptop".to_owned(), scopes: Scope::ALL.to_vec(), days: Some(30) };
        api_keys::create(&portal, &author, &new).await.unwrap();
        let key_of_author = api_keys::list(&portal, &author).await.unwrap()[0].id;
        let (token, _) = accounts::log_in(&portal, "author@example.org", PASSWORD, "127.0.0.1").await.unwrap();
        let session_of_author = accounts::sessions::list(&portal, &author, &token).await.unwrap()[0].id;
        let blob = blob.unwrap();
        let written = drafting::edit(&portal, &author, &slug, false).await.unwrap();
        let open = drafting::open(&portal, &author, written).await.unwrap();
        let upload = drafting::begin(&portal, &author, &open, PartKind::Asset, "a.txt", 10).await.unwrap();
        let review = review(&portal, &people["consumer"], &slug).await;
        Self {
            portal,
            people,
            slug,
            release,
            draft,
            run,
            blob,
            written,
            upload,
            review,
            key_of_author,
            session_of_author,
            _data: data,
        }
    }

    /// A new API key of somebody.
    pub(super) async fn key(&self, name: &str, scopes: &[Scope]) -> String {
        let new = NewKey { name: "Test".to_owned(), scopes: scopes.to_vec(), days: None };
        api_keys::create(&self.portal, &self.people[name], &new).await.unwrap().expose_secret().to_owned()
    }
}

async fn person(portal: &Portal, name: &str, role: Role) -> User {
    let new = SignUp { email: format!("{name}@example.org"), name: name.to_owned(), password: PASSWORD.to_owned() };
    accounts::create(portal, &new, role).await.unwrap()
}

/// A package that passes the portal's own check.
pub(super) fn package(version: &str) -> Vec<u8> {
    let manifest = serde_json::json!({
        "Name": "Cat finder", "Description": "Finds cats.", "Category": "Animals", "Version": version,
        "Task": "classification",
        "AppParameters": [
            {"ParameterType": "Image", "Name": "Image", "Label": "Photo"},
            {"ParameterType": "Number", "Name": "Age", "Label": "Age", "Min": 0, "Max": 30, "Required": false},
            {"ParameterType": "Boolean", "Name": "Careful", "Label": "Careful", "Required": true},
        ],
        "Models": [{"Name": "cats", "File": "models/cats.onnx"}],
    });
    let manifest = manifest.to_string();
    // ir_version 8, then an empty graph: enough for the cheap check.
    let files = [("app.json", manifest.as_bytes()), ("models/cats.onnx", &[0x08, 0x08, 0x3a, 0x00])];
    let mut zip = Vec::new();
    vision_package::pack_files(files, &mut zip).unwrap();
    zip
}

async fn proven(portal: &Portal, author: &User, app: Option<&Slug>, version: &str) -> ReleaseId {
    proven_of(portal, author, app, package(version)).await
}

/// A release of this package, which a runner has found good.
pub(super) async fn proven_of(portal: &Portal, author: &User, app: Option<&Slug>, zip: Vec<u8>) -> ReleaseId {
    let zip = bytes::Bytes::from(zip);
    let zip = stream::iter([Ok::<_, std::io::Error>(zip)]);
    let release = publishing::upload(portal, author, app, zip).await.unwrap();
    let now = portal.now();
    let lease = portal.store.claim_job(JobKind::CheckRelease, "test", now, now + 60_000).await.unwrap().unwrap();
    assert_eq!(lease.subject, release.to_string());
    assert!(portal.store.finish_check(&lease, release, "draft", "[]", "[]", None).await.unwrap());
    release
}

async fn review(portal: &Portal, user: &User, slug: &Slug) -> ReviewId {
    let app = AppId(portal.store.app_by_slug(slug).await.unwrap().unwrap().id);
    portal.store.put_review(user.id, app, 4, "It found mine.", portal.now()).await.unwrap();
    ReviewId(portal.store.review_of(user.id, app).await.unwrap().unwrap().id)
}

async fn begin_run(portal: &Portal, user: &User, release: ReleaseId) -> RunId {
    let mut draft = running::begin(portal, user, release).await.unwrap();
    let photo = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(PNG))]);
    draft.file("Image", photo).await.unwrap();
    draft.text("Careful", "on");
    draft.submit().await.unwrap()
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) content_type: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    async fn read(response: ServiceResponse<impl actix_web::body::MessageBody>) -> Self {
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, location) = (response.status(), header(LOCATION));
        let content_type = header(CONTENT_TYPE).unwrap_or_default();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("the body breaks off"));
        let body = String::from_utf8_lossy(&body).into_owned();
        Self { status, location, content_type, headers, body }
    }

    pub(super) fn page(&self) -> Html {
        Html::parse_document(&self.body)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text of the first element that fits.
    pub(super) fn text(&self, selector: &str) -> String {
        let page = self.page();
        let found = page.select(&Selector::parse(selector).unwrap()).next();
        found.unwrap_or_else(|| panic!("no {selector} on:\n{}", self.body)).text().collect::<String>().trim().to_owned()
    }

    pub(super) fn has(&self, selector: &str) -> bool {
        self.page().select(&Selector::parse(selector).unwrap()).next().is_some()
    }

    /// The token of the page's forms.
    pub(super) fn csrf(&self) -> String {
        let page = self.page();
        let input = page.select(&Selector::parse("input[name=csrf]").unwrap()).next();
        let input = input.unwrap_or_else(|| panic!("no form on:\n{}", self.body));
        input.value().attr("value").unwrap().to_owned()
    }
}

/// A browser: keeps cookies, asks for pages.
pub(super) struct Browser<'a, S> {
    app: &'a S,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// What a multipart form holds: a field's name, a file's name if it is one, the content.
pub(super) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

/// A multipart form, and its media type.
pub(super) fn multipart(parts: &[Part<'_>]) -> (Vec<u8>, &'static str) {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream"));
        body.extend_from_slice(b"--frontier\r\n");
        let head = format!("Content-Disposition: form-data; name=\"{name}\"{}\r\n\r\n", file.unwrap_or_default());
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--frontier--\r\n");
    (body, "multipart/form-data; boundary=frontier")
}

impl<'a, S, B> Browser<'a, S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: actix_web::body::MessageBody,
{
    pub(super) fn new(app: &'a S) -> Self {
        Self { app, cookies: RefCell::default() }
    }

    /// A browser in which this person has logged in.
    pub(super) async fn of(app: &'a S, name: &str) -> Self {
        let browser = Self::new(app);
        let csrf = browser.get("/login").await.csrf();
        let form = [("csrf", csrf.as_str()), ("email", &format!("{name}@example.org")), ("password", PASSWORD)];
        let answer = browser.post("/login", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// Sends a request with the cookies, and keeps those that come back.
    pub(super) async fn send(&self, mut request: TestRequest) -> Answer {
        for (name, value) in self.cookies.borrow().iter() {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        let request = request.peer_addr("127.0.0.1:4000".parse().unwrap()).to_request();
        let response = test::call_service(self.app, request).await;
        for cookie in response.response().cookies() {
            let gone = cookie.max_age().is_some_and(|age| age.whole_seconds() == 0);
            match gone {
                true => self.cookies.borrow_mut().remove(cookie.name()),
                false => self.cookies.borrow_mut().insert(cookie.name().to_owned(), cookie.value().to_owned()),
            };
        }
        Answer::read(response).await
    }

    pub(super) async fn ask(&self, method: Method, uri: &str) -> Answer {
        let request = TestRequest::default().method(method).uri(uri).insert_header((ACCEPT, "text/html"));
        self.send(request).await
    }

    pub(super) async fn get(&self, uri: &str) -> Answer {
        self.ask(Method::GET, uri).await
    }

    pub(super) async fn post(&self, uri: &str, form: &[(&str, &str)]) -> Answer {
        self.send(TestRequest::post().uri(uri).insert_header((ACCEPT, "text/html")).set_form(form)).await
    }

    /// The token of this browser's forms.
    pub(super) async fn csrf(&self) -> String {
        let anonymous = !self.cookies.borrow().contains_key("session");
        self.get(if anonymous { "/login" } else { "/runs" }).await.csrf()
    }

    pub(super) async fn post_parts(&self, uri: &str, accept: &str, parts: &[Part<'_>]) -> Answer {
        let (body, kind) = multipart(parts);
        let request = TestRequest::post()
            .uri(uri)
            .insert_header((ACCEPT, accept))
            .insert_header((CONTENT_TYPE, kind))
            .set_payload(body);
        self.send(request).await
    }
}
