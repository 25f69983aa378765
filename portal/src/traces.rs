//! OpenTelemetry traces: from the request that caused a run through the portal and the runner into the worker.
//!
//! What is recorded is written down here and in the few places that call it, attribute by attribute: no photo, name,
//! token or link can slip in with some log line. A runner reaches nobody but the portal, so it answers with its own
//! spans, which the portal exports. Without a collector nothing is recorded.

mod collector;

use std::time::Duration;

use futures_util::future::Either;
use opentelemetry::{
    Context, KeyValue, Value,
    trace::{
        FutureExt, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
        TraceState, Tracer, TracerProvider,
    },
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use url::Url;
use vision_protocol::{
    messages::{Process, Span},
    traceparent::Traceparent,
};

pub use collector::CollectorError;

/// Most spans of one run that are taken from a runner.
const MOST_SPANS: usize = 64;
/// How long the collector may take for what is left when the portal stops.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// Records traces, if there is a collector.
pub struct Traces(Option<Recorder>);

struct Recorder {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// What a step is in relation to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers somebody from outside.
    Server,
    /// Asks somebody outside.
    Client,
    /// Carries out what was written down earlier.
    Job,
}

/// A piece of work that is recorded; it ends when this is dropped. Nothing, where nothing is recorded.
pub struct Step(Option<Context>);

impl Traces {
    /// Records nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// Sends what it records to a collector that speaks OTLP over HTTP. Sampling, batches and headers are set by the
    /// variables that OpenTelemetry gives them. Must be called in a runtime.
    ///
    /// # Errors
    /// When the address or one of those variables cannot be used.
    pub fn to(collector: &Url) -> Result<Self, CollectorError> {
        let provider = collector::provider(collector)?;
        let tracer = provider.tracer("vision");
        Ok(Self(Some(Recorder { provider, tracer })))
    }

    /// Whether anything is recorded.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins a step: in the trace of `parent`, or else one of its own.
    pub fn begin(&self, kind: Kind, name: &'static str, parent: Option<Traceparent>) -> Step {
        let parent = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(place(parent)));
        self.step(kind, name, &parent)
    }

    /// Begins a step of the step that is under way here.
    pub fn begin_within(&self, kind: Kind, name: &'static str) -> Step {
        match &self.0 {
            Some(_) => self.step(kind, name, &Context::current()),
            None => Step(None),
        }
    }

    fn step(&self, kind: Kind, name: &'static str, parent: &Context) -> Step {
        let Some(recorder) = &self.0 else { return Step(None) };
        let kind = match kind {
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
            Kind::Job => SpanKind::Consumer,
        };
        let span = recorder.tracer.build_with_context(SpanBuilder::from_name(name).with_kind(kind), parent);
        Step(Some(parent.with_span(span)))
    }

    /// Adds what a runner says of a run to the step in which it was asked, which took so long until now. Its clock is
    /// not ours: its time is laid in the middle of that step.
    pub fn add(&self, asked: &Step, took: Duration, spans: &[Span]) {
        let (Some(recorder), Some(asked)) = (&self.0, &asked.0) else { return };
        let spans: Vec<_> = spans.iter().filter(|span| is_sound(span)).take(MOST_SPANS).collect();
        let Some(end_ms) = spans.iter().map(|span| span.start_ms + span.duration_ms).reduce(f64::max) else { return };
        let within = milliseconds(end_ms).min(took);
        let begin = opentelemetry::time::now() - took + (took - within) / 2;
        let record = |name: &str, kind, process, start: Duration, end: Duration, parent: &Context| {
            let attributes = [KeyValue::new("vision.process", process)];
            let builder = SpanBuilder::from_name(name.to_owned()).with_kind(kind).with_attributes(attributes);
            let span = recorder.tracer.build_with_context(builder.with_start_time(begin + start), parent);
            let context = parent.with_span(span);
            context.span().end_with_timestamp(begin + end.max(start));
            context
        };
        let run = record("runner", SpanKind::Server, "supervisor", Duration::ZERO, within, asked);
        let mut computing = run.clone();
        for span in spans {
            let start = milliseconds(span.start_ms).min(within);
            let end = milliseconds(span.start_ms + span.duration_ms).min(within);
            match span.process {
                Process::Supervisor => {
                    let context = record(&span.name, SpanKind::Internal, "supervisor", start, end, &run);
                    if span.name == "compute" {
                        computing = context;
                    }
                }
                Process::Worker => {
                    record(&span.name, SpanKind::Internal, "worker", start, end, &computing);
                }
            }
        }
    }

    /// Sends what is left, and stops recording.
    pub async fn stop(&self) {
        let Some(recorder) = &self.0 else { return };
        let provider = recorder.provider.clone();
        // It waits for its own thread, which waits for this one.
        let stopped = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(STOP_WITHIN)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be exported");
        }
    }
}

/// Where the step is that is under way here, if it is recorded.
pub fn current() -> Option<Traceparent> {
    traceparent(Context::current().span().span_context())
}

impl Step {
    /// Does something as part of this step.
    pub fn within<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        match &self.0 {
            Some(context) => Either::Left(work.with_context(context.clone())),
            None => Either::Right(work),
        }
    }

    /// Notes something about it that nobody needs to keep secret: numbers, ids and fixed words.
    pub fn note(&self, key: &'static str, value: impl Into<Value>) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new(key, value));
        }
    }

    /// Gives it a better name.
    pub fn rename(&self, name: impl FnOnce() -> String) {
        if let Some(context) = &self.0 {
            context.span().update_name(name());
        }
    }

    /// It did not end well. Why stands in the log.
    pub fn failed(&self) {
        if let Some(context) = &self.0 {
            context.span().set_status(Status::error(""));
        }
    }

    /// Where it is, for whoever is asked to do a part of it.
    pub fn traceparent(&self) -> Option<Traceparent> {
        traceparent(self.0.as_ref()?.span().span_context())
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

fn traceparent(place: &SpanContext) -> Option<Traceparent> {
    place.is_valid().then(|| Traceparent {
        trace: u128::from_be_bytes(place.trace_id().to_bytes()),
        parent: u64::from_be_bytes(place.span_id().to_bytes()),
        sampled: place.is_sampled(),
    })
}

fn place(parent: Traceparent) -> SpanContext {
    let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, span) = (TraceId::from(parent.trace), SpanId::from(parent.parent));
    SpanContext::new(trace, span, flags, true, TraceState::default())
}

/// A third party's runner may say anything here.
fn is_sound(span: &Span) -> bool {
    let named = (1..=40).contains(&span.name.len()) && span.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let timed = |ms: f64| ms.is_finite() && (0.0..=1e9).contains(&ms);
    named && timed(span.start_ms) && timed(span.duration_ms)
}

fn milliseconds(ms: f64) -> Duration {
    Duration::from_secs_f64(ms / 1e3)
}
