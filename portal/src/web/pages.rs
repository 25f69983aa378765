//! One file per page or action.

pub(super) mod admin;
pub(super) mod api;
pub(super) mod apps;
pub(super) mod author;
pub(super) mod find;
pub(super) mod home;
pub(super) mod last;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod offline;
pub(super) mod plumbing;
pub(super) mod reset;
pub(super) mod runs;
pub(super) mod settings;
pub(super) mod signup;
pub(super) mod terms;
