//! What people set for themselves.

pub(crate) mod keep;
pub(crate) mod keys;
pub(crate) mod revoke_key;
