//! The account: who one is, where one is logged in, keys by name, apps.

use serde_json::json;

use crate::domain::archive::Archive;
use crate::{
    domain::{
        Result,
        accounts::User,
        api_keys,
        authorship::{self, Answer},
        publishing,
    },
    state::{Portal, timestamp},
};

pub(super) async fn add(portal: &Portal, user: &User, archive: &mut Archive) -> Result<()> {
    let sessions = portal.store.sessions_of(user.id, portal.now()).await?.into_iter().map(|row| {
        json!({
            "device": row.device,
            "address": row.address,
            "since": timestamp(row.created_at),
            "lastUsed": row.seen_at.map(timestamp),
        })
    });
    let keys = api_keys::list(portal, user).await?.into_iter().map(|key| {
        json!({
            "name": key.name,
            "beginsWith": key.prefix,
            "scopes": key.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>(),
            "made": key.created_at,
            "expires": key.expires_at,
            "lastUsed": key.last_used_at,
        })
    });
    let request = authorship::own(portal, user).await?.map(|request| {
        let answer = match request.answer {
            Answer::Waiting => "waiting".to_owned(),
            Answer::Granted => "granted".to_owned(),
            Answer::Refused(reason) => format!("refused: {reason}"),
        };
        json!({ "words": request.words, "asked": request.created_at, "answer": answer })
    });
    let profile = json!({
        "name": user.name,
        "email": user.email,
        "role": user.role.name(),
        "since": user.created_at,
        "runsAreKeptMs": portal.store.keep_ms(user.id).await?,
        "sessions": sessions.collect::<Vec<_>>(),
        "apiKeys": keys.collect::<Vec<_>>(),
        "authorRequest": request,
    });
    archive.json("profile.json", &profile).await?;
    let apps = publishing::my_apps(portal, user).await?.into_iter().map(|app| {
        let releases = app.releases.iter().map(|release| {
            json!({ "version": release.version, "status": release.status.name(), "uploaded": release.created_at })
        });
        json!({ "address": app.slug, "name": app.name, "releases": releases.collect::<Vec<_>>() })
    });
    archive.json("apps.json", &apps.collect::<Vec<_>>()).await
}
