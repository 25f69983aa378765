//! What people set for themselves.

pub(crate) mod account;
pub(crate) mod author;
pub(crate) mod consents;
pub(crate) mod data;
pub(crate) mod end_session;
pub(crate) mod export;
pub(crate) mod keep;
pub(crate) mod keys;
pub(crate) mod revoke_key;
pub(crate) mod sessions;
pub(crate) mod withdraw_consents;
