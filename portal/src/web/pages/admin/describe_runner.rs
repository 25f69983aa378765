//! `POST /admin/runners/{id}/about`: what an operator says of a runner.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::RunnerId;

use super::add_runner::AboutForm;
use crate::{
    domain::fleet,
    state::Portal,
    web::{
        error::WebError,
        forms::CsrfForm,
        identity::{ManageRunners, May},
        notices::Notice,
        respond,
    },
};

/// The handler.
pub(crate) async fn submit(
    may: May<ManageRunners>,
    request: HttpRequest,
    portal: Data<Portal>,
    runner: Path<RunnerId>,
    CsrfForm(form): CsrfForm<AboutForm>,
) -> Result<HttpResponse, WebError> {
    fleet::describe(&portal, may.by(), *runner, &form.into()).await?;
    Ok(respond::see_other(&request, "/admin/runners", Some(Notice::RunnerDescribed)))
}
