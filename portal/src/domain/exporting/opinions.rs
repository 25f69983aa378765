//! What a person says of apps: favourites, reviews, reports.

use serde_json::json;

use crate::domain::archive::Archive;
use crate::{
    domain::{Result, accounts::User},
    state::{Portal, timestamp},
};

pub(super) async fn add(portal: &Portal, user: &User, archive: &mut Archive) -> Result<()> {
    let favourites = portal.store.favourites_told(user.id).await?.into_iter();
    let favourites = favourites.map(|(slug, at)| json!({ "app": slug, "since": timestamp(at) }));
    archive.json("favourites.json", &favourites.collect::<Vec<_>>()).await?;
    let reviews = portal.store.reviews_told(user.id).await?.into_iter().map(|row| {
        json!({
            "app": row.slug,
            "stars": row.stars,
            "words": row.words,
            "written": timestamp(row.created_at),
            "changed": timestamp(row.updated_at),
            "reply": row.reply,
        })
    });
    archive.json("reviews.json", &reviews.collect::<Vec<_>>()).await?;
    let reports = portal.store.reports_told(user.id).await?.into_iter().map(|row| {
        json!({
            "app": row.slug,
            "reason": row.reason,
            "words": row.words,
            "sent": timestamp(row.created_at),
            "decided": row.decided_at.map(timestamp),
            "decision": row.decision,
        })
    });
    archive.json("reports.json", &reports.collect::<Vec<_>>()).await
}
