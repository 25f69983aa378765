//! The host's side of one run: what the glue holds, what it may still use, and what it has logged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use vision_protocol::{
    limits::RunLimits,
    messages::{LogLevel, LogLine, PictureFacts},
};
use wasmtime::{
    ResourceLimiter,
    component::{Resource, ResourceTable, ResourceTableError},
};

use super::{
    assets::Assets,
    failure::Stopped,
    models::{Models, Shared},
    pixels::{self, Picture, Step, View},
    stopwatch::Stopwatch,
};
use crate::engine::Tensor;

/// Elements of all tables of an instance; interpreters of languages have some ten thousand.
pub(super) const TABLE_ELEMENTS: usize = 100_000;
/// Bytes of an app's last words that are kept.
const LAST_WORDS_BYTES: usize = 4 << 10;

/// A handle's tensor.
#[expect(unreachable_pub, reason = "generated code exports it from the bindings")]
pub struct HeldTensor(pub(super) Tensor);
/// A handle's picture.
#[expect(unreachable_pub, reason = "generated code exports it from the bindings")]
pub struct HeldImage(pub(super) View);
/// A handle's model.
#[expect(unreachable_pub, reason = "generated code exports it from the bindings")]
pub struct HeldModel(pub(super) Arc<Shared>);

/// What a host call answers: the outer error ends the run, the inner one is the glue's to handle.
pub(super) type Answer<T> = wasmtime::Result<Result<T, String>>;

/// When a run has to stop.
#[derive(Clone)]
pub(super) struct Clock {
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Clock {
    pub(super) fn new(allowed: Duration, cancelled: Arc<AtomicBool>) -> Self {
        Self { deadline: Instant::now() + allowed, cancelled }
    }

    pub(super) fn check(&self) -> Result<(), Stopped> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Stopped::Cancelled);
        }
        if Instant::now() >= self.deadline {
            return Err(Stopped::Deadline);
        }
        Ok(())
    }
}

/// One run's state.
pub(super) struct Host {
    pub(super) models: Arc<Models>,
    pub(super) assets: Arc<Assets>,
    pub(super) clock: Clock,
    pub(super) stopwatch: Stopwatch,
    pub(super) logs: Vec<LogLine>,
    /// What the pictures among the inputs are like, as far as they were decoded.
    pub(super) facts: Vec<PictureFacts>,
    /// The beginning of the last line, if it told of an error.
    last_words: Option<String>,
    limits: Arc<RunLimits>,
    table: ResourceTable,
    /// Bytes of pictures and tensors that handles hold.
    held: u64,
    glue_memory: u64,
    glue_tables: usize,
    log_room: usize,
}

