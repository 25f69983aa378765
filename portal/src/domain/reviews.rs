//! Stars and words for an app, by people who ran it, and its author's replies.

use jiff::Timestamp;
use vision_protocol::{
    fault::Fault,
    ids::{AppId, Slug, UserId},
};

use super::{
    DomainError, Page, Result,
    accounts::{self, User},
    catalog,
};
use crate::{
    state::{Portal, timestamp},
    store::ReviewRow,
};

pub use crate::store::ReviewId;

/// Reviews on one page.
pub const REVIEWS_PER_PAGE: u32 = 10;
/// Characters of a review or of a reply.
pub const LONGEST_WORDS: usize = 2000;
/// Reviews and replies by one person in a quarter of an hour.
const AT_ONCE: u32 = 20;

/// A review, as everybody sees it.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// The review.
    pub id: ReviewId,
    /// Who wrote it; `None` for somebody who is no longer here.
    pub name: Option<String>,
    /// Whether the viewer wrote it.
    pub is_mine: bool,
    /// One to five.
    pub stars: u8,
    /// May be empty.
    pub words: String,
    /// When it was written, for the last time.
    pub at: Timestamp,
    /// Whether it was written anew since it was first.
    pub is_changed: bool,
    /// The author's reply, and when.
    pub reply: Option<(String, Timestamp)>,
}

/// What a person may do about an app's reviews.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nobody is logged in.
    Visitor,
    /// They made the app: they reply.
    Author,
    /// They have not run it yet.
    MustRun,
    /// They may write one, or have, which they may change.
    May(Option<ReviewView>),
}

/// What somebody fills in.
#[derive(Clone, Debug)]
pub struct NewReview {
    /// One to five, as it came.
    pub stars: String,
    /// May be empty.
    pub words: String,
}

fn view(row: ReviewRow, viewer: Option<UserId>) -> ReviewView {
    ReviewView {
        id: ReviewId(row.id),
        is_mine: viewer == Some(UserId(row.user_id)),
        name: (row.is_member != 0).then_some(row.name),
        stars: u8::try_from(row.stars.clamp(1, 5)).unwrap_or(5),
        words: row.words,
        at: timestamp(row.updated_at),
        is_changed: row.updated_at != row.created_at,
        reply: row.reply.zip(row.replied_at.map(timestamp)),
    }
}

/// The reviews of an app, the one written last first. `total` is how many there are, which the app's figures say.
///
/// # Errors
/// The database's.
pub async fn list(
    portal: &Portal,
    viewer: Option<&User>,
    app: AppId,
    total: u64,
    page: u32,
) -> Result<Page<ReviewView>> {
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    let last = Page::<()>::new(Vec::new(), 1, REVIEWS_PER_PAGE, total).pages;
    let page = page.clamp(1, last);
    let offset = i64::from(page - 1) * i64::from(REVIEWS_PER_PAGE);
    let rows = portal.store.reviews(app, REVIEWS_PER_PAGE.into(), offset).await?;
    let viewer = viewer.map(|user| user.id);
    let reviews = rows.into_iter().map(|row| view(row, viewer)).collect();
    Ok(Page::new(reviews, page, REVIEWS_PER_PAGE, total))
}

/// What a person may do about the reviews of an app by `author`.
///
/// # Errors
/// The database's.
pub async fn standing(portal: &Portal, viewer: Option<&User>, app: AppId, author: UserId) -> Result<Standing> {
    let Some(viewer) = viewer else { return Ok(Standing::Visitor) };
    if viewer.id == author {
        return Ok(Standing::Author);
    }
    if let Some(row) = portal.store.review_of(viewer.id, app).await? {
        return Ok(Standing::May(Some(view(row, Some(viewer.id)))));
    }
    Ok(if portal.store.has_run(viewer.id, app).await? { Standing::May(None) } else { Standing::MustRun })
}

/// Writes a person's review, or writes it anew.
///
/// # Errors
/// `Invalid` with faults at `stars` and `words`; `NotFound`; `Conflict` for who has not run it; `TooMany`.
pub async fn write(portal: &Portal, user: &User, slug: &Slug, new: &NewReview) -> Result<()> {
    let (app, _) = catalog::published(portal, Some(user), slug).await?;
    let id = AppId(app.id);
    match standing(portal, Some(user), id, UserId(app.author_id)).await? {
        Standing::May(_) => {}
        Standing::Author => {
            return Err(DomainError::Conflict("Your own app is for others to review.".to_owned()));
        }
        Standing::Visitor | Standing::MustRun => {
            return Err(DomainError::Conflict("Run the app first: reviews are by people who did.".to_owned()));
        }
    }
    accounts::throttle(portal, &format!("review/{}", user.id), AT_ONCE).await?;
    let mut faults = Vec::new();
    let stars: i64 = new.stars.parse().unwrap_or(0);
    if !(1..=5).contains(&stars) {
        faults.push(Fault::new("stars", "choose one to five stars"));
    }
    let words = words(&new.words, &mut faults);
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    Ok(portal.store.put_review(user.id, id, stars, &words, portal.now()).await?)
}

/// What somebody wrote, as it is kept.
fn words(text: &str, faults: &mut Vec<Fault>) -> String {
    let text = catalog::clean(text).replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > LONGEST_WORDS {
        faults.push(Fault::new("words", format!("must have at most {LONGEST_WORDS} characters")));
    }
    text
}

/// Deletes a person's own review.
///
/// # Errors
/// `NotFound`, also when there is none.
pub async fn delete(portal: &Portal, user: &User, slug: &Slug) -> Result<()> {
    let app = portal.store.app_by_slug(slug).await?.ok_or(DomainError::NotFound)?;
    if portal.store.delete_review(user.id, AppId(app.id)).await? { Ok(()) } else { Err(DomainError::NotFound) }
}

/// Replies to a review of one's own app; nothing written takes the reply back.
///
/// # Errors
/// `NotFound`, also when the app is somebody else's; `Invalid` with a fault at `words`; `TooMany`.
pub async fn reply(portal: &Portal, author: &User, review: ReviewId, text: &str) -> Result<Slug> {
    let app = portal.store.app_of_review(review).await?;
    let (slug, _) = app.filter(|(_, made_by)| *made_by == author.id.0).ok_or(DomainError::NotFound)?;
    accounts::throttle(portal, &format!("review/{}", author.id), AT_ONCE).await?;
    let mut faults = Vec::new();
    let words = words(text, &mut faults);
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    portal.store.reply(review, Some(words.as_str()).filter(|words| !words.is_empty()), portal.now()).await?;
    catalog::slug(&slug)
}
