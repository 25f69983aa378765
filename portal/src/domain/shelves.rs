//! The shelves of the first page: what is popular, new, recommended, and what a person uses and keeps.

mod recommended;

use std::collections::HashSet;

use vision_protocol::ids::{AppId, Slug};

use super::{
    DomainError, Page, Result,
    accounts::User,
    catalog::{self, AppCard},
    finding::APPS_PER_PAGE,
};
use crate::{
    state::Portal,
    store::{AppListing, AppOrder, AppQuery, COUNTED_APPS, MONTH_MS},
};

/// Apps of one shelf on the first page.
const ON_HOME: u32 = 8;
/// Apps are counted anew this long after they were last.
const COUNT_EVERY_MS: i64 = 60 * 60 * 1000;

/// A shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// What admins put first.
    Featured,
    /// What a person used last.
    Recent,
    /// What a person keeps.
    Favourites,
    /// What a person might like.
    Recommended,
    /// What many people ran lately.
    Popular,
    /// What was listed last.
    New,
}

impl Shelf {
    /// All of them, as they stand on the first page.
    pub const ALL: [Self; 6] =
        [Self::Recent, Self::Favourites, Self::Featured, Self::Recommended, Self::Popular, Self::New];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Featured => "featured",
            Self::Recent => "recent",
            Self::Favourites => "favourites",
            Self::Recommended => "recommended",
            Self::Popular => "popular",
            Self::New => "new",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.name() == name)
    }

    /// Whether only somebody who has logged in has it.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::Recent | Self::Favourites)
    }
}

/// A shelf on the first page.
#[derive(Clone, Debug)]
pub struct ShelfView {
    /// Which.
    pub shelf: Shelf,
    /// Its first apps; never none.
    pub apps: Vec<AppCard>,
    /// Whether its own page has more.
    pub is_more: bool,
}

fn listed<'a>(order: AppOrder, people: Option<i64>) -> AppQuery<'a> {
    AppQuery { words: &[], category: None, author: None, stars: None, people, order }
}

fn cards(rows: Vec<AppListing>) -> Result<Vec<AppCard>> {
    rows.into_iter().map(AppCard::from_row).collect()
}

/// The shelves of the first page that have anything on them. What stands on one of the shelves that are the same for
/// everybody is not shown again on the next.
///
/// # Errors
/// The database's.
pub async fn home(portal: &Portal, viewer: Option<&User>) -> Result<Vec<ShelfView>> {
    let mut shelves = Vec::new();
    let mut shown: HashSet<AppId> = HashSet::new();
    for shelf in Shelf::ALL {
        if shelf.is_personal() && viewer.is_none() {
            continue;
        }
        let found = part(portal, viewer, shelf, i64::from(ON_HOME) * 3, 0).await?;
        let mut apps = found.0;
        if !shelf.is_personal() {
            apps.retain(|app| !shown.contains(&app.id));
        }
        let is_more = apps.len() > ON_HOME as usize;
        apps.truncate(ON_HOME as usize);
        if !shelf.is_personal() {
            shown.extend(apps.iter().map(|app| app.id));
        }
        if !apps.is_empty() {
            shelves.push(ShelfView { shelf, apps, is_more });
        }
    }
    Ok(shelves)
}

/// One page of a shelf.
///
/// # Errors
/// `LogInFirst` for a personal shelf of nobody.
pub async fn shelf(portal: &Portal, viewer: Option<&User>, shelf: Shelf, page: u32) -> Result<Page<AppCard>> {
    if shelf.is_personal() && viewer.is_none() {
        return Err(DomainError::LogInFirst);
    }
    let page = page.clamp(1, u32::try_from(COUNTED_APPS).unwrap_or(u32::MAX).div_ceil(APPS_PER_PAGE));
    let offset = i64::from(page - 1) * i64::from(APPS_PER_PAGE);
    let (apps, total) = part(portal, viewer, shelf, APPS_PER_PAGE.into(), offset).await?;
    Ok(Page::new(apps, page, APPS_PER_PAGE, total))
}

async fn part(
    portal: &Portal,
    viewer: Option<&User>,
    shelf: Shelf,
    limit: i64,
    offset: i64,
) -> Result<(Vec<AppCard>, i64)> {
    let store = &portal.store;
    let (rows, total) = match (shelf, viewer) {
        (Shelf::Recent | Shelf::Favourites, None) => return Err(DomainError::LogInFirst),
        (Shelf::Recent, Some(user)) => {
            (store.recent_apps(user.id, limit, offset).await?, store.count_recent_apps(user.id, COUNTED_APPS).await?)
        }
        (Shelf::Favourites, Some(user)) => {
            (store.favourites(user.id, limit, offset).await?, store.count_favourites(user.id, COUNTED_APPS).await?)
        }
        (Shelf::Featured, _) => {
            let ids: Vec<i64> = store.featured_apps().await?.into_iter().map(|app| app.id).collect();
            let apps = store.apps_by_id(&ids).await?;
            let total = i64::try_from(apps.len()).unwrap_or(i64::MAX);
            let (skip, take) = (usize::try_from(offset).unwrap_or(0), usize::try_from(limit).unwrap_or(0));
            (apps.into_iter().skip(skip).take(take).collect(), total)
        }
        (Shelf::Recommended, _) => return recommended::part(portal, viewer, limit, offset).await,
        (Shelf::Popular, _) => store.find_apps(&listed(AppOrder::Popular, Some(1)), limit, offset).await?,
        (Shelf::New, _) => store.find_apps(&listed(AppOrder::Newest, None), limit, offset).await?,
    };
    Ok((cards(rows)?, total))
}

/// Keeps an app at hand, or no longer.
///
/// # Errors
/// `NotFound`.
pub async fn keep(portal: &Portal, user: &User, slug: &Slug, on: bool) -> Result<()> {
    let (app, _) = catalog::published(portal, Some(user), slug).await?;
    Ok(portal.store.set_favourite(user.id, AppId(app.id), on, portal.now()).await?)
}

/// Whether a person keeps an app at hand.
///
/// # Errors
/// The database's.
pub async fn is_kept(portal: &Portal, user: &User, app: AppId) -> Result<bool> {
    Ok(portal.store.is_favourite(user.id, app).await?)
}

/// Counts the people of the last 30 days anew, and who ran what else, for every app whose hour has come. Few at a time,
/// so that nobody waits for the database.
pub(super) async fn count(portal: &Portal) -> Result<()> {
    const AT_ONCE: i64 = 50;
    loop {
        let now = portal.now();
        let apps = portal.store.recount_apps(now - MONTH_MS, now - COUNT_EVERY_MS, now, AT_ONCE).await?;
        for (app, was_run) in &apps {
            if *was_run {
                portal.store.pair_app(*app).await?;
            }
        }
        if apps.is_empty() || portal.stopping.is_cancelled() {
            return Ok(());
        }
    }
}
