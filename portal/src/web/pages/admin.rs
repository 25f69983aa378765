//! What operators, reviewers and admins do.

pub(crate) mod add_runner;
pub(crate) mod audit;
pub(crate) mod catalog;
pub(crate) mod describe_runner;
pub(crate) mod grant_author;
pub(crate) mod install;
pub(crate) mod install_entry;
pub(crate) mod install_events;
pub(crate) mod invitations;
pub(crate) mod lift_person;
pub(crate) mod overview;
pub(crate) mod password_link;
pub(crate) mod people;
pub(crate) mod person;
pub(crate) mod refuse_author;
pub(crate) mod requests;
pub(crate) mod revoke_invitation;
pub(crate) mod runners;
pub(crate) mod set_role;
pub(crate) mod site;
pub(crate) mod suspend_person;
pub(crate) mod switch_runner;
