//! Consented feedback as training data: one zip, written as it is read.
//!
//! Whether a person consents is looked up when their photo is about to be written, and again for what is said of it. In
//! memory are a few bytes per photo, and one photo's piece at a time.

mod items;
mod pieces;
mod size;
mod tables;
mod trees;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use vision_protocol::ids::{AppId, BlobId, ReleaseId, RunId, Slug};

use super::{
    super::{
        DomainError, Result,
        accounts::User,
        archive::{self, Archive},
        files::FileStream,
    },
    authors,
};
use crate::{state::Portal, store::ConsentedFilter};
use items::Source;

/// Photos of one export. Whoever has more asks for a span of time at a time.
pub const MOST_PHOTOS: usize = 20_000;
/// Runs that are asked for at a time.
const PAGE: i64 = 500;

/// How the data is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `annotations.json` and `predictions.json` of COCO.
    Coco,
    /// A text file per photo, and `data.yaml`.
    Yolo,
    /// An XML file per photo.
    Voc,
    /// A row per label, box, text or number.
    Csv,
    /// A JSON object per photo.
    Jsonl,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Coco, Self::Yolo, Self::Voc, Self::Csv, Self::Jsonl];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coco => "coco",
            Self::Yolo => "yolo",
            Self::Voc => "voc",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Coco => "COCO",
            Self::Yolo => "YOLO",
            Self::Voc => "Pascal VOC",
            Self::Csv => "CSV",
            Self::Jsonl => "JSON Lines",
        }
    }

    /// The format of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// How.
    pub format: Format,
    /// Given since: milliseconds.
    pub from: i64,
    /// Given before: milliseconds.
    pub to: i64,
    /// Only on this release.
    pub release: Option<ReleaseId>,
}

/// An export on its way.
pub struct Export {
    /// What to call the file.
    pub name: String,
    /// The zip. It ends with an error where something failed.
    pub content: std::pin::Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>,
}

/// Begins an export of the consented feedback on an app of one's own.
///
/// # Errors
/// `NotFound`, also when the app or the release is somebody else's; `Invalid` if there are more than
/// [`MOST_PHOTOS`] photos.
pub async fn begin(portal: &Portal, author: &User, slug: &Slug, wanted: &Wanted) -> Result<Export> {
    let app = authors::own_app(portal, author, slug).await?;
    let releases = portal.store.releases_of_app(app).await?;
    if let Some(release) = wanted.release
        && !releases.iter().any(|(id, ..)| *id == release.0)
    {
        return Err(DomainError::NotFound);
    }
    let runs = runs(portal, app, wanted).await?;
    let source = Source::new(portal.clone(), app, &releases)?;
    let (archive, zipped) = archive::open();
    let format = wanted.format;
    tokio::spawn(async move {
        if let Err(error) = write(&source, archive, format, runs).await
            && !matches!(error, DomainError::Upload(_))
        {
            tracing::error!(%error, "an export of feedback broke off");
        }
    });
    let content = stream::unfold(zipped, async |mut zipped| {
        let piece = zipped.recv().await?;
        Some((piece.map_err(DomainError::internal), zipped))
    });
    Ok(Export { name: format!("{slug}-feedback-{}.zip", format.name()), content: Box::pin(content) })
}

/// The runs that are in it, as far as one can say now.
async fn runs(portal: &Portal, app: AppId, wanted: &Wanted) -> Result<Vec<RunId>> {
    let mut runs = Vec::new();
    let mut after = (i64::MIN, String::new());
    loop {
        let filter = ConsentedFilter {
            app,
            release: wanted.release,
            from: wanted.from,
            to: wanted.to,
            after: after.clone(),
            limit: PAGE,
        };
        let page = portal.store.consented_runs(&filter).await?;
        let Some(last) = page.last() else { return Ok(runs) };
        after = last.clone();
        runs.extend(page.iter().filter_map(|(_, run)| run.parse::<RunId>().ok()));
        if runs.len() > MOST_PHOTOS {
            let message = format!("more than {MOST_PHOTOS} photos; choose a shorter span of time");
            return Err(DomainError::invalid("from", message));
        }
    }
}

