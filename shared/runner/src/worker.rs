//! The worker half: one process that proves or serves one package, told by its supervisor over a socket.
//!
//! Each run gets a fresh instance of the glue on one of a fixed number of threads. A thread of its own advances
//! wasmtime's epoch, which is how a run that computes in the glue notices its deadline. Native code that does not come
//! back is the supervisor's business: it ends the process.

mod app;
mod arrays;
mod assets;
mod bindings;
mod calls;
mod execution;
mod failure;
mod host;
mod models;
mod pixels;
mod proof;
mod service;
mod stopwatch;
mod wasm;

use std::{
    io::BufReader,
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Context, bail};

use crate::{
    engine::Engine,
    ipc::{self, Frame, FromWorker, Mode, ToWorker},
};

/// Stack of a thread that runs glue: wasmtime's share, and room for the host's own calls.
const STACK_BYTES: usize = wasm::STACK_BYTES + (6 << 20);

/// Proves or serves one package, as the supervisor at the other end of `socket` asks; returns when it hangs up.
///
/// # Errors
/// When the socket breaks or the supervisor does not keep to the protocol. Faults of a package are not errors: the
/// supervisor is told.
pub fn serve(engine: Arc<dyn Engine>, socket: UnixStream) -> anyhow::Result<()> {
    let mut input = BufReader::with_capacity(64 << 10, socket.try_clone().context("cannot read from the socket")?);
    let output = Output(Arc::new(Mutex::new(socket)));
    let Some(Frame { message, .. }) = ipc::read_frame::<ToWorker>(&mut input, 0)? else { return Ok(()) };
    let began = Instant::now();
    let ToWorker::Start { package, mode, limits, parallel } = message else { bail!("the first frame must be a start") };
    match mode {
        Mode::Prove => {
            // On a thread with enough stack for the glue.
            let verdict = thread::scope(|scope| {
                thread::Builder::new()
                    .name("proof".to_owned())
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, || proof::prove(engine, &package, limits))
                    .map(thread::ScopedJoinHandle::join)
            });
            match verdict.context("cannot start a thread")? {
                Ok(Ok(proof)) => {
                    let loading_ms = stopwatch::milliseconds(began.elapsed());
                    output.send(&FromWorker::Ready { loading_ms, warnings: proof.warnings }, &[proof.compiled])
                }
                Ok(Err(faults)) => output.send(&FromWorker::Refused { faults }, &[]),
                Err(_) => bail!("the proof of the package panicked"),
            }
        }
        Mode::Serve => service::serve(engine, &package, limits, parallel, began, input, &output),
    }
}

/// The way back to the supervisor, shared by all threads.
#[derive(Clone)]
struct Output(Arc<Mutex<UnixStream>>);

impl Output {
    fn send(&self, message: &FromWorker, attachments: &[Vec<u8>]) -> anyhow::Result<()> {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ipc::write_frame(&mut *socket, message, attachments).context("cannot write to the socket")
    }
}
