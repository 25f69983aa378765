//! What everybody sees of an app: its card in a list, its page, its icon.

use jiff::Timestamp;
use vision_protocol::{
    ids::{AppId, ReleaseId, Slug, UserId},
    manifest::Manifest,
};

use super::{DomainError, Result, accounts::User, sharing};
use crate::{
    state::{Portal, timestamp},
    store::{AppListing, AppRow, StoreError},
};

/// An app in a list.
#[derive(Clone, Debug)]
pub struct AppCard {
    /// Which app.
    pub id: AppId,
    /// Its address.
    pub slug: Slug,
    /// What people see.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// The shelf; may be empty.
    pub category: String,
    /// Who made it.
    pub author_id: UserId,
    /// The author's name.
    pub author: String,
    /// Whether [`icon`] has one.
    pub has_icon: bool,
    /// Stars in the mean and how many have rated it, if anybody has.
    pub rating: Option<(f64, u64)>,
    /// People who ran it in the last 30 days.
    pub people_month: u64,
    /// Why it is shown to this very person, if there is a reason.
    pub reason: Option<String>,
}

impl AppCard {
    pub(super) fn from_row(row: AppListing) -> Result<Self> {
        Ok(Self {
            id: AppId(row.id),
            slug: slug(&row.slug)?,
            name: row.name,
            description: row.description,
            category: row.category,
            author_id: UserId(row.author_id),
            author: row.author,
            has_icon: row.has_icon != 0,
            rating: (row.rating_count > 0).then(|| (row.rating_avg, row.rating_count.unsigned_abs())),
            people_month: row.people_month.unsigned_abs(),
            reason: None,
        })
    }
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
    /// What people made of it.
    pub figures: Figures,
}

/// What people made of an app.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Good runs by others than its author.
    pub runs: u64,
    /// People who made them.
    pub people: u64,
    /// How long the last of them took, in milliseconds: the median.
    pub typical_ms: Option<u64>,
    /// How many gave it one star, two, and so on to five.
    pub stars: [u64; 5],
    /// The mean of the stars.
    pub average: f64,
}

impl Figures {
    /// How many have rated it.
    pub fn ratings(&self) -> u64 {
        self.stars.iter().sum()
    }
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

/// PostgreSQL takes no NUL in a text.
pub(super) fn clean(text: &str) -> String {
    text.replace('\0', " ")
}

pub(super) fn slug(text: &str) -> Result<Slug> {
    Ok(text.parse().map_err(|_| StoreError::Corrupt("app address"))?)
}

pub(super) fn manifest(text: &str) -> Result<Manifest> {
    Ok(serde_json::from_str(text).map_err(|_| StoreError::Corrupt("manifest"))?)
}

/// A published app that this person may know of.
pub(super) async fn published(portal: &Portal, viewer: Option<&User>, slug: &Slug) -> Result<(AppRow, ReleaseId)> {
    let app = portal.store.app_by_slug(slug).await?.filter(|app| app.suspended_at.is_none());
    let app = app.ok_or(DomainError::NotFound)?;
    sharing::require(portal, viewer, AppId(app.id)).await?;
    let release = app.published_release.map(ReleaseId).ok_or(DomainError::NotFound)?;
    Ok((app, release))
}

/// A published app, as this person sees it.
///
/// # Errors
/// `NotFound`, also when it is not published, or private.
pub async fn app(portal: &Portal, viewer: Option<&User>, slug: &Slug) -> Result<AppView> {
    let (app, id) = published(portal, viewer, slug).await?;
    let release = portal.store.release(id).await?.ok_or(DomainError::NotFound)?;
    let manifest = manifest(&release.manifest)?;
    let has_icon = portal.store.icon(id).await?.is_some();
    let figures = figures(portal, AppId(app.id)).await?;
    Ok(AppView {
        card: AppCard {
            id: AppId(app.id),
            slug: slug.clone(),
            name: manifest.name.clone(),
            description: manifest.description.clone(),
            category: manifest.category.clone(),
            author_id: UserId(app.author_id),
            author: app.author,
            has_icon,
            rating: (figures.ratings() > 0).then(|| (figures.average, figures.ratings())),
            people_month: 0,
            reason: None,
        },
        figures,
        app: AppId(app.id),
        release: id,
        manifest,
        readme: release.readme,
        published_at: timestamp(release.published_at.unwrap_or(release.created_at)),
    })
}

async fn figures(portal: &Portal, app: AppId) -> Result<Figures> {
    let row = portal.store.app_figures(app).await?.ok_or(DomainError::NotFound)?;
    let times = portal.store.app_times(app).await?;
    Ok(Figures {
        runs: row.runs_total.unsigned_abs(),
        people: row.people_total.unsigned_abs(),
        typical_ms: times.get(times.len() / 2).map(|time| time.unsigned_abs()),
        stars: [row.stars_1, row.stars_2, row.stars_3, row.stars_4, row.stars_5].map(i64::unsigned_abs),
        average: row.rating_avg,
    })
}

/// The icon of a published app.
///
/// # Errors
/// `NotFound`, also when it has none.
pub async fn icon(portal: &Portal, viewer: Option<&User>, slug: &Slug) -> Result<Icon> {
    let (_, release) = published(portal, viewer, slug).await?;
    let (media_type, bytes) = portal.store.icon(release).await?.ok_or(DomainError::NotFound)?;
    Ok(Icon { media_type, bytes })
}
