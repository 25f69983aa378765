//! One's own runs.

pub(crate) mod again;
pub(crate) mod batch;
pub(crate) mod batch_cancel;
pub(crate) mod batch_csv;
pub(crate) mod batch_events;
pub(crate) mod cancel;
pub(crate) mod compare;
pub(crate) mod delete;
pub(crate) mod delete_all;
pub(crate) mod delete_many;
pub(crate) mod events;
pub(crate) mod file;
pub(crate) mod give_feedback;
pub(crate) mod history;
pub(crate) mod layout;
pub(crate) mod remove_feedback;
pub(crate) mod result_csv;
pub(crate) mod result_json;
pub(crate) mod show;
pub(crate) mod withdraw_consent;
