//! `GET` and `POST /author/drafts/{draft}/template/frame`: an example by the draft's layout, alone in its document. What
//! is posted is shown and not saved.

use actix_web::{
    HttpResponse,
    http::header::CONTENT_SECURITY_POLICY,
    web::{Data, Path},
};
use askama::Template;
use vision_protocol::{ids::RunId, results::StandardLayout};

use super::{Fields, template};
use crate::{
    domain::{
        drafting::{self, Draft, DraftId, Example},
        layouts::{RenderedLayout, Titled},
    },
    state::Portal,
    web::{
        error::WebError,
        forms::CsrfForm,
        headers::LAYOUT_POLICY,
        identity::{May, PublishApps},
        pages::runs::layout::LayoutDocument,
        results::{BrokenLayout, Place, ResultPart, StandardResult},
    },
};

/// `author/editor/layout_preview.html`.
#[derive(Template)]
#[template(path = "author/editor/layout_preview.html")]
pub(crate) struct LayoutPreview {
    pub(crate) result: ResultPart,
}

impl LayoutPreview {
    /// An example by a standard layout.
    pub(crate) fn standard(mut view: StandardResult, photo: Option<String>, images: Vec<(String, String)>) -> Self {
        view.photo = photo;
        let picture = |(title, value)| Titled { title, description: String::new(), value };
        view.images = images.into_iter().map(picture).collect();
        Self { result: ResultPart::Standard(Box::new(view)) }
    }
}

fn answer(example: Example) -> Result<HttpResponse, WebError> {
    let page = |preview: &LayoutPreview| -> Result<HttpResponse, WebError> {
        Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(preview.render()?))
    };
    match example.layout {
        Ok(RenderedLayout::Custom(html)) => Ok(HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, LAYOUT_POLICY))
            .body(LayoutDocument { html }.render()?)),
        Ok(RenderedLayout::Standard(view)) => {
            let view = StandardResult::new(&Place::of_run(RunId(uuid::Uuid::nil())), *view);
            page(&LayoutPreview::standard(view, example.photo, example.images))
        }
        Err(faults) => page(&LayoutPreview { result: ResultPart::Broken(BrokenLayout { faults, values: Vec::new() }) }),
    }
}

async fn render(portal: &Portal, draft: &Draft) -> Result<HttpResponse, WebError> {
    answer(drafting::example(portal, draft).await?)
}

/// The layout as it is saved.
pub(crate) async fn show(
    may: May<PublishApps>,
    portal: Data<Portal>,
    id: Path<DraftId>,
) -> Result<HttpResponse, WebError> {
    let draft = drafting::open(&portal, &may.user, *id).await?;
    render(&portal, &draft).await
}

/// The layout as it is typed.
pub(crate) async fn submit(
    may: May<PublishApps>,
    portal: Data<Portal>,
    id: Path<DraftId>,
    form: CsrfForm<Fields>,
) -> Result<HttpResponse, WebError> {
    let mut draft = drafting::open(&portal, &may.user, *id).await?;
    template::take(&form.0, &mut draft);
    render(&portal, &draft).await
}
