//! What programs of authors ask for, with a key: `docs/publishing.md` tells it from outside.

pub(crate) mod apps;
pub(crate) mod feedback;
pub(crate) mod feedback_export;
pub(crate) mod me;
pub(crate) mod publish;
pub(crate) mod release;
pub(crate) mod unpublish;
pub(crate) mod upload;
