//! The targets as a library.

#[cfg(feature = "engines")]
mod engines;
mod targets;

#[cfg(feature = "engines")]
pub use engines::*;
pub use targets::*;
