//! `POST /runs/delete`: deletes the runs that were ticked.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use crate::{
    domain::{DomainError, running},
    state::Portal,
    web::{
        error::WebError,
        forms::{self, CsrfForm},
        identity::CurrentUser,
        notices::Notice,
        respond,
    },
};

/// The field of each box.
pub(super) const FIELD: &str = "run";

/// The handler.
pub(crate) async fn submit(
    CurrentUser(user): CurrentUser,
    request: HttpRequest,
    portal: Data<Portal>,
    CsrfForm(form): CsrfForm<Vec<(String, String)>>,
) -> Result<HttpResponse, WebError> {
    let runs = forms::all_ids(&form, FIELD);
    if runs.is_empty() {
        return Err(DomainError::Conflict("Tick the runs that are to be deleted first.".to_owned()).into());
    }
    let notice = match running::delete_many(&portal, &user, &runs).await? {
        0 => return Err(DomainError::NotFound.into()),
        1 => Notice::RunDeleted,
        _ => Notice::RunsDeleted,
    };
    Ok(respond::see_other(&request, "/runs", Some(notice)))
}
