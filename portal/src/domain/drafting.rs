//! Writing an app in the browser: a draft is filled in step by step, and becomes a release.
//!
//! A draft may be incomplete and wrong for as long as its author likes. What is wrong is said at the step where it can
//! be mended; the word that counts is that of the package check, through which every release goes.

mod archive;
mod document;
mod example;
mod files;
mod release;
mod uploads;

use jiff::Timestamp;
use vision_protocol::{
    fault::Fault,
    ids::{AppId, ReleaseId, Slug},
};

use super::{
    DomainError, Result,
    accounts::User,
    catalog,
    publishing::{self, ReleaseStatus},
    roles::Permission,
};
use crate::{
    state::{Portal, timestamp},
    store::{DraftObject, DraftRow, DraftTexts, NewDraft, StoreError},
};

pub use crate::store::{DraftId, UploadId};
pub use document::{Document, Step};
pub use example::{Example, example};
pub use files::{PartKind, add, remove};
pub use release::{Publication, check, publish, suggestion};
pub use uploads::{Progress, abandon, append, begin, progress, sweep, under_way};

/// Drafts that one author may have at a time.
const MOST_DRAFTS: usize = 100;

/// An app that is being written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The draft.
    pub id: DraftId,
    /// The app that gets a new release.
    pub app: Option<(AppId, Slug)>,
    /// `app.json`, as far as it is written.
    pub document: Document,
    /// `template.html`; may be empty.
    pub template: String,
    /// `README.md`; may be empty.
    pub readme: String,
    /// What is new.
    pub notes: String,
    /// All other files, by path.
    pub files: Vec<DraftFile>,
    /// The release that was last made of it.
    pub release: Option<ReleaseId>,
    /// When it was changed last.
    pub updated_at: Timestamp,
    pub(crate) archive: Option<DraftObject>,
}

/// A file of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    /// Its path in the package.
    pub path: String,
    /// Bytes, inflated.
    pub size: u64,
    pub(crate) object: Option<DraftObject>,
}

/// A draft in a list.
#[derive(Clone, Debug)]
pub struct DraftLine {
    /// The draft.
    pub id: DraftId,
    /// The app that gets a new release.
    pub app: Option<Slug>,
    /// Its name as it stands; may be empty.
    pub name: String,
    /// Its version as it stands.
    pub version: String,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// The first step at which something is still wrong.
    pub next: Step,
    /// How much is wrong.
    pub faults: usize,
}

#[cfg(test)]
impl DraftFile {
    /// A file for the samples of templates.
    pub(crate) fn sample(path: &str, size: u64) -> Self {
        Self { path: path.to_owned(), size, object: None }
    }
}

