//! Lists of apps: a search, a shelf, an author's.

pub(crate) mod author;
pub(crate) mod search;
pub(crate) mod shelf;
