//! Serving runs of a published package until the supervisor hangs up.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use vision_protocol::{Fault, messages::ErrorCode};
use wasmtime::Engine as Wasm;

use super::{
    Loaded, Output, STACK_BYTES,
    app::{App, Folder, PACKAGE},
    execution::{Parcel, Report, not_begun},
    host::Clock,
};
use crate::{
    engine::Engine,
    ipc::{Frame, FromWorker, Incoming, MAX_HEADER_BYTES, Stages, Start, ToWorker},
    learned::Learned,
};

/// A run that waits for a thread.
struct Job {
    id: u64,
    inputs: Parcel,
    clock: Clock,
    arrived: Instant,
}

/// Flags of the runs that have not been answered, by which they are told to stop.
type Pending = Arc<Mutex<HashMap<u64, Arc<AtomicBool>>>>;

/// Maps a package that was proved.
pub(super) fn load(engine: Arc<dyn Engine>, wasm: Wasm, start: &Start) -> Result<Loaded, Vec<Fault>> {
    let folder = Folder::open(Path::new(PACKAGE), start.limits.clone())?;
    let app = App::map(engine, &folder, wasm, &start.learned)?;
    Ok(Loaded { app, warnings: Vec::new(), learned: Learned::default() })
}

pub(super) fn serve(app: App, parallel: usize, mut input: Incoming, output: &Output) -> anyhow::Result<()> {
    let app = Arc::new(app);
    let most_bytes = app.limits.input_bytes.saturating_mul(64);
    let (jobs, waiting) = mpsc::channel();
    let waiting = Arc::new(Mutex::new(waiting));
    let pending = Pending::default();
    for number in 0..parallel.max(1) {
        let (app, waiting, pending, output) = (app.clone(), waiting.clone(), pending.clone(), output.clone());
        thread::Builder::new()
            .name(format!("run-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || work(&app, &waiting, &pending, &output))
            .context("cannot start a thread")?;
    }
    let models = app.models.clone();
    thread::Builder::new().name("models".to_owned()).spawn(move || models.warm()).context("cannot start a thread")?;
    let ended = listen(&mut input, most_bytes, &pending, |job| jobs.send(job).context("no thread is left"));
    // Nobody waits for these any more. Threads in native code are not waited for: the process ends.
    for cancelled in pending.lock().unwrap_or_else(PoisonError::into_inner).values() {
        cancelled.store(true, Ordering::Relaxed);
    }
    ended
}

fn listen(
    input: &mut Incoming,
    most_bytes: u64,
    pending: &Pending,
    enqueue: impl Fn(Job) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    while let Some(Frame { message, attachments }) = input.read::<ToWorker>(most_bytes)? {
        match message {
            ToWorker::Run { id, inputs, deadline_ms } => {
                let cancelled = Arc::new(AtomicBool::new(false));
                pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, cancelled.clone());
                let clock = Clock::new(Duration::from_millis(deadline_ms), cancelled);
                enqueue(Job { id, inputs: Parcel { values: inputs, attachments }, clock, arrived: Instant::now() })?;
            }
            ToWorker::Cancel { id } => {
                if let Some(cancelled) = pending.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
                    cancelled.store(true, Ordering::Relaxed);
                }
            }
            ToWorker::Start(_) | ToWorker::Stored => bail!("a worker is started once"),
        }
    }
    Ok(())
}

fn work(app: &App, waiting: &Mutex<Receiver<Job>>, pending: &Pending, output: &Output) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { id, inputs, clock, arrived }) = job else { return };
        let waited = arrived.elapsed();
        let report = match clock.check() {
            Ok(()) => app.execute(inputs, clock, waited),
            Err(stopped) => not_begun(stopped.into(), waited),
        };
        pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let Report { outcome, facts, timings, stages, logs } = report;
        let sent = match outcome {
            Ok(Parcel { values, attachments }) => {
                output.send(&FromWorker::Done { id, outputs: values, facts, timings, logs, stages }, &attachments)
            }
            Err(failure) => {
                let (code, message) = (failure.code, failure.message);
                let message = FromWorker::Failed { id, code, message, timings, logs, stages };
                output.send(&message, &[])
            }
        };
        // What is too large for a frame must not leave the run without an answer.
        let sent = sent.or_else(|error| {
            tracing::debug!(%error, run.id = id, "an answer could not be sent");
            let message =
                format!("the results are too large: text and JSON may have {MAX_HEADER_BYTES} bytes together");
            let (code, logs, stages) = (ErrorCode::LimitExceeded, Vec::new(), Stages::default());
            output.send(&FromWorker::Failed { id, code, message, timings, logs, stages }, &[])
        });
        if let Err(error) = sent {
            tracing::debug!(%error, run.id = id, "nobody is there for an answer");
        }
    }
}
