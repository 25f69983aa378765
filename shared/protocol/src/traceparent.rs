//! The header `traceparent` of W3C Trace Context, version 00: which trace a request belongs to.

use std::{fmt, str::FromStr};

/// A place in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    /// The trace; never 0.
    pub trace: u128,
    /// The caller's span; never 0.
    pub parent: u64,
    /// Whether the caller records it.
    pub sampled: bool,
}

impl Traceparent {
    /// Name of the header.
    pub const HEADER: &'static str = "traceparent";

    /// The trace id, as logs and trace viewers write it.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.parent, u8::from(self.sampled))
    }
}

/// Not of the form that the header must have. Such a header is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent: 00-<32 hexadecimal digits>-<16>-<2>")]
pub struct NotATraceparent;

impl FromStr for Traceparent {
    type Err = NotATraceparent;

    fn from_str(text: &str) -> Result<Self, NotATraceparent> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let lower = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            parts.next().filter(|part| part.len() == length && part.bytes().all(lower)).ok_or(NotATraceparent)
        };
        let (version, trace, parent, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        // Later versions may have more parts behind, and mean the same by these.
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return Err(NotATraceparent);
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0);
        let parent = u64::from_str_radix(parent, 16).ok().filter(|parent| *parent != 0);
        let flags = u8::from_str_radix(flags, 16).map_err(|_| NotATraceparent)?;
        let (trace, parent) = trace.zip(parent).ok_or(NotATraceparent)?;
        Ok(Self { trace, parent, sampled: flags & 1 == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_all_else_is_not() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
        let read: Traceparent = text.parse().unwrap();
        assert_eq!((read.to_string().as_str(), read.sampled), (text, true));
        assert_eq!(read.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert!("cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00-later".parse::<Traceparent>().is_ok());
        for wrong in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
            "00-+af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
            "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        ] {
            assert_eq!(wrong.parse::<Traceparent>(), Err(NotATraceparent), "{wrong}");
        }
    }
}
