//! One run: inputs in, a fresh instance, results out.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use vision_protocol::messages::{ErrorCode, LogLine, PictureFacts, Timings};
use wasmtime::{Store, UpdateDeadline};

use super::{
    app::App,
    bindings::vision::app::values::Value,
    failure::Failure,
    host::{Clock, Host},
    models::words,
    pixels::{Encoded, File, View},
    stopwatch::Stopwatch,
};
use crate::ipc::{Attachment, Stages, WireValue};

/// Values on their way, with the pictures that they refer to by index.
pub(super) struct Parcel {
    pub(super) values: Vec<(String, WireValue)>,
    pub(super) attachments: Vec<Attachment>,
}

/// How a run went.
pub(super) struct Report {
    pub(super) outcome: Result<Parcel, Failure>,
    pub(super) facts: Vec<PictureFacts>,
    pub(super) timings: Timings,
    pub(super) stages: Stages,
    pub(super) logs: Vec<LogLine>,
}

impl App {
    fn store(&self, clock: Clock) -> Store<Host> {
        let host = Host::new(self.models.clone(), self.assets.clone(), self.limits.clone(), clock);
        let mut store = Store::new(&self.wasm, host);
        store.limiter(|host| host);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            context.data().check()?;
            Ok(UpdateDeadline::Continue(1))
        });
        store
    }

    /// Makes an instance and throws it away.
    pub(super) fn try_instance(&self) -> Result<(), Failure> {
        let allowed = Duration::from_millis(self.limits.deadline_ms);
        let mut store = self.store(Clock::new(allowed, Arc::new(AtomicBool::new(false))));
        let _active = self.ticker.activate();
        self.pre.instantiate(&mut store).map(drop).map_err(|error| Failure::of(&error))
    }

    /// Executes one run, whatever happens within it. `waited` is the time that it stood in the worker's queue.
    pub(super) fn execute(&self, inputs: Parcel, clock: Clock, waited: Duration) -> Report {
        let mut store = self.store(clock);
        let outcome = {
            let _active = self.ticker.activate();
            catch_unwind(AssertUnwindSafe(|| self.run(&mut store, inputs)))
                .unwrap_or_else(|panic| Err(Failure::new(ErrorCode::Internal, words(panic.as_ref()))))
        };
        let Host { stopwatch, logs, facts, .. } = store.into_data();
        let (timings, stages) = stopwatch.finish(waited);
        Report { outcome, facts, timings, stages, logs }
    }

    fn run(&self, store: &mut Store<Host>, inputs: Parcel) -> Result<Parcel, Failure> {
        let mut values = Vec::with_capacity(inputs.values.len());
        let files: Vec<File> = inputs.attachments.into_iter().map(|file| Arc::new(file) as File).collect();
        for (name, value) in inputs.values {
            let value = read(store.data_mut(), &name, value, &files)?;
            values.push((name, value));
        }
        drop(files);
        store.data_mut().stopwatch.decoded();
        let app = self.pre.instantiate(&mut *store).map_err(|error| Failure::of(&error))?;
        store.data_mut().stopwatch.instantiated();
        let answer = app.call_run(&mut *store, &values);
        let answer = answer.map_err(|error| Failure::of_crash(&error, store.data().last_words()))?;
        let results = answer.map_err(|message| Failure::new(ErrorCode::AppFailed, message))?;
        write(store.data_mut(), results, self.limits.result_bytes)
    }
}

/// A value for the glue. Of a picture only the header is read: who needs no pixels, or few, does not pay for all.
fn read(host: &mut Host, name: &str, value: WireValue, files: &[File]) -> Result<Value, Failure> {
    Ok(match value {
        WireValue::Text(text) => Value::Text(text),
        WireValue::Number(number) => Value::Number(number),
        WireValue::Boolean(yes) => Value::Boolean(yes),
        WireValue::Date(day) => Value::Date(day),
        WireValue::Json(json) => Value::Json(json.to_string()),
        WireValue::Picture(index) => {
            host.clock.check()?;
            let file = files
                .get(index)
                .ok_or_else(|| Failure::new(ErrorCode::Internal, format!("{name}: attachment {index} is missing")))?;
            let file = Encoded::open(file, host.most_pixels())
                .map_err(|error| Failure::new(ErrorCode::InvalidInput, format!("{name}: the file {error}")))?;
            Value::Picture(host.hold_picture(View::of_file(file, name)).map_err(|error| Failure::of(&error))?)
        }
    })
}

/// Results for the supervisor; pictures are encoded.
fn write(host: &mut Host, results: Vec<(String, Value)>, most_bytes: u64) -> Result<Parcel, Failure> {
    let mut parcel = Parcel { values: Vec::with_capacity(results.len()), attachments: Vec::new() };
    let mut left = most_bytes;
    let mut take = |bytes: usize| match left.checked_sub(bytes as u64) {
        Some(rest) => {
            left = rest;
            Ok(())
        }
        None => {
            let message = format!("the results are larger than {} MiB together", most_bytes >> 20);
            Err(Failure::new(ErrorCode::LimitExceeded, message))
        }
    };
    for (name, value) in results {
        host.clock.check()?;
        let failed = |message: String| Failure::new(ErrorCode::AppFailed, format!("result “{name}”: {message}"));
        let value = match value {
            Value::Text(text) => {
                take(text.len())?;
                WireValue::Text(text)
            }
            Value::Number(number) if !number.is_finite() => {
                return Err(failed(format!("{number} is not a number that can be shown")));
            }
            Value::Number(number) => WireValue::Number(number),
            Value::Boolean(yes) => WireValue::Boolean(yes),
            Value::Date(day) => {
                take(day.len())?;
                WireValue::Date(day)
            }
            Value::Json(text) => {
                take(text.len())?;
                let json =
                    serde_json::from_str(&text).map_err(|error| failed(format!("is not valid JSON: {error}")))?;
                WireValue::Json(json)
            }
            Value::Picture(handle) => {
                let picture = host.picture(&handle).map_err(|error| Failure::of(&error))?;
                let bytes = picture.to_result().map_err(failed)?;
                host.release_picture(handle).map_err(|error| Failure::of(&error))?;
                take(bytes.len())?;
                parcel.attachments.push(bytes.into());
                WireValue::Picture(parcel.attachments.len() - 1)
            }
        };
        parcel.values.push((name, value));
    }
    Ok(parcel)
}

/// The report of a run that was over before it began.
pub(super) fn not_begun(failure: Failure, waited: Duration) -> Report {
    let (timings, stages) = Stopwatch::start().finish(waited);
    Report { outcome: Err(failure), facts: Vec::new(), timings, stages, logs: Vec::new() }
}
