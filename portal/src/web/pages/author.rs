//! What authors do: write, upload, try, publish.

pub(crate) mod apps;
pub(crate) mod editor;
pub(crate) mod events;
pub(crate) mod experiment;
pub(crate) mod feedback;
pub(crate) mod feedback_export;
pub(crate) mod feedback_photo;
pub(crate) mod figures;
pub(crate) mod live;
pub(crate) mod publish;
pub(crate) mod release;
pub(crate) mod releases;
pub(crate) mod run;
pub(crate) mod see_alerts;
pub(crate) mod set_lines;
pub(crate) mod sharing;
pub(crate) mod tests;
pub(crate) mod unpublish;
pub(crate) mod upload;
pub(crate) mod versions;
