//! wasmtime: its settings, its linker, compiled components, and the thread that advances its epoch.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use vision_protocol::limits::RunLimits;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{Component, HasSelf, Linker},
};

use super::{
    bindings::{App, AppPre},
    host::{Host, TABLE_ELEMENTS},
};

/// The glue's stack.
pub(super) const STACK_BYTES: usize = 2 << 20;
/// Address space of one memory: with all that 32 bits can reach reserved, no access needs a check.
const RESERVED_BYTES: u64 = 4 << 30;
/// How often the epoch advances, which is how late a deadline in the glue may be noticed.
const TICK: Duration = Duration::from_millis(10);
/// Components are made of several core modules with memories and tables of their own.
const MEMORIES_PER_RUN: u32 = 4;
const CORE_INSTANCES_PER_RUN: u32 = 32;

/// The engine, the same for proving as for serving: compiled code only fits the settings it was compiled under.
pub(super) fn engine(limits: &RunLimits, parallel: usize) -> wasmtime::Result<Engine> {
    let runs = u32::try_from(parallel.max(1)).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(runs)
        .total_core_instances(runs.saturating_mul(CORE_INSTANCES_PER_RUN))
        .total_memories(runs.saturating_mul(MEMORIES_PER_RUN))
        .total_tables(runs.saturating_mul(CORE_INSTANCES_PER_RUN))
        .table_elements(TABLE_ELEMENTS)
        // The limit of a run is told in better words by the host, so the pool's is higher.
        .max_memory_size(usize::try_from(RESERVED_BYTES.min(limits.glue_memory_bytes.saturating_mul(2)))?)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10);
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .memory_reservation(RESERVED_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// Links a component to the host; an import that the host has not got is named.
pub(super) fn link(engine: &Engine, component: &Component) -> wasmtime::Result<AppPre<Host>> {
    let mut linker = Linker::new(engine);
    App::add_to_linker::<_, HasSelf<Host>>(&mut linker, |host| host)?;
    AppPre::new(linker.instantiate_pre(component)?)
}

/// Maps a component that [`Component::serialize`] wrote.
#[expect(unsafe_code, reason = "compiled code is mapped as it is, so that a worker starts without compiling")]
pub(super) fn map(engine: &Engine, file: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the supervisor wrote the file with what a worker of this program compiled, into a folder that packages
    // cannot write to; the unpacking refuses packages that bring a `.compiled` of their own. wasmtime itself refuses a
    // file of another version or other settings.
    unsafe { Component::deserialize_file(engine, file) }
}

/// Advances the epoch while runs are active; rests otherwise.
pub(super) struct Ticker {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    active: AtomicUsize,
    ended: AtomicBool,
}

/// A run that the epoch is advanced for.
pub(super) struct Active<'a>(&'a Ticker);

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let state = Arc::new(State { active: AtomicUsize::new(0), ended: AtomicBool::new(false) });
        let (shared, engine) = (state.clone(), engine.clone());
        let thread = thread::Builder::new().name("ticker".to_owned()).spawn(move || {
            while !shared.ended.load(Ordering::Acquire) {
                if shared.active.load(Ordering::Acquire) == 0 {
                    thread::park();
                } else {
                    thread::sleep(TICK);
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Self { state, thread: Some(thread) })
    }

    pub(super) fn activate(&self) -> Active<'_> {
        if self.state.active.fetch_add(1, Ordering::AcqRel) == 0 {
            self.wake();
        }
        Active(self)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Release);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It can only have panicked, which has been printed.
            let _ = thread.join();
        }
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.state.active.fetch_sub(1, Ordering::AcqRel);
    }
}
