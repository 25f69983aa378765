//! `POST /author/apps/{slug}/lines`: when an author wants to be told.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use vision_protocol::{fault::Fault, ids::Slug};

use crate::{
    domain::{
        DomainError,
        figures::{self, Lines},
    },
    state::Portal,
    web::{
        error::WebError,
        forms::CsrfForm,
        identity::{May, PublishApps},
        notices::Notice,
        respond,
    },
};

/// The form; a line that is left empty is not drawn.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    failures: String,
    slow: String,
}

impl Form {
    fn lines(&self) -> Result<Lines, DomainError> {
        let mut faults = Vec::new();
        let mut read = |place: &str, text: &str| match text.trim() {
            "" => None,
            text => text.parse().map_err(|_| faults.push(Fault::new(place, "must be a whole number"))).ok(),
        };
        let lines = Lines { failures_percent: read("failures", &self.failures), slow_ms: read("slow", &self.slow) };
        if faults.is_empty() { Ok(lines) } else { Err(DomainError::Invalid(faults)) }
    }
}

/// The handler.
pub(crate) async fn submit(
    may: May<PublishApps>,
    request: HttpRequest,
    portal: Data<Portal>,
    slug: Path<Slug>,
    CsrfForm(form): CsrfForm<Form>,
) -> Result<HttpResponse, WebError> {
    figures::set_lines(&portal, &may.user, &slug, &form.lines()?).await?;
    Ok(respond::see_other(&request, &format!("/author/apps/{slug}#lines"), Some(Notice::LinesSet)))
}
