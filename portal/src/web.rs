//! What browsers, authors and runners reach over HTTP.
//!
//! [`routes`] is the table of all addresses. A page or action is one file under `pages`: it parses, calls one
//! function of [`domain`](crate::domain), and renders a template of `templates/`. Errors become pages or
//! problem+json in [`error`].

#[cfg(test)]
mod admin_story;
#[cfg(test)]
mod api_story;
pub mod assets;
mod charts;
mod chrome;
mod devices;
#[cfg(test)]
mod editor_story;
mod error;
mod events;
mod feedback;
#[cfg(test)]
mod feedback_story;
mod fields;
#[cfg(test)]
mod find_story;
mod forms;
mod headers;
#[cfg(test)]
mod house_story;
mod identity;
mod keyed;
mod markdown;
mod notices;
mod pages;
#[cfg(test)]
mod probes;
mod request_log;
mod request_trace;
mod respond;
mod results;
pub mod routes;
mod run_upload;
#[cfg(test)]
mod runs_story;
#[cfg(test)]
mod samples;
pub mod show;
#[cfg(test)]
mod story;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod versions_story;

use std::net::TcpListener;

use actix_web::{
    App, Error, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::Data,
};
use tracing_actix_web::TracingLogger;

use crate::state::Portal;

/// Serves the portal on `listener` until the returned server is stopped. Signals are the caller's business.
///
/// # Errors
/// The listener's.
pub fn run(portal: Portal, listener: TcpListener) -> std::io::Result<Server> {
    let server = portal.config.server.clone();
    let mut http = HttpServer::new(move || app(&portal))
        // Events are small, and must not wait until the one before has been acknowledged.
        .tcp_nodelay(true)
        .shutdown_timeout(server.stop_seconds)
        .disable_signals();
    if let Some(workers) = server.workers {
        http = http.workers(workers);
    }
    Ok(http.listen(listener)?.run())
}

/// Everything that answers requests, the same in the server and in tests.
fn app(
    portal: &Portal,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(Data::new(portal.clone()))
        .configure(routes::configure)
        .wrap(from_fn(identity::identify))
        .wrap(from_fn(error::show_errors))
        .wrap(from_fn(headers::secure))
        .wrap(from_fn(request_trace::trace))
        .wrap(TracingLogger::<request_log::RequestLog>::new())
}
