//! What a proof finds out about a model by computing it: how many items are worth computing at once, and what that
//! takes.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Named, Shared, guarded, stacked};
use crate::{
    engine::{Data, Model, Tensor},
    learned::LearnedModel,
    worker::stopwatch::milliseconds,
};

/// Sizes of batch that are tried: powers of two up to this one.
const LARGEST: usize = 32;
/// A larger batch must be quicker per item by this factor to be worth its memory and the longer wait for a result.
const WORTH: f64 = 0.95;
/// Sizes without a gain after which no larger one is tried.
const PATIENCE: usize = 2;
/// Time for one model.
const BUDGET: Duration = Duration::from_millis(1_500);
/// Inferences of one size that are timed; the least counts, what is above it is the rest of the machine.
const TIMED: u32 = 4;
/// How far results may lie apart between alone and in a batch, as a share of the largest: kernels add in other orders.
const TOLERANCE: f32 = 1e-3;
/// How often memory is looked at. What is missed is what a core touches in that time.
const LOOK: Duration = Duration::from_micros(200);

/// The process's own `status`, which cannot be opened in a cell.
static RESIDENT: OnceLock<Option<File>> = OnceLock::new();

/// Keeps a descriptor by which memory can be measured from within a cell.
pub(in crate::worker) fn watch_memory() {
    RESIDENT.get_or_init(|| File::open("/proc/self/status").ok());
}

/// Learns about a model that can be computed. `one` is an input of one item; a batch may take `most_bytes`, and is none
/// unless its items are known to stay apart.
pub(super) fn learn(shared: &Shared, one: &Named, most_bytes: u64, stay_apart: impl FnOnce() -> bool) -> LearnedModel {
    let model = shared.model();
    let largest = if batches(model) && stay_apart() { LARGEST } else { 1 };
    let (loading, ends) = (shared.loading(), Instant::now() + BUDGET);
    let found = choose(largest, most_bytes, |items, expected_ms| {
        let expected = Duration::from_secs_f64(expected_ms * 1e-3) * (TIMED + 1);
        let (bytes, each_ms) = (Instant::now() + expected <= ends).then(|| measure(model, one, items)).flatten()?;
        Some((bytes.saturating_sub(loading.resident), each_ms))
    });
    let apart = found.batch == 1 || computes_apart(model, one, found.batch);
    LearnedModel {
        batch: if apart { found.batch } else { 1 },
        memory_bytes: model.memory_bytes().max(loading.bytes),
        load_ms: loading.ms,
        ..found
    }
}

/// The batch that is worth it, from the bytes that each size takes and its milliseconds per item. `measure` is told how
/// many milliseconds are to be expected, and may decline.
fn choose(largest: usize, most_bytes: u64, mut measure: impl FnMut(usize, f64) -> Option<(u64, f64)>) -> LearnedModel {
    let mut found = LearnedModel { batch: 1, ..LearnedModel::default() };
    let (mut items, mut idle, mut least, mut expected_ms) = (1, 0, f64::MAX, 0.0);
    while items <= largest && idle < PATIENCE {
        let Some((bytes, each_ms)) = measure(items, expected_ms) else { break };
        if items == 1 {
            (found.infer_ms, found.batch_bytes) = (each_ms, bytes);
        } else if each_ms <= least * WORTH {
            (found.batch, found.batch_bytes, idle) = (items, bytes, 0);
        } else {
            idle += 1;
        }
        // Twice as many take twice the memory and twice the time.
        if bytes.saturating_mul(2) > most_bytes {
            break;
        }
        least = least.min(each_ms);
        items *= 2;
        expected_ms = each_ms * items as f64;
    }
    found
}

/// Whether the model leaves the first dimension of every input and output open.
fn batches(model: &dyn Model) -> bool {
    let mut ports = model.inputs().iter().chain(model.outputs());
    !model.inputs().is_empty() && ports.all(|port| port.shape.first() == Some(&0))
}

