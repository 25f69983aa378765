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
    web::{error::WebError, pages::runs::layout, results::Place},
};

/// The handler.
pub(crate) async fn show(portal: Data<Portal>, path: Path<(Slug, u32)>) -> Result<HttpResponse, WebError> {
    let (app, position) = path.into_inner();
    let run = examples::show(&portal, &app, position).await?;
    layout::document(&run, &Place::of_example(&app, position))
}