impl Draft {
    /// Whether it holds that file.
    pub fn contains(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// What is wrong as far as one can tell without opening files, each at its step.
    pub fn faults(&self) -> Vec<(Step, Fault)> {
        let mut faults = self.document.faults();
        let own_layout = self.document.text("ResultLayout") == vision_protocol::manifest::Manifest::TEMPLATE;
        if own_layout && self.template.trim().is_empty() {
            faults.push(Fault::new("template.html", "is empty: write it, or choose a standard layout"));
        } else if !self.template.is_empty() {
            faults.extend(vision_package::template::check(&self.template));
        }
        faults.extend(self.document.missing(|path| self.contains(path)));
        let has_glue = self.contains(vision_protocol::manifest::Manifest::COMPONENT);
        if self.document.text("Task").is_empty() && !has_glue {
            let message = "is missing: upload the glue of your app, or choose a task that has standard glue";
            faults.push(Fault::new(vision_protocol::manifest::Manifest::COMPONENT, message));
        }
        faults.into_iter().map(|fault| (Step::of_place(&fault.place), fault)).collect()
    }
}

/// Begins an app from nothing.
///
/// # Errors
/// `Forbidden`; `Conflict` with too many drafts.
pub async fn create(portal: &Portal, author: &User, document: &Document, readme: &str) -> Result<DraftId> {
    author.require(Permission::PublishApps)?;
    if list(portal, author).await?.len() >= MOST_DRAFTS {
        let message = format!("You have {MOST_DRAFTS} drafts; delete one that you do not need first.");
        return Err(DomainError::Conflict(message));
    }
    let manifest = document.compact();
    let new = NewDraft { user: author.id, app: None, manifest: &manifest, template: "", readme, now: portal.now() };
    Ok(portal.store.create_draft(&new).await?)
}

/// A draft of one's own.
///
/// # Errors
/// `NotFound`, also when it is somebody else's.
pub async fn open(portal: &Portal, author: &User, id: DraftId) -> Result<Draft> {
    author.require(Permission::PublishApps)?;
    let row = portal.store.draft(author.id, id).await?.ok_or(DomainError::NotFound)?;
    let rows = portal.store.draft_files(id).await?;
    let object = |text: Option<String>| {
        text.map(|text| text.parse().map_err(|_| StoreError::Corrupt("object of a draft"))).transpose()
    };
    let files = rows
        .into_iter()
        .map(|row| Ok(DraftFile { path: row.path, size: row.size.unsigned_abs(), object: object(row.object)? }))
        .collect::<Result<_>>()?;
    Ok(Draft {
        id,
        app: app_of(&row)?,
        document: Document::parse(&row.manifest)?,
        archive: object(row.archive)?,
        template: row.template,
        readme: row.readme,
        notes: row.notes,
        files,
        release: row.release_id.map(ReleaseId),
        updated_at: timestamp(row.updated_at),
    })
}

fn app_of(row: &DraftRow) -> Result<Option<(AppId, Slug)>> {
    match (row.app_id, &row.slug) {
        (Some(id), Some(slug)) => Ok(Some((AppId(id), catalog::slug(slug)?))),
        _ => Ok(None),
    }
}

/// One's own drafts, the one changed last first.
///
/// # Errors
/// The database's.
pub async fn list(portal: &Portal, author: &User) -> Result<Vec<DraftLine>> {
    let limit = i64::try_from(MOST_DRAFTS).unwrap_or(i64::MAX);
    let rows = portal.store.drafts_of(author.id, limit).await?;
    rows.into_iter()
        .map(|row| {
            let document = Document::parse(&row.manifest)?;
            let faults = document.faults();
            let steps = faults.iter().map(|fault| Step::of_place(&fault.place));
            Ok(DraftLine {
                id: DraftId(row.id),
                app: app_of(&row)?.map(|(_, slug)| slug),
                name: document.text("Name"),
                version: document.text("Version"),
                updated_at: timestamp(row.updated_at),
                next: steps.min().unwrap_or(Step::Publish),
                faults: faults.len(),
            })
        })
        .collect()
}

/// Writes the texts of a draft down. Files are written when they come.
///
/// # Errors
/// `TooLarge`; the database's.
pub async fn save(portal: &Portal, draft: &Draft) -> Result<()> {
    let limit = portal.config.limits.packages().text_bytes;
    let manifest = draft.document.compact();
    for text in [&manifest, &draft.template, &draft.readme, &draft.notes] {
        if text.len() as u64 > limit {
            return Err(DomainError::TooLarge { limit });
        }
    }
    let clean = |text: &str| text.replace('\0', "\u{FFFD}").replace("\r\n", "\n");
    let texts = DraftTexts {
        manifest: &manifest,
        template: &clean(&draft.template),
        readme: &clean(&draft.readme),
        notes: &clean(&draft.notes),
    };
    Ok(portal.store.save_draft(draft.id, &texts, portal.now()).await?)
}

/// Deletes a draft with its files. Releases made of it stay.
///
/// # Errors
/// `NotFound`.
pub async fn delete(portal: &Portal, author: &User, id: DraftId) -> Result<()> {
    let draft = open(portal, author, id).await?;
    for upload in under_way(portal, &draft).await? {
        abandon(portal, author, upload.id).await?;
    }
    Ok(portal.store.delete_draft(id, portal.now()).await?)
}

/// The draft for a new release of one's own app: the one that is there or, without one or if `afresh`, one made of its
/// newest release.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's.
pub async fn edit(portal: &Portal, author: &User, slug: &Slug, afresh: bool) -> Result<DraftId> {
    author.require(Permission::PublishApps)?;
    let app = portal.store.app_by_slug(slug).await?.filter(|app| app.author_id == author.id.0);
    let app = AppId(app.ok_or(DomainError::NotFound)?.id);
    let known = portal.store.draft_for(author.id, app).await?;
    if let (Some(draft), false) = (known, afresh) {
        return Ok(draft);
    }
    let releases = portal.store.releases_of(author.id).await?;
    let newest = releases.iter().find(|(of, _, _, status, _)| {
        *of == app.0 && status != ReleaseStatus::Rejected.name() && status != ReleaseStatus::Checking.name()
    });
    let release = newest.or_else(|| releases.iter().find(|(of, ..)| *of == app.0)).ok_or(DomainError::NotFound)?.1;
    let id = files::from_release(portal, author, app, publishing::stored(portal, ReleaseId(release)).await?).await?;
    if let Some(old) = known {
        delete(portal, author, old).await?;
    }
    Ok(id)
}
