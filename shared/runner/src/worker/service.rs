//! Serving runs of a published package until the supervisor hangs up.

use std::{
    collections::HashMap,
    io::Read,
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
use vision_protocol::{Fault, Manifest, limits::RunLimits};

use super::{
    Output, STACK_BYTES,
    app::{App, Folder},
    execution::{Parcel, Report, not_begun},
    host::Clock,
    stopwatch::milliseconds,
    wasm,
};
use crate::{
    engine::Engine,
    ipc::{self, Frame, FromWorker, ToWorker},
};

/// Where the supervisor leaves the compiled component, within the package's folder.
const COMPILED: &str = ".compiled/app.cwasm";

/// A run that waits for a thread.
struct Job {
    id: u64,
    inputs: Parcel,
    clock: Clock,
    arrived: Instant,
}

/// Flags of the runs that have not been answered, by which they are told to stop.
type Pending = Arc<Mutex<HashMap<u64, Arc<AtomicBool>>>>;

pub(super) fn serve(
    engine: Arc<dyn Engine>,
    package: &Path,
    limits: RunLimits,
    parallel: usize,
    began: Instant,
    mut input: impl Read,
    output: &Output,
) -> anyhow::Result<()> {
    let most_bytes = limits.input_bytes.saturating_mul(64);
    let app = match load(engine, package, limits, parallel) {
        Ok(app) => Arc::new(app),
        Err(faults) => return output.send(&FromWorker::Refused { faults }, &[]),
    };
    let loading_ms = milliseconds(began.elapsed());
    output.send(&FromWorker::Ready { loading_ms, warnings: Vec::new() }, &[])?;
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

fn load(engine: Arc<dyn Engine>, package: &Path, limits: RunLimits, parallel: usize) -> Result<App, Vec<Fault>> {
    let folder = Folder::open(package, limits)?;
    let fault = |error: wasmtime::Error| vec![Fault::new(Manifest::COMPONENT, format!("cannot be loaded: {error:#}"))];
    let wasm = wasm::engine(&folder.limits, parallel).map_err(fault)?;
    let component = wasm::map(&wasm, &package.join(COMPILED)).map_err(fault)?;
    App::new(engine, &folder, wasm, &component)
}

fn listen(
    input: &mut impl Read,
    most_bytes: u64,
    pending: &Pending,
    enqueue: impl Fn(Job) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    while let Some(Frame { message, attachments }) = ipc::read_frame::<ToWorker>(input, most_bytes)? {
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
            ToWorker::Start { .. } => bail!("a worker is started once"),
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
        let Report { outcome, timings, logs } = report;
        let sent = match outcome {
            Ok(Parcel { values, attachments }) => {
                output.send(&FromWorker::Done { id, outputs: values, timings, logs }, &attachments)
            }
            Err(failure) => {
                let message = FromWorker::Failed { id, code: failure.code, message: failure.message, timings, logs };
                output.send(&message, &[])
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, run.id = id, "nobody is there for an answer");
        }
    }
}
