//! The page's routes.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc};

use actix_web::{
    App, HttpResponse, HttpServer,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorForbidden,
    http::header,
    middleware::{DefaultHeaders, Next, from_fn},
    web,
};
use futures_util::stream;

use super::bench::{Bench, Given};

/// Bytes of a request: some photos, as base64.
const MOST_BYTES: usize = 64 << 20;
/// Nothing is loaded from elsewhere. Styles of the author's own layout are allowed, scripts are not.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The page's server.
pub(super) struct Server {
    address: SocketAddr,
    running: actix_web::dev::Server,
}

impl Server {
    pub(super) fn bind(listen: SocketAddr, bench: Arc<Bench>) -> io::Result<Self> {
        let bench = web::Data::from(bench);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(bench.clone())
                .app_data(web::JsonConfig::default().limit(MOST_BYTES))
                .wrap(
                    DefaultHeaders::new()
                        .add((header::CONTENT_SECURITY_POLICY, POLICY))
                        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                        .add((header::CACHE_CONTROL, "no-store")),
                )
                .wrap(from_fn(only_from_here))
                .route("/", web::get().to(async || asset("text/html; charset=utf-8", include_str!("page.html"))))
                .route("/page.js", web::get().to(async || asset("text/javascript", include_str!("page.js"))))
                .route("/page.css", web::get().to(async || asset("text/css", include_str!("page.css"))))
                .route("/app", web::get().to(describe))
                .route("/examples/{example}/{file}", web::get().to(example))
                .route("/events", web::get().to(events))
                .route("/run", web::post().to(run))
        })
        .workers(1)
        .shutdown_timeout(1)
        .bind(listen)?;
        let address = server.addrs().first().copied().ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { address, running: server.run() })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn serve(self) -> io::Result<()> {
        self.running.await
    }
}

/// Another page in the author's browser has another origin, even if its name leads here.
async fn only_from_here(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let port = request.app_config().local_addr().port();
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let says = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = says(header::HOST).is_some_and(|host| own.iter().any(|own| own == host));
    let origin = says(header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
    let foreign = request.headers().contains_key(header::ORIGIN)
        && !origin.is_some_and(|origin| own.iter().any(|own| own == origin));
    if !host || foreign {
        return Err(ErrorForbidden("this page answers to http://127.0.0.1 and http://localhost only"));
    }
    next.call(request).await
}

fn asset(kind: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok().content_type(kind).body(content)
}

async fn describe(bench: web::Data<Bench>) -> HttpResponse {
    HttpResponse::Ok().json(bench.describe())
}

async fn example(bench: web::Data<Bench>, path: web::Path<(String, String)>) -> HttpResponse {
    match bench.example_file(&path.0, &path.1) {
        Some(file) => HttpResponse::Ok().content_type("application/octet-stream").body(file),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn run(bench: web::Data<Bench>, given: web::Json<BTreeMap<String, Given>>) -> HttpResponse {
    HttpResponse::Ok().json(bench.run(given.into_inner()).await)
}

/// One event for each change of the files.
async fn events(bench: web::Data<Bench>) -> HttpResponse {
    let events = stream::unfold(bench.news(), async |mut news| {
        news.changed().await.ok()?;
        let number = *news.borrow_and_update();
        Some((Ok::<_, actix_web::Error>(web::Bytes::from(format!("data: {number}\n\n"))), news))
    });
    // Something at once, so that whoever listens knows that nothing is missed any more.
    let begin = stream::once(async { Ok(web::Bytes::from_static(b": listening\n\n")) });
    HttpResponse::Ok().content_type("text/event-stream").streaming(futures_util::StreamExt::chain(begin, events))
}
