//! `GET /apps/{slug}/examples/{example}/layout`: the result of an example in the author's own layout, alone in its
//! document, for the frame on the app's page.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use vision_protocol::ids::Slug;

use crate::{
    domain::examples,
    state::Portal,
    web::{error::WebError, identity::Viewer, pages::runs::layout, results::Place},
};

/// The handler.
pub(crate) async fn show(
    viewer: Viewer,
    portal: Data<Portal>,
    path: Path<(Slug, u32)>,
) -> Result<HttpResponse, WebError> {
    let (app, position) = path.into_inner();
    let run = examples::show(&portal, viewer.0.as_ref(), &app, position).await?;
    layout::document(&run, &Place::of_example(&app, position))
}
