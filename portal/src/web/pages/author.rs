//! What authors do: upload, try, publish.

pub(crate) mod apps;
pub(crate) mod events;
pub(crate) mod publish;
pub(crate) mod release;
pub(crate) mod run;
pub(crate) mod unpublish;
pub(crate) mod upload;
