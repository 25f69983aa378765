//! A runner of one's own: a portal for a while, the calls of the protocol, and a runner started as a child process.
//!
//! `conform` holds somebody's runner against the protocol with the first two; `run`, `test`, `new` and `dev` start one
//! with the third. It is the runner of production: same program, worker, cell and engine.

mod app;
mod portal;
mod process;
mod runner;
mod session;

pub use app::App;
pub(crate) use app::{archive, completed};
pub use portal::{Place, Portal, Seen};
pub use process::{Engine, Launch, Process, StartError};
pub use runner::{Answer, Exchange, REQUEST_ID, Runner};
pub use session::{Failure, Ran, Session};

use serde_json::Value;

/// An input of a run.
#[derive(Clone, Debug)]
pub enum Input {
    /// A photo, which the runner fetches.
    Photo(Vec<u8>),
    /// Anything else, as it stands in the request.
    Plain(Value),
}
