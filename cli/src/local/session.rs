//! A runner that was started here, and the portal that it fetches from: publish, run, and look at what came.

use std::{collections::BTreeMap, net::Ipv4Addr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vision_protocol::{
    Fault, Manifest,
    messages::{ErrorResponse, PublishResponse, RunResponse},
    results::ResultType,
};

use super::{Exchange, Input, Launch, Place, Portal, Process, Runner, StartError};

/// A runner, and all that it needs around it.
pub struct Session {
    portal: Portal,
    runner: Runner,
    _process: Process,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What the runner answered. Where it holds a picture, its value is empty.
    pub response: RunResponse,
    /// The pictures among the results, by name.
    pub pictures: BTreeMap<String, Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The runner did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nothing can be listened on.
    #[error("no port of this machine can be listened on: {0}")]
    Portal(#[source] std::io::Error),
    /// There is no client to ask with.
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[source] reqwest::Error),
    /// The runner hung up, or spoke in riddles.
    #[error("the runner did not answer as it should: {0}")]
    Unanswered(String),
    /// Something on this side of the runner.
    #[error("{0:#}")]
    Here(#[from] anyhow::Error),
    /// The runner says no.
    #[error("{}", .0.message)]
    Refused(Box<ErrorResponse>),
}

impl Session {
    /// Starts a runner.
    ///
    /// # Errors
    /// What is missing.
    pub async fn start(launch: &Launch) -> Result<Self, Failure> {
        let portal = Portal::start((Ipv4Addr::LOCALHOST, 0).into(), None).await.map_err(Failure::Portal)?;
        let process = Process::start(launch, portal.base()).await?;
        let runner = Runner::new(process.base().clone(), Some(process.token().clone())).map_err(Failure::Client)?;
        Ok(Self { portal, runner, _process: process })
    }

    /// Hands a package over; the runner's remarks.
    ///
    /// # Errors
    /// The package's faults, or that there is no answer.
    pub async fn publish(&self, release: i64, package: &[u8]) -> Result<Vec<Fault>, Failure> {
        let exchange = self.runner.publish(Some(&release.to_string()), Some(package), None).await;
        answered::<PublishResponse>(exchange).map(|published| published.warnings)
    }

    /// Runs a published app.
    ///
    /// # Errors
    /// What the runner says, or that there is no answer.
    pub async fn run(&self, release: i64, manifest: &Manifest, inputs: &[(String, Input)]) -> Result<Ran, Failure> {
        let mut offered = Vec::new();
        let mut data = Vec::new();
        for (name, input) in inputs {
            let value = match input {
                Input::Photo(photo) => {
                    let url = self.portal.offer(Place::Photo(photo.as_slice().into()));
                    offered.push(url.clone());
                    Value::from(url.to_string())
                }
                Input::Plain(value) => value.clone(),
            };
            data.push(json!({ "Name": name, "Value": value }));
        }
        let pictures = manifest.result_variables.iter().filter(|result| result.result_type == ResultType::Image);
        let rooms: Vec<_> = pictures.map(|_| self.portal.offer(Place::Room)).collect();
        let body = json!({ "data": data, "uploads": rooms });
        let exchange = self.runner.run(&format!("?cvappid={release}"), body.to_string()).await;
        let ran = answered(exchange).map(|response| self.with_pictures(response, manifest));
        for url in offered.iter().chain(&rooms) {
            self.portal.withdraw(url);
        }
        ran
    }

    /// Takes the pictures out of an answer, from wherever they are.
    fn with_pictures(&self, mut response: RunResponse, manifest: &Manifest) -> Ran {
        let mut pictures = BTreeMap::new();
        for variable in manifest.result_variables.iter().filter(|result| result.result_type == ResultType::Image) {
            let Some(value) = response.result.get_mut(&variable.name) else { continue };
            if let Some(picture) = value.as_str().and_then(|value| self.picture(value)) {
                pictures.insert(variable.name.clone(), picture);
                *value = Value::Null;
            }
        }
        Ran { response, pictures }
    }

    /// A picture in the answer itself, or where it was put.
    fn picture(&self, value: &str) -> Option<Vec<u8>> {
        match value.strip_prefix("data:") {
            Some(data) => BASE64_STANDARD.decode(data.split_once(";base64,")?.1).ok(),
            None => self.portal.stored(&value.parse().ok()?),
        }
    }
}

fn answered<T: DeserializeOwned>(exchange: Exchange) -> Result<T, Failure> {
    let answer = exchange.answer.map_err(Failure::Unanswered)?;
    let shown = answer.shown();
    let odd = |error: serde_json::Error| Failure::Unanswered(format!("{error}, in {shown}"));
    let body = answer.json.unwrap_or_default();
    if answer.status.is_success() {
        return serde_json::from_value(body).map_err(odd);
    }
    Err(serde_json::from_value(body).map_or_else(odd, |refusal| Failure::Refused(Box::new(refusal))))
}
