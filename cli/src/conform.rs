//! Whether a runner keeps the protocol, ours or anybody's. This is a portal for the length of the checks: it publishes,
//! runs, serves photos at signed-looking addresses and takes result pictures.
//!
//! The protocol's own table is *required*. What our runner adds is *optional*: a runner without it conforms, and one
//! that offers it must do it right.

mod app;
mod bench;
mod checks;
mod report;

use secrecy::SecretString;
use url::Url;

pub use app::App;
pub use report::{Checked, Exchanged, Outcome, Report};

pub use crate::local::{Input, Portal};

use self::bench::Bench;
use crate::local::Runner;

/// What is checked, and with what.
pub struct Settings {
    /// The runner's base address.
    pub base: Url,
    /// What it asks for as bearer token.
    pub token: Option<SecretString>,
    /// An app that it can execute; one of ours if left out.
    pub app: Option<App>,
    /// Where it finds the photos.
    pub portal: Portal,
}

/// Why nothing was checked.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// Nobody answers there.
    #[error("the runner at {0} cannot be reached: {1}. Is it running, and is this its address?")]
    Unreachable(Url, String),
    /// The client for the runner cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[source] reqwest::Error),
    /// The app of the checks cannot be made.
    #[error("the app cannot be packed: {0}")]
    App(#[source] std::io::Error),
}

/// Checks a runner, line by line.
///
/// # Errors
/// When it cannot be reached. What it does wrong stands in the report.
pub async fn check(settings: Settings) -> Result<Report, ConformError> {
    let runner = Runner::new(settings.base.clone(), settings.token).map_err(ConformError::Client)?;
    runner.reach().await.map_err(|why| ConformError::Unreachable(settings.base.clone(), why))?;
    let bench = Bench::new(runner, settings.portal, settings.app).map_err(ConformError::App)?;
    let mut checked = Vec::new();
    for check in checks::all() {
        let outcome = Outcome::of((check.run)(&bench).await);
        checked.push(Checked { id: check.id, what: check.what, required: check.required, outcome });
    }
    Ok(Report { runner: settings.base.to_string(), portal: bench.portal.base().to_string(), checks: checked })
}
