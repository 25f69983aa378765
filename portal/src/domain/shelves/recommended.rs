//! What a person might like: what people with the same apps run too, then more of the shelves that they use, then what is
//! popular and well rated. Each card says why it is there.

use std::collections::{HashMap, HashSet};

use vision_protocol::ids::AppId;

use super::{AppCard, cards, listed};
use crate::{
    domain::{Result, accounts::User},
    state::Portal,
    store::{AppOrder, AppQuery},
};

/// Apps that are recommended to one person at most.
const MOST: usize = 48;
/// What a person used last: so much of it is gone by.
const TASTES: i64 = 20;
/// Apps that a person used already, which are not recommended again.
const USED: i64 = 500;
/// Shelves of theirs that are looked at.
const SHELVES: usize = 3;
/// Apps of each of them, and of those that are popular and well rated.
const OF_EACH: i64 = 24;
/// Stars in the mean that are well rated.
const WELL_RATED: f64 = 4.0;
/// What is liked says more than what was only run.
const LIKED: f64 = 1.5;

/// Some of the recommendations, and how many there are.
pub(super) async fn part(
    portal: &Portal,
    viewer: Option<&User>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<AppCard>, i64)> {
    let all = all(portal, viewer).await?;
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    Ok((all.into_iter().skip(skip).take(usize::try_from(limit).unwrap_or(0)).collect(), total))
}

struct Picked {
    apps: Vec<AppCard>,
    known: HashSet<AppId>,
    viewer: Option<i64>,
}

impl Picked {
    fn is_full(&self) -> bool {
        self.apps.len() >= MOST
    }

    /// Takes an app, unless it is known or the viewer's own.
    fn take(&mut self, mut app: AppCard, reason: String) {
        if !self.is_full() && self.viewer != Some(app.author_id.0) && self.known.insert(app.id) {
            app.reason = Some(reason);
            self.apps.push(app);
        }
    }
}

async fn all(portal: &Portal, viewer: Option<&User>) -> Result<Vec<AppCard>> {
    let mut picked = Picked { apps: Vec::new(), known: HashSet::new(), viewer: viewer.map(|user| user.id.0) };
    if let Some(user) = viewer {
        picked.known.extend(portal.store.used_apps(user.id, USED).await?.into_iter().map(AppId));
        let tastes = portal.store.tastes(user.id, TASTES).await?;
        picked.known.extend(tastes.iter().map(|(app, ..)| AppId(*app)));
        by_people(portal, &tastes, &mut picked).await?;
        by_shelf(portal, &tastes, &mut picked).await?;
    }
    by_everybody(portal, &mut picked).await?;
    Ok(picked.apps)
}

type Taste = (i64, String, String, bool);

/// What people with the same apps run too.
async fn by_people(portal: &Portal, tastes: &[Taste], picked: &mut Picked) -> Result<()> {
    let ids: Vec<i64> = tastes.iter().map(|(app, ..)| *app).collect();
    // Of each candidate: the sum of what speaks for it, and which app says most.
    let mut candidates: HashMap<i64, (f64, f64, usize)> = HashMap::new();
    for (app, other, weight) in portal.store.pairs_of(&ids).await? {
        let Some(place) = ids.iter().position(|id| *id == app) else { continue };
        let weight = weight * if tastes[place].3 { LIKED } else { 1.0 } / (1.0 + place as f64 / 10.0);
        let candidate = candidates.entry(other).or_insert((0.0, 0.0, place));
        candidate.0 += weight;
        if weight > candidate.1 {
            (candidate.1, candidate.2) = (weight, place);
        }
    }
    let mut best: Vec<(i64, (f64, f64, usize))> =
        candidates.into_iter().filter(|(app, _)| !picked.known.contains(&AppId(*app))).collect();
    best.sort_by(|one, other| other.1.0.total_cmp(&one.1.0).then(one.0.cmp(&other.0)));
    best.truncate(MOST);
    let ids: Vec<i64> = best.iter().map(|(app, _)| *app).collect();
    for app in cards(portal.store.apps_by_id(&ids).await?)? {
        let Some((_, (_, _, place))) = best.iter().find(|(id, _)| *id == app.id.0) else { continue };
        let (_, name, _, is_liked) = &tastes[*place];
        let reason = format!("Because you {} {name}", if *is_liked { "liked" } else { "ran" });
        picked.take(app, reason);
    }
    Ok(())
}

/// More of the shelves that they use, well rated ones first.
async fn by_shelf(portal: &Portal, tastes: &[Taste], picked: &mut Picked) -> Result<()> {
    let mut shelves: Vec<&str> = Vec::new();
    for (_, _, shelf, _) in tastes {
        if !shelf.is_empty() && !shelves.contains(&shelf.as_str()) && shelves.len() < SHELVES {
            shelves.push(shelf);
        }
    }
    for shelf in shelves {
        if picked.is_full() {
            break;
        }
        let query = AppQuery { category: Some(shelf), ..listed(AppOrder::Rating, None) };
        for app in cards(portal.store.find_apps(&query, OF_EACH, 0).await?.0)? {
            picked.take(app, format!("More in {shelf}"));
        }
    }
    Ok(())
}

/// What is popular and what is well rated, in turns.
async fn by_everybody(portal: &Portal, picked: &mut Picked) -> Result<()> {
    if picked.is_full() {
        return Ok(());
    }
    let rated = AppQuery { stars: Some(WELL_RATED), ..listed(AppOrder::Rating, None) };
    let rated = cards(portal.store.find_apps(&rated, OF_EACH, 0).await?.0)?;
    let popular = cards(portal.store.find_apps(&listed(AppOrder::Popular, Some(1)), OF_EACH, 0).await?.0)?;
    let (mut rated, mut popular) = (rated.into_iter(), popular.into_iter());
    loop {
        let (one, other) = (rated.next(), popular.next());
        if one.is_none() && other.is_none() {
            return Ok(());
        }
        if let Some(app) = one {
            picked.take(app, "Well rated".to_owned());
        }
        if let Some(app) = other {
            picked.take(app, "Popular this month".to_owned());
        }
    }
}
