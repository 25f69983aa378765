//! Somebody with a browser but without JavaScript: pages, forms, cookies and redirects over plain HTTP.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use reqwest::{Client, RequestBuilder, Response, header, redirect};
use url::Url;

use super::{eventually, forms::Form, page::Page};

/// The password of everybody whom a test signs up.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// How long a run, or the proof of a package, may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Somebody who looks at pages and fills in forms.
pub(crate) struct Visitor {
    http: Client,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Visitor {
    /// Somebody without an account.
    pub(crate) fn new(base: &Url) -> Self {
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none());
        Self { http: http.build().expect("a client"), base: base.clone(), cookies: Mutex::new(BTreeMap::new()) }
    }

    /// The same person, cookies kept, at another address of the portal.
    #[must_use]
    pub(crate) fn at(self, base: &Url) -> Self {
        Self { base: base.clone(), ..self }
    }

    /// A page.
    pub(crate) async fn get(&self, path: &str) -> Page {
        let url = self.base.join(path).expect("a valid path");
        self.follow(self.http.get(url)).await
    }

    /// Sends a form and follows where it leads.
    pub(crate) async fn submit(&self, form: &Form) -> Page {
        self.follow(self.request(form)).await
    }

    fn request(&self, form: &Form) -> RequestBuilder {
        match (form.post, form.multipart) {
            (true, true) => self.http.post(form.action.clone()).multipart(form.parts()),
            (true, false) => self
                .http
                .post(form.action.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(encode(&form.pairs())),
            (false, _) => {
                let mut url = form.action.clone();
                url.set_query(Some(&encode(&form.pairs())));
                self.http.get(url)
            }
        }
    }

    /// Sends the form of a run and listens until the event that says that the run has ended: all events.
    pub(crate) async fn run_and_listen(&self, form: &Form) -> String {
        let answer = self.send(self.request(form)).await;
        let run = answer.headers().get(header::LOCATION).expect("the run was accepted");
        let run = run.to_str().expect("an address in ASCII");
        let events = self.base.join(&format!("{run}/events")).expect("a valid path");
        let mut events = self.send(self.http.get(events)).await.bytes_stream();
        let mut seen = String::new();
        while !seen.contains("\"final\":true") {
            let chunk = events.next().await.unwrap_or_else(|| panic!("the events ended too early: {seen}"));
            seen.push_str(&String::from_utf8_lossy(&chunk.expect("the stream goes on")));
        }
        seen
    }

    /// Makes an account named `name`, and logs in.
    pub(crate) async fn sign_up(&self, name: &str) {
        let form = self.get("/signup").await.ok().form("[data-test='signup-form']");
        let form = form.set("name", name).set("email", &email(name)).set("password", PASSWORD);
        let page = self.submit(&form).await.ok();
        assert_ne!(page.url.path(), "/signup", "signing up failed:\n{}", page.visible_text());
        self.log_in(&email(name), PASSWORD).await;
    }

    /// Logs in.
    pub(crate) async fn log_in(&self, email: &str, password: &str) {
        let form = self.get("/login").await.ok().form("[data-test='login-form']");
        let page = self.submit(&form.set("email", email).set("password", password)).await.ok();
        assert_ne!(page.url.path(), "/login", "logging in failed:\n{}", page.visible_text());
    }

    /// Gives somebody a role, as an admin.
    pub(crate) async fn grant(&self, name: &str, role: &str) {
        let people = self.get("/admin/people").await.ok();
        let forms = people.forms_beside("[data-test='person']", &email(name));
        let [form] = &forms[..] else { panic!("{name} stands {} times in the list of people", forms.len()) };
        self.submit(&form.clone().set("role", role)).await.ok();
    }

    /// Lets the portal use a runner, as an admin.
    pub(crate) async fn add_runner(&self, base: &Url) {
        let form = self.get("/admin/runners").await.ok().form("[data-test='runner-form']");
        let page = self.submit(&form.set("url", base.as_str())).await.ok();
        let authority = format!("{}:{}", base.host_str().unwrap_or_default(), base.port().unwrap_or_default());
        assert!(page.visible_text().contains(&authority), "{base} is not listed:\n{}", page.visible_text());
    }

    /// Uploads a package as a new app: the page with the release, or with the faults.
    pub(crate) async fn upload(&self, package: &[u8]) -> Page {
        self.submit(&self.upload_form(package).await).await
    }

    /// The form of [`Visitor::upload`], filled in.
    pub(crate) async fn upload_form(&self, package: &[u8]) -> Form {
        let form = self.get("/author/upload").await.ok().form("[data-test='upload-form']");
        form.attach("zip", "app.zip", "application/zip", package)
    }

    /// Uploads a package and waits until a runner has looked at it: the page of the release.
    pub(crate) async fn upload_and_wait(&self, package: &[u8]) -> Page {
        let page = self.upload(package).await.ok();
        let path = page.url.path().to_owned();
        assert!(path.starts_with("/author/releases/"), "{path} is no release:\n{}", page.visible_text());
        eventually("the package to be proven", PATIENCE, async || {
            let page = self.get(&path).await.ok();
            let status = page.text("[data-test='release-status']").expect("a release has a status");
            (!status.to_lowercase().contains("checking")).then_some(page)
        })
        .await
    }

    /// Publishes a package without faults: the address of the app's page.
    pub(crate) async fn publish(&self, package: &[u8]) -> String {
        let draft = self.upload_and_wait(package).await;
        let faults = draft.texts("[data-test='fault']");
        assert!(faults.is_empty(), "the package has faults: {faults:?}");
        let page = self.submit(&draft.form("form[action$='/publish']")).await.ok();
        let app = if page.url.path().starts_with("/apps/") {
            page.url.path().to_owned()
        } else {
            page.attribute("main a[href^='/apps/']", "href").expect("a link to the app")
        };
        self.get(&app).await.ok();
        app
    }

    /// Runs an app on a photo: the page of the run, which may still be waiting.
    pub(crate) async fn run(&self, app: &str, photo: &[u8], media_type: &str) -> Page {
        let form = self.get(app).await.ok().form("[data-test='run-form']");
        let file_name = if media_type == "image/png" { "photo.png" } else { "photo.jpg" };
        let page = self.submit(&form.attach("p.Image", file_name, media_type, photo)).await.ok();
        assert!(page.url.path().starts_with("/runs/"), "{} is no run:\n{}", page.url, page.visible_text());
        page
    }

    /// Runs an app and waits for the end.
    pub(crate) async fn run_and_wait(&self, app: &str, photo: &[u8], media_type: &str) -> Page {
        let page = self.run(app, photo, media_type).await;
        self.wait_for_run(page.url.path()).await
    }

    /// Waits until a run is done or has failed: its page.
    pub(crate) async fn wait_for_run(&self, run: &str) -> Page {
        eventually(&format!("{run} to end"), PATIENCE, async || {
            let page = self.get(run).await.ok();
            matches!(run_status(&page).as_str(), "Done" | "Failed").then_some(page)
        })
        .await
    }

    async fn follow(&self, request: RequestBuilder) -> Page {
        let mut response = self.send(request).await;
        for _ in 0..5 {
            let Some(location) = response.headers().get(header::LOCATION) else { break };
            let location = location.to_str().expect("an address in ASCII");
            let next = response.url().join(location).expect("a valid address");
            response = self.send(self.http.get(next)).await;
        }
        let (url, status) = (response.url().clone(), response.status());
        let body = response.bytes().await.expect("a whole body").to_vec();
        Page { url, status, body }
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let cookies = self.cookies.lock().expect("no test panics here").clone();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let begun = Instant::now();
        let request = request.header(header::COOKIE, cookies.join("; ")).header(header::ACCEPT, "text/html,*/*;q=0.8");
        let response = request.send().await;
        let response = response.unwrap_or_else(|error| panic!("no answer after {:?}: {error:?}", begun.elapsed()));
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie in ASCII").split(';').next().unwrap_or_default();
            let (name, value) = cookie.split_once('=').expect("a cookie has a name");
            self.cookies.lock().expect("no test panics here").insert(name.to_owned(), value.to_owned());
        }
        response
    }
}

/// The email of somebody whom a test signed up.
pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.org")
}

/// `Queued`, `Running`, `Done` or `Failed`.
pub(crate) fn run_status(page: &Page) -> String {
    page.text("[data-test='run-status']").unwrap_or_else(|| panic!("no run at {}:\n{}", page.url, page.visible_text()))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
