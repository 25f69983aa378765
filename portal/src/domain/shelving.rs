//! The shelves and their order, and the featured apps.
//!
//! A shelf is there because an app's manifest names it, or because somebody added it. One that was renamed or merged
//! stays known by its old name, so that the next release of an app does not bring it back.

use vision_protocol::ids::{AppId, Slug};

use super::{
    DomainError, Result,
    accounts::User,
    audit::{Act, By},
    catalog, finding,
    roles::Permission,
};
use crate::{state::Portal, store::FeaturedRow};

const LONGEST_NAME: usize = 60;
/// Shelves that are looked after.
const MOST_SHELVES: u32 = 1000;
/// Apps that may be featured at once.
const MOST_FEATURED: usize = 24;

/// A shelf, as admins see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Its name.
    pub name: String,
    /// How many apps stand on it.
    pub apps: u64,
}

/// What is done with a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShelfChange {
    /// A new one, at the end.
    Add,
    /// One place up.
    Up,
    /// One place down.
    Down,
    /// Another name; if that is a shelf already, the two become one.
    Rename(String),
    /// It is gone; only if no app stands on it.
    Remove,
}

/// A featured app.
#[derive(Clone, Debug)]
pub struct Featured {
    /// The app.
    pub id: AppId,
    /// Its address.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Whether people see it: it is published.
    pub published: bool,
}

/// What is done with a featured app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureChange {
    /// One more, at the end.
    Add,
    /// One place up.
    Up,
    /// One place down.
    Down,
    /// It is featured no more.
    Remove,
}

/// The shelf that a manifest means.
pub(super) async fn canonical(portal: &Portal, category: &str) -> Result<String> {
    if category.is_empty() {
        return Ok(String::new());
    }
    let known = portal.store.category_of_alias(&category.to_lowercase()).await?;
    Ok(known.unwrap_or_else(|| category.to_owned()))
}

/// All shelves: those with a place in their order, then the others by name.
///
/// # Errors
/// `Forbidden` without [`Permission::ManageSite`].
pub async fn shelves(portal: &Portal, viewer: &User) -> Result<Vec<Shelf>> {
    viewer.require(Permission::ManageSite)?;
    let counted = finding::categories(portal, MOST_SHELVES).await?;
    let mut shelves: Vec<Shelf> =
        portal.store.category_places().await?.into_iter().map(|name| Shelf { name, apps: 0 }).collect();
    let mut others = Vec::new();
    for found in counted {
        match shelves.iter_mut().find(|shelf| shelf.name == found.name) {
            Some(shelf) => shelf.apps = found.apps,
            None => others.push(Shelf { name: found.name, apps: found.apps }),
        }
    }
    others.sort_by(|a, b| a.name.cmp(&b.name));
    shelves.extend(others);
    Ok(shelves)
}

fn checked(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(DomainError::invalid("name", format!("must have 1 to {LONGEST_NAME} characters")));
    }
    Ok(name.to_owned())
}

/// Changes a shelf. From here on, all of them have a place.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` with a fault at `name`; `Conflict` for one that is there already or not empty.
pub async fn change_shelf(portal: &Portal, by: By<'_>, name: &str, change: &ShelfChange) -> Result<()> {
    let shelves = shelves(portal, by.user).await?;
    let mut names: Vec<String> = shelves.iter().map(|shelf| shelf.name.clone()).collect();
    let place = names.iter().position(|known| known == name);
    let line = |detail: String| by.line(portal, Act::SetCategories, ("category", name), detail);
    match change {
        ShelfChange::Add => {
            let name = checked(name)?;
            if names.iter().any(|known| known.to_lowercase() == name.to_lowercase()) {
                return Err(DomainError::invalid("name", "is there already"));
            }
            names.push(name);
            portal.store.set_category_places(&names, &line("added".to_owned())).await?;
        }
        ShelfChange::Up | ShelfChange::Down => {
            let place = place.ok_or(DomainError::NotFound)?;
            let Some(detail) = shift(&mut names, place, *change == ShelfChange::Up) else { return Ok(()) };
            portal.store.set_category_places(&names, &line(detail.to_owned())).await?;
        }
        ShelfChange::Remove => {
            let place = place.ok_or(DomainError::NotFound)?;
            if shelves[place].apps > 0 {
                return Err(DomainError::Conflict("Apps stand on this shelf. Merge it into another one.".to_owned()));
            }
            names.remove(place);
            portal.store.set_category_places(&names, &line("removed".to_owned())).await?;
        }
        ShelfChange::Rename(to) => {
            let place = place.ok_or(DomainError::NotFound)?;
            let to = checked(to)?;
            if to == name {
                return Ok(());
            }
            match names.iter().position(|known| *known == to) {
                Some(_) => drop(names.remove(place)),
                None => names[place].clone_from(&to),
            }
            portal.store.merge_categories(name, &to, &names, &line(format!("→ {to}"))).await?;
        }
    }
    Ok(())
}

