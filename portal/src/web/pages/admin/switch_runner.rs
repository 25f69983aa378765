//! `POST /admin/runners/{id}`: gives a runner work, or no more.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::ids::RunnerId;

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

/// The form.
#[derive(Deserialize)]
pub(crate) struct Form {
    enabled: bool,
}

/// The handler.
pub(crate) async fn submit(
    may: May<ManageRunners>,
    request: HttpRequest,
    portal: Data<Portal>,
    runner: Path<RunnerId>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    fleet::set_enabled(&portal, may.by(), *runner, form.enabled).await?;
    Ok(respond::see_other(&request, "/admin/runners", Some(Notice::RunnerSwitched)))
}
