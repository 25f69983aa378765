//! Finding apps: by words, shelf, author and stars; with a hand for whoever misspells a name.

mod misspelt;

use vision_protocol::ids::UserId;

use super::{
    DomainError, Page, Result, accounts,
    catalog::{self, AppCard, Category},
};
use crate::{
    state::Portal,
    store::{AppOrder, AppQuery, COUNTED_APPS, words},
};

/// Apps on one page of a list.
pub const APPS_PER_PAGE: u32 = 24;
/// Words of a search that are looked at.
const WORDS: usize = 8;

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// How well the words fit; without words, as [`Sort::Popular`].
    #[default]
    Relevance,
    /// People who ran it in the last 30 days.
    Popular,
    /// Stars.
    Rating,
    /// When it was first listed.
    Newest,
    /// Its name.
    Name,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Relevance, Self::Popular, Self::Rating, Self::Newest, Self::Name];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Popular => "popular",
            Self::Rating => "rating",
            Self::Newest => "newest",
            Self::Name => "name",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }

    fn order(self) -> AppOrder {
        match self {
            Self::Relevance => AppOrder::Relevance,
            Self::Popular => AppOrder::Popular,
            Self::Rating => AppOrder::Rating,
            Self::Newest => AppOrder::Newest,
            Self::Name => AppOrder::Name,
        }
    }
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Words that name, description or category contain; all of them, in any case and with or without accents.
    pub text: String,
    /// Only this shelf.
    pub category: Option<String>,
    /// Only this author's.
    pub author: Option<UserId>,
    /// At least so many stars in the mean.
    pub stars: Option<u8>,
    /// The order.
    pub sort: Sort,
    /// From 1; 0 is taken for 1.
    pub page: u32,
}

impl Search {
    /// Whether nothing is asked for: all apps fit.
    pub fn is_everything(&self) -> bool {
        self.text.trim().is_empty() && self.category.is_none() && self.author.is_none() && self.stars.is_none()
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// One page of it.
    pub page: Page<AppCard>,
    /// Whether there are more than were counted.
    pub is_more: bool,
    /// What was probably meant, if no app has the words as they stand: then the page shows what is close to them.
    pub meant: Option<String>,
}

/// An author, as everybody sees one.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub id: UserId,
    /// What others see.
    pub name: String,
}

/// Listed apps that fit.
///
/// # Errors
/// The database's.
pub async fn search(portal: &Portal, search: &Search) -> Result<Found> {
    let wanted: Vec<String> = words::words(&search.text).into_iter().take(WORDS).collect();
    let category = search.category.as_deref().map(catalog::clean);
    let query = AppQuery {
        words: &wanted,
        category: category.as_deref(),
        author: search.author,
        stars: search.stars.map(f64::from),
        people: None,
        order: search.sort.order(),
    };
    // Signs alone are no words, and nothing is called so.
    if wanted.is_empty() && !search.text.trim().is_empty() {
        return Ok(Found { page: Page::new(Vec::new(), 1, APPS_PER_PAGE, 0), is_more: false, meant: None });
    }
    let last = u32::try_from(COUNTED_APPS).unwrap_or(u32::MAX).div_ceil(APPS_PER_PAGE);
    let page = search.page.clamp(1, last);
    let offset = i64::from(page - 1) * i64::from(APPS_PER_PAGE);
    let (rows, total) = portal.store.find_apps(&query, APPS_PER_PAGE.into(), offset).await?;
    if total == 0 && !wanted.is_empty() {
        return misspelt::search(portal, &query, page).await;
    }
    let cards = rows.into_iter().map(AppCard::from_row).collect::<Result<_>>()?;
    Ok(Found { page: Page::new(cards, page, APPS_PER_PAGE, total), is_more: total >= COUNTED_APPS, meant: None })
}

/// The shelves with most apps, at most so many: in the order that admins gave them, and by name.
///
/// # Errors
/// The database's.
pub async fn categories(portal: &Portal, at_most: u32) -> Result<Vec<Category>> {
    let rows = portal.store.categories(at_most.into()).await?;
    let mut shelves: Vec<Category> =
        rows.into_iter().map(|(name, apps)| Category { name, apps: apps.unsigned_abs() }).collect();
    let places = portal.store.category_places().await?;
    shelves.sort_by_cached_key(|shelf| {
        let place = places.iter().position(|name| *name == shelf.name);
        (place.unwrap_or(usize::MAX), words::fold(&shelf.name))
    });
    Ok(shelves)
}

/// Somebody who has listed apps.
///
/// # Errors
/// `NotFound`, also for people who have none: who has an account is nobody's business.
pub async fn author(portal: &Portal, id: UserId) -> Result<Author> {
    let search = Search { author: Some(id), ..Search::default() };
    if self::search(portal, &search).await?.page.total == 0 {
        return Err(DomainError::NotFound);
    }
    let person = accounts::person(portal, id).await?;
    Ok(Author { id, name: person.name })
}

/// Puts apps into the index of words that are not there yet, as after an update of the portal.
pub(super) async fn fill_index(portal: &Portal) -> Result<()> {
    const AT_ONCE: i64 = 50;
    let mut done = 0;
    loop {
        let apps = portal.store.index_apps(AT_ONCE, portal.now()).await?;
        done += apps;
        if apps == 0 || portal.stopping.is_cancelled() {
            break;
        }
    }
    if done > 0 {
        tracing::info!(apps = done, "put apps into the index of words");
    }
    Ok(())
}
