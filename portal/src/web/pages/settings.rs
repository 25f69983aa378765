//! What people set for themselves.

pub(crate) mod consents;
pub(crate) mod keep;
pub(crate) mod keys;
pub(crate) mod revoke_key;
pub(crate) mod withdraw_consents;
