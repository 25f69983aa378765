//! Results for people: text for the terminal, pictures for a folder.

mod pictures;
mod text;

pub(crate) use pictures::{Saved, save};
pub(crate) use text::{clean, logs, result, timings};
