//! The app on its runner, as its files are now.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use vision_protocol::{Fault, Manifest, results::StandardLayout};

use super::layout;
use crate::local::{App, Failure, Input, Launch, Session};

/// The runner, and what the files have become on it.
pub(super) struct Bench {
    session: Session,
    folder: PathBuf,
    releases: AtomicI64,
    current: RwLock<Arc<Current>>,
    news: watch::Sender<i64>,
}

/// What the files are now.
enum Current {
    /// An app that can be run.
    Good { release: i64, app: Box<App>, warnings: Vec<Fault> },
    /// One that cannot.
    Faulty(Vec<Fault>),
}

/// An input as the page sends it.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Given {
    /// A file's bytes, as base64.
    File(String),
    /// A file of an example: its name, and the file's.
    Example(String, String),
    /// What stands in a field.
    Text(String),
}

impl Bench {
    pub(super) async fn start(folder: &Path, launch: &Launch) -> Result<Self, Failure> {
        let session = Session::start(launch).await?;
        let current = RwLock::new(Arc::new(Current::Faulty(Vec::new())));
        let (news, _) = watch::channel(0);
        Ok(Self { session, folder: folder.to_owned(), releases: AtomicI64::new(1), current, news })
    }

    /// Reads the files and hands them to the runner.
    pub(super) async fn renew(&self) {
        let release = self.releases.fetch_add(1, Ordering::Relaxed);
        let current = self.read(release).await.unwrap_or_else(|failure| match failure {
            Failure::Refused(refusal) if !refusal.faults.is_empty() => Current::Faulty(refusal.faults),
            other => Current::Faulty(vec![Fault::new("", other.to_string())]),
        });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
        self.news.send_replace(release);
    }

    async fn read(&self, release: i64) -> Result<Current, Failure> {
        Ok(match App::open(&self.folder)? {
            Err(faults) => Current::Faulty(faults),
            Ok(app) => {
                let warnings = self.session.publish(release, &app.release_without_examples()?).await?;
                Current::Good { release, app: Box::new(app), warnings }
            }
        })
    }

    /// A number that changes with the files.
    pub(super) fn news(&self) -> watch::Receiver<i64> {
        self.news.subscribe()
    }

    fn current(&self) -> Arc<Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the page shows before anything is run.
    pub(super) fn describe(&self) -> Value {
        match &*self.current() {
            Current::Faulty(faults) => json!({ "faults": faults }),
            Current::Good { app, warnings, .. } => {
                let manifest = app.manifest();
                let layout = manifest.result_layout.as_deref().and_then(StandardLayout::by_name);
                let layout = layout.unwrap_or_else(|| StandardLayout::for_results(&manifest.result_variables));
                let examples = app.package.examples.iter();
                let examples: Vec<_> =
                    examples.map(|example| json!({ "name": example.name, "inputs": example.inputs })).collect();
                json!({
                    "name": manifest.name, "version": manifest.version, "description": manifest.description,
                    "parameters": manifest.app_parameters, "results": manifest.result_variables,
                    "layout": layout.name(), "examples": examples, "warnings": warnings, "faults": [],
                })
            }
        }
    }

    /// A file of an example.
    pub(super) fn example_file(&self, example: &str, file: &str) -> Option<Vec<u8>> {
        match &*self.current() {
            Current::Good { app, .. } => example_file(app, example, file),
            Current::Faulty(_) => None,
        }
    }

    /// Runs the app; everything that the page shows of it.
    pub(super) async fn run(&self, given: BTreeMap<String, Given>) -> Value {
        let current = self.current();
        let Current::Good { release, app, .. } = &*current else {
            return json!({ "faults": [Fault::new("", "the app has faults and cannot be run")] });
        };
        let inputs = match inputs(app, given) {
            Ok(inputs) => inputs,
            Err(faults) => return json!({ "faults": faults }),
        };
        match self.session.run(*release, app.manifest(), &inputs).await {
            Ok(ran) => {
                let pictures: Map<String, Value> =
                    ran.pictures.iter().map(|(name, picture)| (name.clone(), data_uri(picture).into())).collect();
                let mut result = ran.response.result;
                result.extend(pictures);
                let html = layout::render(app, &result, &inputs);
                json!({
                    "result": result, "timings": ran.response.timings, "logs": ran.response.logs,
                    "html": html.as_ref().ok().and_then(Option::as_ref), "faults": html.err().into_iter().collect::<Vec<_>>(),
                })
            }
            Err(Failure::Refused(refusal)) if refusal.faults.is_empty() => json!({
                "faults": [Fault::new("", refusal.message.clone())], "logs": refusal.logs, "timings": refusal.timings,
            }),
            Err(Failure::Refused(refusal)) => json!({ "faults": refusal.faults, "logs": refusal.logs }),
            Err(failure) => json!({ "faults": [Fault::new("", failure.to_string())] }),
        }
    }
}

fn example_file(app: &App, name: &str, file: &str) -> Option<Vec<u8>> {
    let example = app.package.examples.iter().find(|example| example.name == name)?;
    // The names of the package's own files, and nothing else that a path could lead to.
    let file = example.files.iter().find(|known| *known == file)?;
    std::fs::read(app.file(example, file)).ok()
}

/// The page's fields as the runner wants them. What is missing is the runner's to tell.
fn inputs(app: &App, given: BTreeMap<String, Given>) -> Result<Vec<(String, Input)>, Vec<Fault>> {
    let (mut inputs, mut faults) = (Vec::new(), Vec::new());
    for (name, given) in given {
        match input(app.manifest(), app, &name, given) {
            Ok(Some(input)) => inputs.push((name, input)),
            Ok(None) => {}
            Err(message) => faults.push(Fault::new(name, message)),
        }
    }
    if faults.is_empty() { Ok(inputs) } else { Err(faults) }
}

fn input(manifest: &Manifest, app: &App, name: &str, given: Given) -> Result<Option<Input>, String> {
    Ok(match given {
        Given::File(bytes) => {
            Some(Input::Photo(BASE64_STANDARD.decode(bytes).map_err(|_| "is not base64".to_owned())?))
        }
        Given::Example(example, file) => {
            Some(Input::Photo(example_file(app, &example, &file).ok_or("the example's file is gone")?))
        }
        Given::Text(text) => {
            let parameter = manifest.app_parameters.iter().find(|parameter| parameter.name == name);
            parameter.ok_or("the app has no such parameter")?.parse_text(&text)?.map(Input::Plain)
        }
    })
}

/// A picture within a page.
pub(super) fn data_uri(picture: &[u8]) -> String {
    let kind = match picture {
        [0xff, 0xd8, ..] => "jpeg",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        [b'G', b'I', b'F', ..] => "gif",
        [b'B', b'M', ..] => "bmp",
        _ => "png",
    };
    format!("data:image/{kind};base64,{}", BASE64_STANDARD.encode(picture))
}
