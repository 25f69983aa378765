//! The whole portal with its embedded runner, one published app, and somebody who is logged in.

use crate::support::{
    forms::Form,
    portal::{Portal, Setup},
    visitor::Visitor,
};

/// A portal with an app, and the filled-in form for running it.
pub(crate) struct Marketplace {
    user: Visitor,
    form: Form,
    _portal: Portal,
}

impl Marketplace {
    /// Starts a portal and publishes a package on it.
    pub(crate) async fn start(package: Vec<u8>, photo: Vec<u8>) -> Self {
        let portal = Setup::new().with("RUST_LOG", "error").start().await;
        let app = portal.author("ada").await.publish(&package).await;
        let user = portal.consumer("grace").await;
        let form = user.get(&app).await.ok().form("[data-test='run-form']");
        let form = form.attach("p.Image", "photo.jpg", "image/jpeg", &photo);
        Self { user, form, _portal: portal }
    }

    /// One run: from sending the form to the event that says that it has ended.
    pub(crate) async fn run(&self) {
        let events = self.user.run_and_listen(&self.form).await;
        assert!(events.contains("\"status\":\"done\""), "the run ended otherwise: {events}");
    }
}
