//! An app's page, its icon and its form; what people keep of it, say of it and report about it.

pub(crate) mod example_file;
pub(crate) mod example_layout;
pub(crate) mod extras;
pub(crate) mod favourite;
pub(crate) mod icon;
pub(crate) mod reply;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod reviews;
pub(crate) mod run;
pub(crate) mod shared;
pub(crate) mod show;
pub(crate) mod unreview;
