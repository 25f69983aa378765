//! Ids of things that only the portal knows.

use std::{fmt, str::FromStr};

use serde::Deserialize;
use vision_protocol::ids::ParseIdError;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| ParseIdError($what))
            }
        }
    };
}

integer_id!(/** A link that lets one person sign up. */ InvitationId, "invitation id");
integer_id!(/** What somebody says is wrong with an app. */ ReportId, "report id");
integer_id!(/** Somebody's request to become an author. */ RequestId, "request id");
