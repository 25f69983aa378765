//! The runner protocol over HTTP. The routes, and which failure has which status.

mod access;
mod publish;
mod run;

use std::sync::Arc;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
    web::{self, Data, ServiceConfig},
};
use serde_json::json;
use vision_protocol::messages::{ErrorCode, ErrorResponse};

use super::{Supervisor, failure::Failure, metrics};

pub(super) use access::layer;

/// All routes.
pub(super) fn configure(app: &mut ServiceConfig, supervisor: Arc<Supervisor>) {
    let post = || web::post();
    let get = || web::get();
    app.app_data(Data::from(supervisor))
        .service(only("/publish", post().to(publish::publish)))
        .service(only("/run", post().to(run::run)))
        .service(only("/health/live", get().to(live)))
        .service(only("/health/ready", get().to(ready)))
        .service(only("/metrics", get().to(show_metrics)))
        .default_service(web::to(|| async {
            let message = "there is nothing here: a runner has POST /publish and POST /run";
            HttpResponse::NotFound().json(ErrorResponse::new(ErrorCode::BadRequest, message))
        }));
}

fn only(path: &str, route: actix_web::Route) -> actix_web::Resource {
    web::resource(path).route(route).default_service(web::to(|| async {
        let message = "this address takes another method";
        HttpResponse::MethodNotAllowed().json(ErrorResponse::new(ErrorCode::BadRequest, message))
    }))
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

async fn ready(supervisor: Data<Supervisor>) -> HttpResponse {
    let (ready, told) = supervisor.readiness().await;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(told)
}

async fn show_metrics(supervisor: Data<Supervisor>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics::render(&supervisor))
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self.code {
            ErrorCode::BadRequest
            | ErrorCode::InvalidPackage
            | ErrorCode::AlreadyPublished
            | ErrorCode::NotPublished
            | ErrorCode::InvalidInput
            | ErrorCode::InputUnavailable => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::Busy => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::LimitExceeded | ErrorCode::AppFailed | ErrorCode::WorkerLost | ErrorCode::Internal => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            ErrorCode::Deadline => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self.code {
            ErrorCode::Busy => drop(response.insert_header((header::RETRY_AFTER, self.retry_after.unwrap_or(1)))),
            ErrorCode::Unauthorized => drop(response.insert_header((header::WWW_AUTHENTICATE, "Bearer"))),
            _ => {}
        }
        response.json(self.response())
    }
}
