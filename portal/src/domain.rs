//! What the marketplace does: accounts, catalogue, publishing, runs, files and layouts.
//!
//! Free functions over a [`Portal`](crate::state::Portal); nothing here knows HTTP or HTML. Each returns a
//! [`DomainError`] that says what the caller may read.

pub mod accounts;
pub mod api_keys;
mod archive;
pub mod audit;
pub mod authorship;
pub mod catalog;
pub mod drafting;
mod error;
pub mod examples;
pub mod experiments;
pub mod exporting;
pub mod feedback;
pub mod figures;
pub mod files;
pub mod finding;
pub mod fleet;
mod following;
pub mod ids;
pub mod installing;
pub mod invitations;
pub mod layouts;
pub mod live;
pub mod moderation;
pub mod overview;
pub mod people;
pub mod publishing;
pub mod reports;
pub mod reviewing;
pub mod reviews;
pub mod roles;
pub mod running;
pub mod seeding;
pub mod sharing;
pub mod shelves;
pub mod shelving;
pub mod site;
pub mod spreadsheets;
pub mod takedowns;
pub mod trials;
pub mod versions;
pub mod work;

pub use error::DomainError;

/// The result of a domain function.
pub type Result<T, E = DomainError> = std::result::Result<T, E>;

/// Characters of a reason that somebody is given.
const LONGEST_REASON: usize = 1000;

/// A reason, which has to be given.
fn reason(text: &str) -> Result<String> {
    // PostgreSQL takes no NUL in a text.
    let text = text.replace('\0', " ").trim().to_owned();
    if text.is_empty() || text.chars().count() > LONGEST_REASON {
        return Err(DomainError::invalid("reason", format!("must have 1 to {LONGEST_REASON} characters")));
    }
    Ok(text)
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Its number, from 1.
    pub page: u32,
    /// How many pages there are, at least 1.
    pub pages: u32,
    /// How many items there are on all pages.
    pub total: u64,
}

impl<T> Page<T> {
    fn new(items: Vec<T>, page: u32, per_page: u32, total: i64) -> Self {
        let total = u64::try_from(total).unwrap_or(0);
        let pages = u32::try_from(total.div_ceil(u64::from(per_page))).unwrap_or(u32::MAX).max(1);
        Self { items, page, pages, total }
    }
}