/// The most memory that the process held while it computed that many items the first time, and milliseconds per item.
fn measure(model: &dyn Model, one: &Named, items: usize) -> Option<(u64, f64)> {
    let inputs = if items == 1 { one.clone() } else { stacked::stack(&vec![one; items]).ok()? };
    let infer = || guarded(|| model.infer(inputs.clone())).ok();
    let computing = AtomicBool::new(true);
    let (outputs, most) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = resident();
            while computing.load(Ordering::Relaxed) {
                thread::sleep(LOOK);
                most = most.max(resident());
            }
            most
        });
        let outputs = infer();
        computing.store(false, Ordering::Relaxed);
        (outputs, watch.join().unwrap_or_default())
    });
    let outputs = outputs?;
    if items > 1 {
        stacked::split(&outputs, &vec![1; items])?;
    }
    let mut least = Duration::MAX;
    for _ in 0..TIMED {
        let began = Instant::now();
        infer()?;
        least = least.min(began.elapsed());
    }
    Some((most, milliseconds(least) / items as f64))
}

/// Whether each of that many different items comes out as it does alone: a model whose items have something to do with
/// each other must never see those of two people in one call.
fn computes_apart(model: &dyn Model, one: &Named, items: usize) -> bool {
    let each: Vec<Named> = (0..items).map(|item| varied(one, item)).collect();
    let together = stacked::stack(&each.iter().collect::<Vec<_>>()).ok();
    let together = together.and_then(|inputs| guarded(|| model.infer(inputs)).ok());
    let Some(shares) = together.and_then(|outputs| stacked::split(&outputs, &vec![1; items])) else { return false };
    each.into_iter().zip(shares).all(|(inputs, share)| {
        guarded(|| model.infer(inputs)).is_ok_and(|alone| {
            alone.len() == share.len() && alone.iter().zip(&share).all(|((_, alone), (_, share))| is_near(alone, share))
        })
    })
}

/// An item of its own: noise that depends on its number.
fn varied(one: &Named, item: usize) -> Named {
    let mut state = item as u64 + 1;
    let mut noise = move || {
        // The generator of Numerical Recipes.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let vary = |(name, tensor): &(String, Tensor)| {
        let data = match tensor.data() {
            Data::Float32(data) => Data::Float32(data.iter().map(|_| noise()).collect()),
            Data::Uint8(data) => Data::Uint8(data.iter().map(|_| (noise() * 256.0) as u8).collect()),
            // Numbers that count or point at something: any but the smallest may be wrong.
            Data::Int32(data) => Data::Int32(data.iter().map(|_| (noise() * 2.0) as i32).collect()),
            Data::Int64(data) => Data::Int64(data.iter().map(|_| (noise() * 2.0) as i64).collect()),
        };
        let varied = Tensor::new(tensor.shape(), data).unwrap_or_else(|_| tensor.clone());
        (name.clone(), varied)
    };
    one.iter().map(vary).collect()
}

fn is_near(one: &Tensor, other: &Tensor) -> bool {
    if one.shape() != other.shape() {
        return false;
    }
    let (Data::Float32(one), Data::Float32(other)) = (one.data(), other.data()) else { return one == other };
    let largest = one.iter().fold(1e-6_f32, |most, value| most.max(value.abs()));
    one.iter().zip(other).all(|(a, b)| (a - b).abs() <= largest * TOLERANCE || (a.is_nan() && b.is_nan()))
}

/// Bytes of memory that this process holds; 0 where that cannot be told.
pub(super) fn resident() -> u64 {
    let Some(Some(file)) = RESIDENT.get() else { return 0 };
    let mut text = [0; 4_096];
    let read = file.read_at(&mut text, 0).unwrap_or_default();
    let line = text[..read].split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"VmRSS:"));
    let kibibytes =
        line.and_then(|line| std::str::from_utf8(line).ok()?.trim().strip_suffix("kB")?.trim().parse().ok());
    kibibytes.map_or(0, |kibibytes: u64| kibibytes.saturating_mul(1_024))
}

#[cfg(test)]
mod tests;
