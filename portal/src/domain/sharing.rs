//! Who sees an app: everybody, whoever knows its address, or its author and whoever was given its link.

use subtle::ConstantTimeEq;
use vision_protocol::ids::{AppId, Slug};

use super::{
    DomainError, Result,
    accounts::{self, User},
    roles::Permission,
};
use crate::{
    state::Portal,
    store::{AccessRow, StoreError},
};

/// Who sees an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody; it stands in lists.
    Public,
    /// Whoever knows its address.
    Unlisted,
    /// Its author, and whoever was given its link.
    Private,
}

impl Visibility {
    /// All of them, the widest first.
    pub const ALL: [Self; 3] = [Self::Public, Self::Unlisted, Self::Private];

    /// Its name in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
        }
    }

    /// The one of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// How an app is shared, for its author.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// Who sees it.
    pub visibility: Visibility,
    /// The path of the link that makes one a guest.
    pub link: String,
    /// How many people have opened it, counted up to a thousand.
    pub guests: u64,
}

async fn access(portal: &Portal, app: AppId) -> Result<AccessRow> {
    portal.store.access(app).await?.ok_or(DomainError::NotFound)
}

/// Whether this person may know that the app is there.
///
/// # Errors
/// The database's; `NotFound` if there is no such app.
pub async fn may_see(portal: &Portal, viewer: Option<&User>, app: AppId) -> Result<bool> {
    let row = access(portal, app).await?;
    if row.visibility != Visibility::Private.name() {
        return Ok(true);
    }
    let Some(viewer) = viewer else { return Ok(false) };
    if row.author_id == viewer.id.0 || viewer.can(Permission::ReviewApps) {
        return Ok(true);
    }
    if portal.store.guest(app, viewer.id).await? == Some(row.share_generation) {
        return Ok(true);
    }
    // The house runs the examples of every app; nobody can log in as the house.
    Ok(accounts::house(portal).await?.id == viewer.id)
}

/// As [`may_see`], as an answer.
///
/// # Errors
/// `NotFound` if they may not.
pub(super) async fn require(portal: &Portal, viewer: Option<&User>, app: AppId) -> Result<()> {
    if may_see(portal, viewer, app).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// One's own app.
pub(super) async fn own(portal: &Portal, author: &User, slug: &Slug) -> Result<AppId> {
    author.require(Permission::PublishApps)?;
    let app = portal.store.app_by_slug(slug).await?.filter(|app| app.author_id == author.id.0);
    Ok(AppId(app.ok_or(DomainError::NotFound)?.id))
}

/// How one's own app is shared.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn sharing(portal: &Portal, author: &User, slug: &Slug) -> Result<Sharing> {
    let app = own(portal, author, slug).await?;
    let row = access(portal, app).await?;
    let visibility = Visibility::by_name(&row.visibility).ok_or(StoreError::Corrupt("visibility"))?;
    let token = portal.master.share_token(app, row.share_generation);
    let guests = portal.store.guests(app).await?.unsigned_abs();
    Ok(Sharing { visibility, link: format!("/apps/{slug}/shared/{token}"), guests })
}

/// Says who sees one's own app from now on.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn set_visibility(portal: &Portal, author: &User, slug: &Slug, visibility: Visibility) -> Result<()> {
    let app = own(portal, author, slug).await?;
    portal.store.set_visibility(app, visibility.name(), portal.now()).await?;
    tracing::info!(app.slug = %slug, app.visibility = visibility.name(), "visibility set");
    Ok(())
}

/// Gives one's own app another link. The old one is dead, and who came by it no longer sees a private app.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn renew(portal: &Portal, author: &User, slug: &Slug) -> Result<()> {
    let app = own(portal, author, slug).await?;
    Ok(portal.store.renew_share_link(app).await?)
}

/// Makes whoever opens the link of an app its guest.
///
/// # Errors
/// `NotFound` if the link is not good, or no longer.
pub async fn open_link(portal: &Portal, visitor: &User, slug: &Slug, token: &str) -> Result<()> {
    let app = AppId(portal.store.app_by_slug(slug).await?.ok_or(DomainError::NotFound)?.id);
    let row = access(portal, app).await?;
    let good = portal.master.share_token(app, row.share_generation);
    if !bool::from(good.as_bytes().ct_eq(token.as_bytes())) {
        return Err(DomainError::NotFound);
    }
    Ok(portal.store.admit_guest(app, visitor.id, row.share_generation, portal.now()).await?)
}
