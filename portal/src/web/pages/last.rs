//! `GET /last`: on to the app that one used last, with its camera; where an installed marketplace opens.

use actix_web::{HttpRequest, HttpResponse, http::header::LOCATION, web::Data};

use crate::{
    domain::running,
    state::Portal,
    web::{error::WebError, identity},
};

/// The handler.
pub(crate) async fn show(request: HttpRequest, portal: Data<Portal>) -> Result<HttpResponse, WebError> {
    let visitor = identity::visitor(&request).await?;
    let app = match visitor.user() {
        Some(user) => running::last_app(&portal, user).await?,
        None => None,
    };
    let location = app.map_or_else(|| "/".to_owned(), |slug| format!("/apps/{slug}?camera"));
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, location)).finish())
}

#[cfg(test)]
mod tests {
    use actix_web::test;

    use crate::web::testing::{Browser, World};

    #[actix_web::test]
    async fn it_leads_to_the_app_that_one_used_last() {
        let world = World::new().await;
        let app = test::init_service(crate::web::app(&world.portal)).await;
        let (author, consumer) = (Browser::of(&app, "author").await, Browser::of(&app, "consumer").await);
        let of_app = format!("/apps/{}?camera", world.slug);
        assert_eq!(author.get("/last").await.location, Some(of_app));
        let nowhere = Some("/".to_owned());
        assert_eq!(consumer.get("/last").await.location, nowhere, "nothing was used yet");
        assert_eq!(Browser::new(&app).get("/last").await.location, nowhere);
        crate::domain::publishing::unpublish(&world.portal, &world.people["author"], world.release).await.unwrap();
        assert_eq!(author.get("/last").await.location, nowhere, "the app is gone");
    }
}
