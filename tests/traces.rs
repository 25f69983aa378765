//! What a collector is told of a run, from the person's request into the worker, and what it is not told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, web};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;

use crate::support::{eventually, glue, packages, portal::Setup, visitor::run_status};

/// A collector that keeps what it is sent.
struct Collector {
    url: String,
    bodies: Arc<Mutex<Vec<web::Bytes>>>,
}

impl Collector {
    fn start() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = web::Data::from(bodies.clone());
        let take = |body: web::Bytes, bodies: web::Data<Mutex<Vec<web::Bytes>>>| async move {
            bodies.lock().expect("no holder panics").push(body);
            HttpResponse::Ok().finish()
        };
        let server =
            HttpServer::new(move || App::new().app_data(kept.clone()).route("/v1/traces", web::post().to(take)));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, bodies }
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.bodies.lock().expect("no holder panics");
        let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(&**body).expect("OTLP"));
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// Everything that it was sent, as it came.
    fn text(&self) -> String {
        let bodies = self.bodies.lock().expect("no holder panics");
        bodies.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect()
    }
}

/// The spans of one trace.
struct Trace(Vec<Span>);

impl Trace {
    fn named(&self, name: &str) -> &Span {
        let spans: Vec<_> = self.0.iter().filter(|span| span.name == name).collect();
        let [span] = spans[..] else { panic!("{} spans are named {name}: {:#?}", spans.len(), self.names()) };
        span
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| &*span.name).collect()
    }

    /// What is directly below a span, in the order of its beginnings.
    fn below(&self, parent: &Span) -> Vec<&Span> {
        let mut below: Vec<_> = self.0.iter().filter(|span| span.parent_span_id == parent.span_id).collect();
        below.sort_by_key(|span| span.start_time_unix_nano);
        below
    }
}

fn attributes(span: &Span) -> HashMap<&str, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = span.attributes.iter();
    pairs
        .map(|pair| (&*pair.key, text(pair.value.as_ref().expect("a value").value.as_ref().expect("of some kind"))))
        .collect()
}

fn assert_within(inner: &Span, outer: &Span) {
    assert!(
        outer.start_time_unix_nano <= inner.start_time_unix_nano
            && inner.end_time_unix_nano <= outer.end_time_unix_nano,
        "{} is not within {}",
        inner.name,
        outer.name
    );
}

#[tokio::test]
async fn one_trace_leads_from_the_request_into_the_worker() {
    let collector = Collector::start();
    let setup = Setup::new().with("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    let portal = setup.with("OTEL_BSP_SCHEDULE_DELAY", "50").start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Traced", &glue::instant(), 10_000)).await;
    let run = portal.consumer("grace").await.run_and_wait(&app, &packages::small_photo(), "image/png").await;
    assert_eq!(run_status(&run), "Done", "{}", run.visible_text());

    let trace = eventually("the trace of the run", Duration::from_secs(20), async || {
        let spans = collector.spans();
        let id = spans.iter().find(|span| span.name == "postprocess")?.trace_id.clone();
        let trace = Trace(spans.into_iter().filter(|span| span.trace_id == id).collect());
        (trace.names().contains(&"run") && trace.names().contains(&"POST /apps/{slug}/runs")).then_some(trace)
    })
    .await;

    let request = trace.named("POST /apps/{slug}/runs");
    assert!(request.parent_span_id.is_empty(), "the request continues another trace");
    let job = trace.named("run");
    assert_eq!(job.parent_span_id, request.span_id);
    assert_eq!(attributes(job)["vision.run.id"], run.url.path().rsplit('/').next().unwrap());
    let asked = trace.named("POST /run");
    assert_eq!((&asked.parent_span_id, asked.kind()), (&job.span_id, SpanKind::Client));
    assert_within(asked, job);
    let runner = trace.named("runner");
    assert_eq!((&runner.parent_span_id, runner.kind()), (&asked.span_id, SpanKind::Server));
    assert_within(runner, asked);
    let supervisor = trace.below(runner);
    let names: Vec<_> = supervisor.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["admission", "queue", "fetch", "queue", "start", "compute", "store"]);
    let computing = trace.named("compute");
    let worker = trace.below(computing);
    let names: Vec<_> = worker.iter().map(|span| &*span.name).collect();
    for stage in ["queue", "decode", "load", "preprocess", "infer", "postprocess"] {
        assert!(names.contains(&stage), "{stage} is not among {names:?}");
    }
    for (spans, outer, process) in [(&supervisor, runner, "supervisor"), (&worker, computing, "worker")] {
        for span in spans {
            assert_within(span, outer);
            assert_eq!(attributes(span)["vision.process"], process);
        }
    }
    let status = &attributes(request)["http.response.status_code"];
    assert!(["201", "303"].contains(&&**status), "{status}");
    let log = portal.log();
    let id = hex::encode(&request.trace_id);
    assert!(log.lines().any(|line| line.contains("path=\"/run\"") && line.contains(&id)), "the runner's log: {log}");
}

#[tokio::test]
async fn a_collector_learns_nothing_about_people() {
    let collector = Collector::start();
    let setup = Setup::new().with("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
    let mut portal = setup.with("OTEL_BSP_SCHEDULE_DELAY", "50").start().await;
    let author = portal.author("ada").await;
    let app = author.publish(&packages::glue_only("Private matter", &glue::instant(), 10_000)).await;
    let grace = portal.consumer("grace").await;
    let run = grace.run_and_wait(&app, &packages::small_photo(), "image/png").await;
    let answer = run.text("[data-test='result']").expect("a result");
    portal.visitor().get("/apps/nothing-here?secret=in-the-query").await;
    // What is left is sent before it ends.
    assert!(portal.interrupt().await.success());

    let text = collector.text();
    assert!(text.contains("GET /apps/{slug}") && text.contains("postprocess"), "{text}");
    for secret in ["grace", "example.org", "photo", "private", "Private", "nothing-here", "in-the-query", "Bearer"] {
        assert!(!text.contains(secret), "a collector is told “{secret}”: {text}");
    }
    for secret in ["signature", "expires", "127.0.0.1", answer.trim()] {
        assert!(!text.contains(secret), "a collector is told “{secret}”: {text}");
    }
    let known = [
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "vision.process",
        "vision.release.id",
        "vision.run.attempt",
        "vision.run.id",
    ];
    for span in collector.spans() {
        assert!(span.events.is_empty() && span.links.is_empty(), "{span:?}");
        for key in attributes(&span).keys() {
            assert!(known.contains(key), "{key} of {} is new: may everybody know it?", span.name);
        }
    }
}
