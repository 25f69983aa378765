//! Runs that a worker is computing, and who waits for which.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{sync::oneshot, time::Instant};
use vision_protocol::messages::{ErrorCode, LogLine, PictureFacts, Timings};

use crate::ipc::{Attachment, Stages, WireValue};

/// One run as a worker gets it. Kept until it has been answered, so that it can be sent again.
#[derive(Debug)]
pub(in crate::supervisor) struct Order {
    pub(in crate::supervisor) inputs: Vec<(String, WireValue)>,
    pub(in crate::supervisor) attachments: Vec<Attachment>,
}

/// How a run ended in the worker.
#[derive(Debug)]
pub(in crate::supervisor) struct Reply {
    pub(in crate::supervisor) outcome: Result<Outputs, (ErrorCode, String)>,
    pub(in crate::supervisor) facts: Vec<PictureFacts>,
    pub(in crate::supervisor) timings: Timings,
    pub(in crate::supervisor) stages: Stages,
    pub(in crate::supervisor) logs: Vec<LogLine>,
}

/// What the app answered with.
#[derive(Debug)]
pub(in crate::supervisor) struct Outputs {
    pub(in crate::supervisor) values: Vec<(String, WireValue)>,
    pub(in crate::supervisor) attachments: Vec<Vec<u8>>,
}

/// How a call of a worker ended.
pub(in crate::supervisor) enum Called {
    /// The worker answered.
    Answered(Box<Reply>),
    /// It did not, long after the deadline.
    Overdue,
    /// Its process has ended.
    Lost,
}

/// What waits to be written to a worker.
pub(super) enum Outgoing {
    Run { id: u64, order: Arc<Order>, deadline: Instant },
    Cancel { id: u64 },
}

/// Who waits for which answer; `None` once the process has ended.
pub(super) struct Calls(Mutex<Option<HashMap<u64, oneshot::Sender<Box<Reply>>>>>);

impl Calls {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(HashMap::new()))))
    }

    pub(super) fn expect(&self, id: u64) -> Option<oneshot::Receiver<Box<Reply>>> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().expect("no holder panics").as_mut()?.insert(id, sender);
        Some(receiver)
    }

    pub(super) fn answer(&self, id: u64, reply: Reply) {
        let waiting = self.0.lock().expect("no holder panics").as_mut().and_then(|calls| calls.remove(&id));
        if let Some(waiting) = waiting {
            // Nobody waits any more for a run that was overdue.
            let _ = waiting.send(Box::new(reply));
        }
    }

    pub(super) fn close(&self) {
        *self.0.lock().expect("no holder panics") = None;
    }
}
