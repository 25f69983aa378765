//! What all checks stand on: the runner, the portal, and the app with its inputs.

use std::io;

use serde_json::{Map, Value, json};
use url::Url;

use super::{
    app::{self, App, Glue, OTHER_PHOTO, WORDS},
    report::Trouble,
};
use crate::local::{Answer, Exchange, Input, Place, Portal, Runner};

/// How a check ends.
pub(super) type Verdict = Result<(), Trouble>;

/// The bench on which the runner lies.
pub(super) struct Bench {
    pub(super) runner: Runner,
    pub(super) portal: Portal,
    pub(super) app: App,
    /// Where the app is published.
    pub(super) release: i64,
    /// Whether the app is our own, whose answer is known.
    pub(super) built_in: bool,
}

/// The inputs of one run, with the addresses of their photos.
pub(super) struct Inputs {
    pub(super) data: Vec<Value>,
    pub(super) photos: Vec<Url>,
}

impl Bench {
    pub(super) fn new(runner: Runner, portal: Portal, app: Option<App>) -> io::Result<Self> {
        let built_in = app.is_none();
        let app = app.map_or_else(app::built_in, Ok)?;
        Ok(Self { runner, portal, release: app::release_of(&app.zip), app, built_in })
    }

    /// The app's inputs; each photo at an address of its own.
    pub(super) fn inputs(&self) -> Inputs {
        self.inputs_at(|photo| Place::Photo(photo.into()))
    }

    /// The app's inputs, with something else at the photos' addresses.
    pub(super) fn inputs_at(&self, place: impl Fn(&[u8]) -> Place) -> Inputs {
        let mut inputs = Inputs { data: Vec::new(), photos: Vec::new() };
        for (name, input) in &self.app.inputs {
            let value = match input {
                Input::Plain(value) => value.clone(),
                Input::Photo(photo) => {
                    let url = self.portal.offer(place(photo));
                    inputs.photos.push(url.clone());
                    Value::from(url.to_string())
                }
            };
            inputs.data.push(json!({ "Name": name, "Value": value }));
        }
        inputs
    }

    /// The same with another photo.
    pub(super) fn other_inputs(&self) -> Inputs {
        self.inputs_at(|_| Place::Photo(OTHER_PHOTO.into()))
    }

    /// A run of the app.
    pub(super) async fn run(&self, inputs: &Inputs) -> Exchange {
        self.run_body(&json!({ "data": inputs.data })).await
    }

    /// A run of the app with this body.
    pub(super) async fn run_body(&self, body: &Value) -> Exchange {
        self.runner.run(&self.query(), body.to_string()).await
    }

    /// What names the app's release.
    pub(super) fn query(&self) -> String {
        format!("?cvappid={}", self.release)
    }

    /// Publishes one of our apps for an optional check; a runner that cannot execute it does not offer what it shows.
    pub(super) async fn publish_own(&self, glue: Glue) -> Result<OwnApp, Trouble> {
        self.executes_glue().await?;
        let app =
            glue.text_app().map_err(|error| Trouble::not_offered(format!("the app cannot be packed: {error}")))?;
        let release = app::release_of(&app.zip);
        let published = self.runner.publish(Some(&release.to_string()), Some(&app.zip), None).await;
        published.publishes().map_err(|_| Trouble::not_offered("it does not take an app of ours that shows this"))?;
        Ok(OwnApp { query: format!("?cvappid={release}"), data: json!([{ "Name": "Words", "Value": WORDS }]) })
    }

    /// Whether the runner really executes components of our interface.
    pub(super) async fn executes_glue(&self) -> Verdict {
        let not_offered = || Trouble::not_offered("it does not execute components of shared/wit");
        let app = Glue::Echo.text_app().map_err(|_| not_offered())?;
        let release = app::release_of(&app.zip).to_string();
        self.runner.publish(Some(&release), Some(&app.zip), None).await.publishes().map_err(|_| not_offered())?;
        let body = json!({ "data": [{ "Name": "Words", "Value": WORDS }] }).to_string();
        let run = self.runner.run(&format!("?cvappid={release}"), body).await;
        let result = run.result().map_err(|_| not_offered())?;
        if result.get("Words").and_then(Value::as_str) == Some(WORDS) { Ok(()) } else { Err(not_offered()) }
    }
}

/// One of our apps that was published.
pub(super) struct OwnApp {
    pub(super) query: String,
    pub(super) data: Value,
}

impl Exchange {
    /// The answer, if any came.
    pub(super) fn answered(&self) -> Result<&Answer, Trouble> {
        self.answer.as_ref().map_err(|why| self.fails(format!("no answer came: {why}")))
    }

    /// The answer's body, which must be a JSON object.
    pub(super) fn object(&self) -> Result<&Map<String, Value>, Trouble> {
        let answer = self.answered()?;
        let kind = answer.header("content-type").unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/json") {
            return Err(self.fails(format!("the answer's Content-Type is “{kind}”; expected application/json")));
        }
        answer.json.as_ref().and_then(Value::as_object).ok_or_else(|| self.fails("the body is not a JSON object"))
    }

    fn of_status(&self, expected: &[u16]) -> Result<&Map<String, Value>, Trouble> {
        let status = self.answered()?.status.as_u16();
        if !expected.contains(&status) {
            let expected: Vec<_> = expected.iter().map(u16::to_string).collect();
            let hint = self.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            return Err(self.fails(format!("the status is {status}; expected {}{hint}", expected.join(" or "))));
        }
        self.object()
    }

    /// 200 `{"hasError":false}`.
    pub(super) fn publishes(&self) -> Verdict {
        match self.of_status(&[200])?.get("hasError") {
            Some(Value::Bool(false)) => Ok(()),
            _ => Err(self.fails("expected \"hasError\": false")),
        }
    }

    /// 400 or 500 `{"message":text}`.
    pub(super) fn refuses(&self) -> Verdict {
        self.refuses_with(&[400, 500])
    }

    /// One of these with `{"message":text}`.
    pub(super) fn refuses_with(&self, expected: &[u16]) -> Verdict {
        match self.of_status(expected)?.get("message").and_then(Value::as_str) {
            Some(message) if !message.trim().is_empty() => Ok(()),
            _ => Err(self.fails("expected \"message\", a text that says what is wrong")),
        }
    }

    /// 200 `{"result":{…}}`.
    pub(super) fn result(&self) -> Result<&Map<String, Value>, Trouble> {
        let body = self.of_status(&[200])?;
        body.get("result").and_then(Value::as_object).ok_or_else(|| self.fails("expected \"result\", an object"))
    }

    /// What an operator may have forgotten.
    fn hint(&self) -> Option<&'static str> {
        let answer = self.answer.as_ref().ok()?;
        let code = answer.json.as_ref()?.get("code")?.as_str()?;
        match code {
            "input-unavailable" => Some(
                "if the runner fetches from its own portal only, start it with --portal-url, and this command with the \
                 same address as --portal-listen (or --portal-url)",
            ),
            "unauthorized" => Some("give the runner's token as --token or in VISION_RUNNER_TOKEN"),
            _ => None,
        }
    }

    /// This exchange shows what is wrong.
    pub(super) fn fails(&self, why: impl Into<String>) -> Trouble {
        Trouble::fails(self, why)
    }
}