impl Host {
    pub(super) fn new(models: Arc<Models>, assets: Arc<Assets>, limits: Arc<RunLimits>, clock: Clock) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            models,
            assets,
            clock,
            stopwatch: Stopwatch::start(),
            logs: Vec::new(),
            facts: Vec::new(),
            last_words: None,
            log_room: limits.log_bytes,
            limits,
            table,
            held: 0,
            glue_memory: 0,
            glue_tables: 0,
        }
    }

    /// To be asked before work that takes time or memory.
    pub(super) fn check(&self) -> wasmtime::Result<()> {
        Ok(self.clock.check()?)
    }

    pub(super) fn most_pixels(&self) -> u64 {
        self.limits.image_pixels
    }

    /// Whether a picture of that size may be made.
    pub(super) fn room_for_picture(&self, width: u32, height: u32) -> wasmtime::Result<()> {
        self.check()?;
        let most = self.limits.image_pixels;
        if u64::from(width) * u64::from(height) > most {
            let message = format!("a picture of {width} x {height} pixels was asked for; {most} are allowed");
            return Err(Stopped::Limit(message).into());
        }
        self.room_for(pixels::bytes_of(width, height))
    }

    /// Whether that many bytes may be held beside what is held already.
    pub(super) fn room_for(&self, bytes: u64) -> wasmtime::Result<()> {
        let most = self.limits.host_memory_bytes;
        if self.held.saturating_add(bytes) > most {
            let message =
                format!("pictures and tensors need more than {} MiB at once; let go of those not needed", most >> 20);
            return Err(Stopped::Limit(message).into());
        }
        Ok(())
    }

    pub(super) fn hold_tensor(&mut self, tensor: Tensor) -> wasmtime::Result<Resource<HeldTensor>> {
        let bytes = tensor.bytes().len() as u64;
        self.hold(HeldTensor(tensor), bytes)
    }

    /// Charges what the view does not share with another handle.
    pub(super) fn hold_picture(&mut self, view: impl Into<View>) -> wasmtime::Result<Resource<HeldImage>> {
        let view = view.into();
        let bytes = view.own_bytes();
        self.hold(HeldImage(view), bytes)
    }

    pub(super) fn hold_model(&mut self, model: Arc<Shared>) -> wasmtime::Result<Resource<HeldModel>> {
        self.hold(HeldModel(model), 0)
    }

    fn hold<T: Send + 'static>(&mut self, entry: T, bytes: u64) -> wasmtime::Result<Resource<T>> {
        self.room_for(bytes)?;
        let handle = self.table.push(entry).map_err(|error| match error {
            ResourceTableError::Full => wasmtime::Error::from(Stopped::Limit(format!(
                "more than {} pictures, tensors and models are held at once",
                self.limits.handles
            ))),
            other => other.into(),
        })?;
        self.held += bytes;
        Ok(handle)
    }

    pub(super) fn tensor(&self, handle: &Resource<HeldTensor>) -> wasmtime::Result<&Tensor> {
        Ok(&self.table.get(handle)?.0)
    }

    /// A picture whose pixels need not be there yet.
    pub(super) fn view(&self, handle: &Resource<HeldImage>) -> wasmtime::Result<&View> {
        Ok(&self.table.get(handle)?.0)
    }

    /// A picture's pixels, decoded or cut out now if nothing has needed them before.
    pub(super) fn picture(&mut self, handle: &Resource<HeldImage>) -> wasmtime::Result<&Picture> {
        self.prepare(handle, View::before_pixels)?;
        self.view(handle)?.picture().ok_or_else(|| wasmtime::Error::msg("a picture has no pixels"))
    }

    /// Takes the steps that stand between a picture and its use. A file that turns out to be broken ends the run: it
    /// is the input's fault, and not the glue's to handle.
    pub(super) fn prepare(
        &mut self,
        handle: &Resource<HeldImage>,
        next: impl Fn(&View) -> Option<Step>,
    ) -> wasmtime::Result<()> {
        while let Some(step) = next(self.view(handle)?) {
            self.check()?;
            let view = self.view(handle)?;
            if self.room_for(view.bytes_for(step, false)).is_err() {
                self.room_for(view.bytes_for(step, true))?;
            }
            let began = Instant::now();
            let view = &mut self.table.get_mut(handle)?.0;
            let taken = view.take(step);
            let more = taken.map_err(|error| Stopped::Input(format!("{}: the file {error}", view.name())))?;
            if step.decodes() && !self.facts.iter().any(|known| known.name == view.name()) {
                self.facts.extend(view.facts());
            }
            self.held = self.held.saturating_add_signed(more);
            if step.decodes() {
                self.stopwatch.decoding(began.elapsed());
            }
        }
        Ok(())
    }

    pub(super) fn model(&self, handle: &Resource<HeldModel>) -> wasmtime::Result<&Arc<Shared>> {
        Ok(&self.table.get(handle)?.0)
    }

    pub(super) fn release_tensor(&mut self, handle: Resource<HeldTensor>) -> wasmtime::Result<()> {
        let tensor = self.table.delete(handle)?.0;
        self.held = self.held.saturating_sub(tensor.bytes().len() as u64);
        Ok(())
    }

    pub(super) fn release_picture(&mut self, handle: Resource<HeldImage>) -> wasmtime::Result<()> {
        let view = self.table.delete(handle)?.0;
        self.held = self.held.saturating_sub(view.own_bytes());
        Ok(())
    }

    pub(super) fn release_model(&mut self, handle: Resource<HeldModel>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }

    /// The line that was logged last, if it told of an error.
    pub(super) fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }

    /// Keeps a line until the room for logs is used up, which one last line says.
    pub(super) fn log(&mut self, level: LogLevel, mut message: String) {
        // A line of nothing still takes room, or a million of them would be free.
        const LINE_BYTES: usize = 32;
        // Those who flood the log still want to know what ended their app.
        self.last_words =
            (level == LogLevel::Error).then(|| message[..message.floor_char_boundary(LAST_WORDS_BYTES)].to_owned());
        if self.log_room == 0 {
            return;
        }
        let at_ms = self.stopwatch.since_start().as_millis() as u64;
        let cut = self.log_room < message.len() + LINE_BYTES;
        if cut {
            message.truncate(message.floor_char_boundary(self.log_room.saturating_sub(LINE_BYTES)));
        }
        self.log_room = if cut { 0 } else { self.log_room - message.len() - LINE_BYTES };
        self.logs.push(LogLine { level, at_ms, message });
        if cut {
            let message = format!("… more than {} bytes were logged; the rest is left out", self.limits.log_bytes);
            self.logs.push(LogLine { level: LogLevel::Warn, at_ms, message });
        }
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.glue_memory + (desired - current.min(desired)) as u64;
        if total > self.limits.glue_memory_bytes {
            let most = self.limits.glue_memory_bytes >> 20;
            return Err(Stopped::Limit(format!("the app needs more than its {most} MiB of memory")).into());
        }
        self.glue_memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.glue_tables + (desired - current.min(desired));
        if total > TABLE_ELEMENTS {
            return Err(Stopped::Limit(format!("the app's tables need more than {TABLE_ELEMENTS} entries")).into());
        }
        self.glue_tables = total;
        Ok(true)
    }
}
