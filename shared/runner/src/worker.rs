//! The worker half: one process that proves or serves one package, told by its supervisor over a socket.
//!
//! It is started before anybody knows for what: it loads what its engine needs and waits. Told of a package it goes into
//! its cell, where that package is all that it can read. A worker that has proved a package goes on to serve it.
//!
//! Each run gets a fresh instance of the glue on one of a fixed number of threads. A thread of its own advances
//! wasmtime's epoch, which is how a run that computes in the glue notices its deadline. Native code that does not come
//! back is the supervisor's business: it ends the process.

mod app;
mod arrays;
mod assets;
mod bindings;
mod calls;
pub mod drawing;
mod execution;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod host;
#[doc(hidden)]
pub mod measuring;
mod models;
mod pixels;
mod proof;
mod service;
mod stopwatch;
mod wasm;

use std::{
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use anyhow::{Context, anyhow, bail};
use vision_protocol::Fault;

use self::app::App;
use crate::{
    cell,
    engine::Engine,
    ipc::{self, Attachment, Frame, FromWorker, Incoming, ToWorker},
    learned::Learned,
};

/// Stack of a thread that runs glue: wasmtime's share, and room for the host's own calls.
const STACK_BYTES: usize = wasm::STACK_BYTES + (6 << 20);

/// Proves or serves one package, as the supervisor at the other end of `socket` asks; returns when it hangs up.
///
/// To be called with a single thread, and once in a process: it goes into its cell and does not come out.
///
/// # Errors
/// When the engine is not there, the cell cannot be entered, the socket breaks or the supervisor does not keep to the
/// protocol. Faults of a package are not errors: the supervisor is told.
pub fn serve(engine: Arc<dyn Engine>, socket: UnixStream) -> anyhow::Result<()> {
    engine.prepare().map_err(anyhow::Error::new).context("the engine cannot be used")?;
    models::watch_memory();
    let mut input = Incoming::new(socket.try_clone().context("cannot read from the socket")?);
    let output = Output(Arc::new(Mutex::new(socket)));
    let Some(Frame { message, .. }) = input.read::<ToWorker>(0)? else { return Ok(()) };
    let began = Instant::now();
    let ToWorker::Start(start) = message else { bail!("the first frame must be a start") };
    // Address space is reserved before the cell bounds it, and nothing of the package is read before it has closed.
    let most =
        if start.proof { start.parallel.max(Learned::MOST_FLIGHTS) } else { start.learned.flights(start.parallel) };
    let wasm = wasm::engine(&start.limits, most).map_err(|error| anyhow!("wasmtime cannot be used: {error:#}"))?;
    cell::enter(&start.package, &start.cell, &engine.needs()).context("cannot go into its cell")?;
    let loaded = if start.proof {
        proof::prove_in_thread(engine, wasm, &start, &mut |compiled| store(compiled, &mut input, &output))?
    } else {
        service::load(engine, wasm, &start)
    };
    let Loaded { app, warnings, learned } = match loaded {
        Ok(loaded) => loaded,
        Err(faults) => return output.send(&FromWorker::Refused { faults }, &[]),
    };
    let loading_ms = stopwatch::milliseconds(began.elapsed());
    let flights = if start.proof { &learned } else { &start.learned }.flights(start.parallel);
    output.send(&FromWorker::Ready { loading_ms, warnings, learned }, &[])?;
    service::serve(app, flights, input, &output)
}

/// A package that is ready to run.
struct Loaded {
    app: App,
    warnings: Vec<Fault>,
    learned: Learned,
}

/// Has the supervisor store the compiled component: a worker writes no file.
fn store(compiled: Vec<u8>, input: &mut Incoming, output: &Output) -> anyhow::Result<()> {
    output.send(&FromWorker::Compiled, &[compiled.into()])?;
    match input.read::<ToWorker>(0)? {
        Some(Frame { message: ToWorker::Stored, .. }) => Ok(()),
        Some(_) => bail!("a compiled component is answered with its being stored"),
        None => bail!("the supervisor hung up during a proof"),
    }
}

/// The way back to the supervisor, shared by all threads.
#[derive(Clone)]
struct Output(Arc<Mutex<UnixStream>>);

impl Output {
    fn send(&self, message: &FromWorker, attachments: &[Attachment]) -> anyhow::Result<()> {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ipc::write_frame(&mut *socket, message, attachments).context("cannot write to the socket")
    }
}
