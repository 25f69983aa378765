//! All that the marketplace keeps of a person, as one zip that is written while it is sent: never a whole photo in memory,
//! and nothing opened on a disk.

mod opinions;
mod profile;
mod runs;

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::{
    Result,
    accounts::{self, User},
    archive::{self, Archive},
};
use crate::state::Portal;

/// Exports of one person in a quarter of an hour.
const AT_MOST: u32 = 5;

/// What is in the zip, for whoever opens it.
const README: &str = "This is all that the marketplace keeps of you.\n\n\
    profile.json   your account, where you are logged in, your API keys by name, your request to become an author\n\
    apps.json      the apps that you made, with their releases\n\
    favourites.json, reviews.json, reports.json   what you keep at hand, and what you said of apps\n\
    runs/          a folder for each run: run.json with what you gave, what came out, what you said of it and whether the\n\
    \x20              author may use the photo; and the files beside it\n\n\
    Times are UTC. Passwords and API keys are not in it: the marketplace does not know them.\n";

/// Begins an export. What goes wrong later breaks the zip off, so that nobody takes a part for the whole.
///
/// # Errors
/// `TooMany`.
pub async fn export(portal: &Portal, user: &User) -> Result<impl Stream<Item = std::io::Result<Bytes>> + use<>> {
    accounts::throttle(portal, &format!("export/{}", user.id), AT_MOST).await?;
    let (archive, zipped) = archive::open();
    tokio::spawn(write(portal.clone(), user.clone(), archive));
    Ok(receiving(zipped))
}

fn receiving(zipped: mpsc::Receiver<std::io::Result<Bytes>>) -> impl Stream<Item = std::io::Result<Bytes>> + use<> {
    stream::unfold(zipped, |mut zipped| async { zipped.recv().await.map(|piece| (piece, zipped)) })
}

async fn write(portal: Portal, user: User, mut archive: Archive) {
    match add_all(&portal, &user, &mut archive).await {
        Ok(()) => archive.finish().await,
        // Whoever asked for it went away, or something is wrong here: without its end, the zip is none.
        Err(error) => tracing::warn!(user.id = %user.id, %error, "an export broke off"),
    }
}

async fn add_all(portal: &Portal, user: &User, archive: &mut Archive) -> Result<()> {
    archive.text("README.txt", README.to_owned()).await?;
    profile::add(portal, user, archive).await?;
    opinions::add(portal, user, archive).await?;
    runs::add(portal, user, archive).await?;
    Ok(())
}
