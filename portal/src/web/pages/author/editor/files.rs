//! `POST /author/drafts/{draft}/files`: a file of the package; `POST …/files/remove`: one less.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::fault::Fault;

use super::{code, step_url};
use crate::{
    domain::{
        DomainError,
        drafting::{self, Draft, DraftId, PartKind, Step},
    },
    state::Portal,
    web::{
        chrome::Chrome,
        error::WebError,
        forms::{self, CsrfForm, CsrfMultipart, Parts},
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// Which file goes.
#[derive(Deserialize)]
pub(crate) struct RemoveForm {
    path: String,
}

/// Takes a file, as a browser without scripts sends it.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    chrome: Chrome,
    id: Path<DraftId>,
    CsrfMultipart(mut form): CsrfMultipart,
) -> Result<HttpResponse, WebError> {
    let mut draft = match drafting::open(&portal, &may.user, *id).await {
        Ok(draft) => draft,
        Err(error) => {
            form.drain().await;
            return Err(error.into());
        }
    };
    let taken = store(&portal, &mut draft, &mut form).await;
    form.drain().await;
    let faults = match taken {
        Ok(()) => {
            let location = step_url(draft.id, Step::Code);
            return Ok(respond::see_other(&request, &location, Some(Notice::FileTaken)));
        }
        Err(WebError::Domain(DomainError::Invalid(faults))) => faults,
        Err(WebError::Domain(error @ DomainError::TooLarge { .. })) => {
            vec![Fault::new("", format!("The file {error}."))]
        }
        Err(error) => return Err(error),
    };
    if !respond::wants_html(&request) {
        return Err(DomainError::Invalid(faults).into());
    }
    code::page(&portal, chrome, &draft, faults).await
}

async fn store(portal: &Portal, draft: &mut Draft, form: &mut Parts) -> Result<(), WebError> {
    let mut kind = PartKind::Zip;
    while let Some(mut field) = form.next().await? {
        match field.name() {
            Some("kind") => {
                let name = forms::text(&mut field, 64).await?;
                kind =
                    PartKind::by_name(&name).ok_or_else(|| DomainError::invalid("kind", "is none of the choices"))?;
            }
            Some("file") => {
                let name = field.content_disposition().and_then(|head| head.get_filename()).unwrap_or_default();
                let name = name.to_owned();
                if !name.is_empty() {
                    return Ok(drafting::add(portal, draft, kind, &name, &mut field).await?);
                }
            }
            _ => {}
        }
    }
    Err(DomainError::invalid("", "Choose a file first.").into())
}

/// Takes a file out of the package.
pub(crate) async fn remove(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    id: Path<DraftId>,
    form: CsrfForm<RemoveForm>,
) -> Result<HttpResponse, WebError> {
    drafting::remove(&portal, &may.user, *id, &form.0.path).await?;
    Ok(respond::see_other(&request, &step_url(*id, Step::Code), Some(Notice::FileRemoved)))
}