/// Moves an item by one place. Says how, or nothing if it is at the end.
fn shift<T>(items: &mut [T], place: usize, up: bool) -> Option<&'static str> {
    let other = if up { place.checked_sub(1)? } else { place + 1 };
    if other >= items.len() {
        return None;
    }
    items.swap(place, other);
    Some(if up { "up" } else { "down" })
}

fn view(row: FeaturedRow) -> Result<Featured> {
    let slug = catalog::slug(&row.slug)?;
    Ok(Featured { id: AppId(row.id), slug, name: row.name, published: row.published_release.is_some() })
}

/// Featured apps in their order.
///
/// # Errors
/// `Forbidden` without [`Permission::ManageSite`].
pub async fn featured(portal: &Portal, viewer: &User) -> Result<Vec<Featured>> {
    viewer.require(Permission::ManageSite)?;
    portal.store.featured_apps().await?.into_iter().map(view).collect()
}

/// Changes the featured apps.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` with a fault at `slug`.
pub async fn change_featured(portal: &Portal, by: By<'_>, slug: &str, change: FeatureChange) -> Result<()> {
    let featured = featured(portal, by.user).await?;
    let mut apps: Vec<AppId> = featured.iter().map(|app| app.id).collect();
    let place = featured.iter().position(|app| app.slug.as_str() == slug);
    let detail = match change {
        FeatureChange::Add => {
            let fault = |message: String| DomainError::invalid("slug", message);
            let wanted: Slug =
                slug.trim().parse().map_err(|_| fault("must be an app’s address, such as cat-finder".into()))?;
            let row = portal.store.app_overview(&wanted).await?;
            let row = row.filter(|row| row.published_release.is_some() && row.suspended_at.is_none());
            let row = row.ok_or_else(|| fault("is no published app".into()))?;
            if apps.contains(&AppId(row.id)) {
                return Err(fault("is featured already".into()));
            }
            if apps.len() >= MOST_FEATURED {
                return Err(fault(format!("{MOST_FEATURED} apps are featured; remove one first")));
            }
            apps.push(AppId(row.id));
            "added"
        }
        FeatureChange::Up | FeatureChange::Down => {
            let place = place.ok_or(DomainError::NotFound)?;
            let Some(detail) = shift(&mut apps, place, change == FeatureChange::Up) else { return Ok(()) };
            detail
        }
        FeatureChange::Remove => {
            apps.remove(place.ok_or(DomainError::NotFound)?);
            "removed"
        }
    };
    let line = by.line(portal, Act::Feature, ("app", slug.trim()), detail);
    Ok(portal.store.set_featured(&apps, &line).await?)
}

#[cfg(test)]
mod tests {
    use super::shift;

    #[test]
    fn places_are_swapped_within_the_list() {
        let mut items = ['a', 'b', 'c'];
        assert_eq!(shift(&mut items, 2, true), Some("up"));
        assert_eq!(items, ['a', 'c', 'b']);
        assert_eq!(shift(&mut items, 0, true), None);
        assert_eq!(shift(&mut items, 2, false), None);
        assert_eq!(shift(&mut items, 0, false), Some("down"));
        assert_eq!(items, ['c', 'a', 'b']);
    }
}
