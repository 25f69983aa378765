//! The files of a draft: a whole zip, or its parts one by one.

use std::fs::File;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use uuid::Uuid;
use vision_protocol::{
    fault::Fault,
    ids::AppId,
    manifest::{Manifest, Task},
};

use super::{Document, Draft, archive, open, save};
use crate::{
    blobs::{BlobError, objects::ObjectKey},
    domain::{DomainError, Result, accounts::User, publishing},
    state::Portal,
    store::{DraftId, DraftObject, NewDraft, ReleaseRow},
};

/// The long description's name in a package.
const README: &str = "README.md";
/// Texts that the editor has fields for.
const TEXTS: [&str; 3] = [Manifest::FILE, Manifest::TEMPLATE, README];
/// Longest name of a file that is kept.
const LONGEST_NAME: usize = 100;

/// What a file is to be in the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// The whole of it.
    Zip,
    /// `models/….onnx`
    Model,
    /// `app.wasm`
    Glue,
    /// `assets/…`
    Asset,
    /// `icon.png` or `icon.svg`
    Icon,
}

impl PartKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Zip, Self::Model, Self::Glue, Self::Asset, Self::Icon];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Model => "model",
            Self::Glue => "glue",
            Self::Asset => "asset",
            Self::Icon => "icon",
        }
    }

    /// The kind of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where a file of that name goes; nowhere for a whole zip.
    ///
    /// # Errors
    /// One fault, if it cannot be such a file.
    pub fn path(self, name: &str) -> Result<String> {
        let name = plain(name);
        let wrong = |message: &str| Err(DomainError::invalid(name.clone(), message));
        match self {
            Self::Zip => Ok(String::new()),
            Self::Model if name.ends_with(".onnx") => Ok(format!("models/{name}")),
            Self::Model => wrong("is not a model: its name must end in .onnx"),
            Self::Glue if name.ends_with(".wasm") => Ok(Manifest::COMPONENT.to_owned()),
            Self::Glue => wrong("is not glue: a component's name ends in .wasm"),
            Self::Asset if name.is_empty() => wrong("has no name"),
            Self::Asset => Ok(format!("assets/{name}")),
            Self::Icon if name.ends_with(".png") => Ok("icon.png".to_owned()),
            Self::Icon if name.ends_with(".svg") => Ok("icon.svg".to_owned()),
            Self::Icon => wrong("cannot be an icon: take a PNG or SVG picture"),
        }
    }
}

/// The last part of a name, without what a path cannot hold.
fn plain(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let kept: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' })
        .take(LONGEST_NAME)
        .collect();
    kept.trim_matches(['.', ' ']).to_owned()
}

/// Takes a file into a draft, as it comes.
///
/// # Errors
/// `Invalid` if it cannot be what it is to be; `TooLarge`; `Upload` if the stream breaks.
pub async fn add<S, E>(portal: &Portal, draft: &mut Draft, kind: PartKind, name: &str, mut content: S) -> Result<()>
where
    S: Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let path = kind.path(name)?;
    let limit = portal.config.limits.packages().zipped_bytes;
    let object = DraftObject(Uuid::new_v4());
    let mut writer = portal.objects.create(ObjectKey::Draft(object.0)).await?;
    let mut size = 0;
    while let Some(piece) = content.next().await {
        let piece = piece.map_err(|error| DomainError::Upload(error.to_string()))?;
        size += piece.len() as u64;
        if size > limit {
            return Err(DomainError::TooLarge { limit });
        }
        writer.write(&piece).await?;
    }
    if size == 0 {
        return Err(DomainError::invalid(name, "is empty: choose a file"));
    }
    // Should the portal die before a row refers to it, the janitor finds it.
    portal.store.loosen_object(object, portal.now()).await?;
    writer.finish().await?;
    match take(portal, draft, &path, object, size).await {
        Ok(()) => Ok(portal.store.forget_object(object).await?),
        Err(error) => Err(error),
    }
}

async fn take(portal: &Portal, draft: &mut Draft, path: &str, object: DraftObject, size: u64) -> Result<()> {
    if path.is_empty() {
        return take_zip(portal, draft, object).await;
    }
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    if path.starts_with("models/") {
        draft.document.add_model(path);
        save(portal, draft).await?;
    }
    // There is one icon.
    for other in ["icon.png", "icon.svg"] {
        if path.starts_with("icon.") && path != other && draft.contains(other) {
            portal.store.remove_draft_file(draft.id, other, portal.now()).await?;
        }
    }
    Ok(portal.store.put_draft_file(draft.id, path, size, object, portal.now()).await?)
}

/// An object of a draft as a file.
pub(super) async fn file_of(portal: &Portal, object: DraftObject) -> Result<File> {
    let reader = portal.objects.open(ObjectKey::Draft(object.0)).await?;
    Ok(reader.into_file().into_std().await)
}

/// What a zip holds for the tabs of the editor.
struct Contents {
    files: Vec<(String, i64)>,
    manifest: Option<Vec<u8>>,
    template: String,
    readme: String,
    has_standard_glue: bool,
}

