//! What everybody sees: the list of apps, and one app's page.

use jiff::Timestamp;
use vision_protocol::{
    ids::{AppId, ReleaseId, Slug},
    manifest::Manifest,
};

use super::{DomainError, Page, Result};
use crate::{
    state::{Portal, timestamp},
    store::{AppRow, StoreError},
};

/// Apps on one page of the list.
pub const APPS_PER_PAGE: u32 = 24;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Words that name, description or category contain; all of them.
    pub text: String,
    /// Only this shelf.
    pub category: Option<String>,
    /// From 1; 0 is taken for 1.
    pub page: u32,
}

/// An app in a list.
#[derive(Clone, Debug)]
pub struct AppCard {
    /// Its address.
    pub slug: Slug,
    /// What people see.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// The shelf; may be empty.
    pub category: String,
    /// The author's name.
    pub author: String,
    /// Whether [`icon`] has one.
    pub has_icon: bool,
}

/// An app's page.
#[derive(Clone, Debug)]
pub struct AppView {
    /// As in a list.
    pub card: AppCard,
    /// The app.
    pub app: AppId,
    /// The release that a run on this page executes.
    pub release: ReleaseId,
    /// Its manifest.
    pub manifest: Manifest,
    /// The long description, Markdown as the author wrote it.
    pub readme: Option<String>,
    /// When this release was published.
    pub published_at: Timestamp,
}

/// A shelf.
#[derive(Clone, Debug)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// How many apps stand on it.
    pub apps: u64,
}

/// An app's icon.
#[derive(Clone, Debug)]
pub struct Icon {
    /// `image/png` or `image/svg+xml`.
    pub media_type: String,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// Published apps, by name.
///
/// # Errors
/// The database's.
pub async fn search(portal: &Portal, search: &Search) -> Result<Page<AppCard>> {
    let words: Vec<String> = clean(&search.text).split_whitespace().map(str::to_lowercase).collect();
    let category = clean(search.category.as_deref().unwrap_or_default());
    let page = search.page.max(1);
    let offset = i64::from(page - 1) * i64::from(APPS_PER_PAGE);
    let (rows, total) = portal.store.search_apps(&words, &category, APPS_PER_PAGE.into(), offset).await?;
    let cards = rows
        .into_iter()
        .map(|row| {
            Ok(AppCard {
                slug: slug(&row.slug)?,
                name: row.name,
                description: row.description,
                category: row.category,
                author: row.author,
                has_icon: row.has_icon != 0,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Page::new(cards, page, APPS_PER_PAGE, total))
}

/// PostgreSQL takes no NUL in a text.
fn clean(text: &str) -> String {
    text.replace('\0', " ")
}

pub(super) fn slug(text: &str) -> Result<Slug> {
    Ok(text.parse().map_err(|_| StoreError::Corrupt("app address"))?)
}

pub(super) fn manifest(text: &str) -> Result<Manifest> {
    Ok(serde_json::from_str(text).map_err(|_| StoreError::Corrupt("manifest"))?)
}

/// The shelves that have apps, by name.
///
/// # Errors
/// The database's.
pub async fn categories(portal: &Portal) -> Result<Vec<Category>> {
    let rows = portal.store.categories().await?;
    Ok(rows.into_iter().map(|(name, apps)| Category { name, apps: apps.unsigned_abs() }).collect())
}

pub(super) async fn published(portal: &Portal, slug: &Slug) -> Result<(AppRow, ReleaseId)> {
    let app = portal.store.app_by_slug(slug).await?.filter(|app| app.suspended_at.is_none());
    let app = app.ok_or(DomainError::NotFound)?;
    let release = app.published_release.map(ReleaseId).ok_or(DomainError::NotFound)?;
    Ok((app, release))
}

/// A published app.
///
/// # Errors
/// `NotFound`, also when it is not published.
pub async fn app(portal: &Portal, slug: &Slug) -> Result<AppView> {
    let (app, id) = published(portal, slug).await?;
    let release = portal.store.release(id).await?.ok_or(DomainError::NotFound)?;
    let manifest = manifest(&release.manifest)?;
    let has_icon = portal.store.icon(id).await?.is_some();
    Ok(AppView {
        card: AppCard {
            slug: slug.clone(),
            name: manifest.name.clone(),
            description: manifest.description.clone(),
            category: manifest.category.clone(),
            author: app.author,
            has_icon,
        },
        app: AppId(app.id),
        release: id,
        manifest,
        readme: release.readme,
        published_at: timestamp(release.published_at.unwrap_or(release.created_at)),
    })
}

/// The icon of a published app.
///
/// # Errors
/// `NotFound`, also when it has none.
pub async fn icon(portal: &Portal, slug: &Slug) -> Result<Icon> {
    let (_, release) = published(portal, slug).await?;
    let (media_type, bytes) = portal.store.icon(release).await?.ok_or(DomainError::NotFound)?;
    Ok(Icon { media_type, bytes })
}