/// A photo that is in the archive.
struct Photo {
    run: RunId,
    kind: &'static str,
    width: u32,
    height: u32,
}

impl Photo {
    fn file(&self) -> String {
        format!("{}.{}", self.run, self.kind)
    }

    fn path(&self) -> String {
        format!("images/{}", self.file())
    }

    fn size(&self) -> (f64, f64) {
        (f64::from(self.width), f64::from(self.height))
    }
}

/// The photos first, so that what is said of them is said of those that are there.
async fn write(source: &Source, mut archive: Archive, format: Format, runs: Vec<RunId>) -> Result<()> {
    let mut photos = Vec::new();
    for run in runs {
        photos.extend(photo(source, &mut archive, run).await?);
    }
    match format {
        Format::Coco => trees::coco(source, &mut archive, &photos).await?,
        Format::Yolo => pieces::yolo(source, &mut archive, &photos).await?,
        Format::Voc => pieces::voc(source, &mut archive, &photos).await?,
        Format::Csv => tables::csv(source, &mut archive, &photos).await?,
        Format::Jsonl => tables::jsonl(source, &mut archive, &photos).await?,
    }
    archive.text("README.md", readme(format)).await?;
    archive.finish().await;
    Ok(())
}

/// Writes a photo, if its person consents at this moment.
async fn photo(source: &Source, archive: &mut Archive, run: RunId) -> Result<Option<Photo>> {
    let Some(item) = source.item(run).await? else { return Ok(None) };
    let Some((id, file)) = authors::first_photo(&source.portal, run).await? else { return Ok(None) };
    let mut photo = copy(archive, run, id, file).await?;
    // The runner has decoded it, and knows best.
    if let Some((width, height)) = item.size {
        (photo.width, photo.height) = (width as u32, height as u32);
    }
    Ok(Some(photo))
}

async fn copy(archive: &mut Archive, run: RunId, blob: BlobId, mut file: FileStream) -> Result<Photo> {
    let (head, size) = size::of(&mut file.content).await?;
    if size == (0, 0) {
        tracing::warn!(blob.id = %blob, "a photo in an export does not say how large it is");
    }
    let kind = file.media_type.strip_prefix("image/").unwrap_or_default();
    let kind = ["jpeg", "png", "webp", "gif", "bmp"].into_iter().find(|known| *known == kind).unwrap_or("bin");
    let kind = if kind == "jpeg" { "jpg" } else { kind };
    let photo = Photo { run, kind, width: size.0, height: size.1 };
    let beginning = stream::iter(head.into_iter().map(Ok));
    archive.file(&photo.path(), beginning.chain(file.content)).await?;
    Ok(photo)
}

fn readme(format: Format) -> String {
    let files = match format {
        Format::Coco => {
            "- `annotations.json`: what is right, as COCO detection data.\n\
             - `predictions.json`: what the app answered, with its scores, as COCO results."
        }
        Format::Yolo => {
            "- `data.yaml`: the names of the classes.\n\
             - `labels/`: what is right: class, centre and size in parts of the photo, a line per box.\n\
             - `predictions/`: what the app answered, with the score behind."
        }
        Format::Voc => {
            "- `Annotations/`: what is right, an XML file per photo.\n\
             - `Predictions/`: what the app answered, with its scores."
        }
        Format::Csv => "- `feedback.csv`: a row per label, box, text or number; `kind` says whether it is right.",
        Format::Jsonl => "- `feedback.jsonl`: an object per photo.",
    };
    format!(
        "# Feedback\n\nPhotos in `images/` of people who consented, at the moment of this export, that the author of the \
         app uses them to improve its model.\nA consent can be withdrawn: make the export anew before you train, and \
         delete this copy when you are done.\n\n{files}\n\nBoxes are in pixels of the upright photo: turn a photo by its \
         EXIF orientation first. A photo without boxes has nothing to be found on it. A label of the whole photo is a box \
         around all of it. A photo of which nobody said what is right has no annotation file; the tables carry its verdict.\n"
    )
}