async fn contents(portal: &Portal, object: DraftObject, task: Option<Task>) -> Result<Contents> {
    let file = file_of(portal, object).await?;
    let limits = portal.config.limits.packages();
    let read = move || -> Result<Contents> {
        let again = || file.try_clone().map_err(BlobError::Io);
        let files = archive::list(again()?, &limits).map_err(|fault| DomainError::Invalid(vec![fault]))?;
        let bytes = |path: &str| Ok::<_, DomainError>(archive::read(again()?, path, limits.text_bytes));
        let text = |path: &str| {
            Ok::<_, DomainError>(bytes(path)?.map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default())
        };
        let has_standard_glue = match task {
            Some(task) => archive::read(again()?, Manifest::COMPONENT, limits.component_bytes)
                .is_some_and(|glue| glue == vision_glue::standard(task)),
            None => false,
        };
        let (manifest, template, readme) = (bytes(Manifest::FILE)?, text(Manifest::TEMPLATE)?, text(README)?);
        let files = files.into_iter().filter(|(path, _)| !TEXTS.contains(&path.as_str())).collect();
        Ok(Contents { files, manifest, template, readme, has_standard_glue })
    };
    tokio::task::spawn_blocking(read).await.map_err(DomainError::internal)?
}

/// A zip takes the place of all files, and fills the other tabs with what it holds for them.
async fn take_zip(portal: &Portal, draft: &mut Draft, object: DraftObject) -> Result<()> {
    let contents = contents(portal, object, None).await?;
    if let Some(manifest) = &contents.manifest {
        draft.document = Document::of_package(manifest).map_err(DomainError::Invalid)?;
    }
    if !contents.template.is_empty() {
        draft.template = contents.template;
    }
    if !contents.readme.is_empty() {
        draft.readme = contents.readme;
    }
    save(portal, draft).await?;
    Ok(portal.store.replace_draft_files(draft.id, Some(object), &contents.files, portal.now()).await?)
}

/// Takes a file out of a draft.
///
/// # Errors
/// `NotFound`.
pub async fn remove(portal: &Portal, author: &User, id: DraftId, path: &str) -> Result<()> {
    let mut draft = open(portal, author, id).await?;
    if !draft.contains(path) {
        return Err(DomainError::NotFound);
    }
    portal.store.remove_draft_file(id, path, portal.now()).await?;
    let models: Vec<_> = draft.document.models().iter().filter(|model| model["File"] != path).cloned().collect();
    if models.len() < draft.document.models().len() {
        draft.document.set_value("Models", models.into());
        save(portal, &draft).await?;
    }
    Ok(())
}

/// A draft that holds what a release holds, with the next version.
pub(super) async fn from_release(portal: &Portal, author: &User, app: AppId, release: ReleaseRow) -> Result<DraftId> {
    let mut document =
        Document::of_package(release.manifest.as_bytes()).map_err(|_| DomainError::internal("manifest"))?;
    let (taken, _) = portal.store.versions_taken(app).await?;
    document.set_text("Version", &publishing::free_version(&document.text("Version"), &taken));
    let object = DraftObject(Uuid::new_v4());
    portal.store.loosen_object(object, portal.now()).await?;
    let digest = release.digest.parse().map_err(|_| crate::store::StoreError::Corrupt("digest"))?;
    let mut package = portal.objects.open(ObjectKey::Package(digest)).await?.into_file();
    let mut writer = portal.objects.create(ObjectKey::Draft(object.0)).await?;
    writer.copy_from(&mut package).await?;
    writer.finish().await?;
    // The standard glue was put in by the portal: without it, the new release gets the standard glue of its day.
    let contents = contents(portal, object, document.task()).await?;
    let mut files = contents.files;
    files.retain(|(path, _)| !(contents.has_standard_glue && path == Manifest::COMPONENT));
    let new = NewDraft {
        user: author.id,
        app: Some(app),
        manifest: &document.compact(),
        template: release.template.as_deref().unwrap_or_default(),
        readme: release.readme.as_deref().unwrap_or_default(),
        now: portal.now(),
    };
    let id = portal.store.create_draft(&new).await?;
    portal.store.replace_draft_files(id, Some(object), &files, portal.now()).await?;
    portal.store.forget_object(object).await?;
    Ok(id)
}

/// What is wrong with a draft's files that only their reading tells.
pub(super) fn too_many(faults: Vec<Fault>) -> DomainError {
    DomainError::Invalid(vision_protocol::fault::shortened(faults))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_they_belong() {
        let path = |kind: PartKind, name: &str| kind.path(name).map_err(|error| error.to_string());
        assert_eq!(path(PartKind::Model, "C:\\nets\\a b.onnx").unwrap(), "models/a b.onnx");
        assert_eq!(path(PartKind::Glue, "my-glue.wasm").unwrap(), "app.wasm");
        assert_eq!(path(PartKind::Asset, "../../etc/passwd").unwrap(), "assets/passwd");
        assert_eq!(path(PartKind::Icon, "x.svg").unwrap(), "icon.svg");
        assert!(path(PartKind::Model, "photo.jpg").unwrap_err().contains(".onnx"));
        assert!(path(PartKind::Asset, "..").is_err());
    }
}
