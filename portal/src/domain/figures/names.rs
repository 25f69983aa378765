//! The names under which things are counted. They sort by kind, so that one range of them is one kind:
//! `a/` how runs ended, `b/` how long they took, `c/` what they were like.

use crate::store::{Names, PEOPLE};

/// How runs ended, and who ran.
pub(in crate::domain) const ENDS: Names = ("a/", "b/");
/// How long each stage took.
pub(in crate::domain) const TIMES: Names = ("b/", "c/");
/// How long runs took altogether.
pub(in crate::domain) const TOTALS: Names = ("b/6/", "b/7/");
/// What runs were like.
pub(in crate::domain) const SHAPES: Names = ("c/", "d/");

/// The place of the sum behind the six stages.
pub(in crate::domain) const TOTAL: usize = 6;

/// Buckets per doubling of the time: what is read out of one is right within a tenth.
const PER_DOUBLING: f64 = 4.0;
/// The bucket of one millisecond.
const ONE_MS: f64 = 40.0;
const LAST_BUCKET: f64 = 120.0;

/// What an ended run, or whoever ran it, is counted as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) enum End {
    /// It has a result.
    Done,
    /// It has a reason.
    Failed(String),
    /// Somebody, once a day.
    Person,
}

/// What of a run may drift away from what it was at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// How sure the model is of the best thing that it found.
    Score,
    /// How large the photo's file is.
    Bytes,
    /// How bright the photo is.
    Light,
}

pub(in crate::domain) const DONE: &str = "a/done";
const FAILED: &str = "a/failed/";

impl End {
    pub(in crate::domain) fn of(name: &str) -> Option<Self> {
        match name {
            DONE => Some(Self::Done),
            PEOPLE => Some(Self::Person),
            _ => name.strip_prefix(FAILED).map(|reason| Self::Failed(reason.to_owned())),
        }
    }

    pub(in crate::domain) fn failed(reason: &str) -> String {
        format!("{FAILED}{reason}")
    }
}

/// The name of a time of a stage.
pub(in crate::domain) fn time(stage: usize, ms: f64) -> String {
    let bucket = (ms.max(1e-6).log2() * PER_DOUBLING + ONE_MS).floor().clamp(0.0, LAST_BUCKET);
    format!("b/{stage}/{bucket:03}")
}

/// Stage and bucket of a name.
pub(in crate::domain) fn stage_and_bucket(name: &str) -> Option<(usize, u32)> {
    let (stage, bucket) = name.strip_prefix("b/")?.split_once('/')?;
    Some((stage.parse().ok()?, bucket.parse().ok()?))
}

/// Where a bucket begins and ends, in milliseconds.
pub(in crate::domain) fn edges(bucket: u32) -> (f64, f64) {
    let edge = |bucket: f64| ((bucket - ONE_MS) / PER_DOUBLING).exp2();
    (edge(f64::from(bucket)), edge(f64::from(bucket) + 1.0))
}

impl Trait {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Score, Self::Bytes, Self::Light];

    /// Its name in the database and in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Bytes => "bytes",
            Self::Light => "light",
        }
    }

    /// How many classes its values are put into.
    pub(in crate::domain) fn classes(self) -> usize {
        match self {
            // Ten tenths, and nothing found.
            Self::Score => 11,
            // A class per doubling: from 4 KB and less to 32 MB and more.
            Self::Bytes => 14,
            Self::Light => 10,
        }
    }

    /// What a class holds, in words.
    pub fn class(self, index: usize) -> String {
        match self {
            Self::Score if index == 10 => "nothing found".to_owned(),
            Self::Score | Self::Light => format!("{} to {} %", index * 10, index * 10 + 10),
            Self::Bytes if index == 0 => "below 8 KB".to_owned(),
            Self::Bytes if index < 7 => format!("{} to {} KB", 4 << index, 8 << index),
            Self::Bytes if index == 7 => "512 KB to 1 MB".to_owned(),
            Self::Bytes if index == 13 => "32 MB and more".to_owned(),
            Self::Bytes => format!("{} to {} MB", 1 << (index - 8), 2 << (index - 8)),
        }
    }

    pub(in crate::domain) fn counted(self, value: f64) -> String {
        let class = match self {
            Self::Score if value < 0.0 => 10.0,
            Self::Score | Self::Light => (value * 10.0).floor().clamp(0.0, 9.0),
            Self::Bytes => ((value.max(1.0) / 4096.0).log2().floor()).clamp(0.0, 13.0),
        };
        format!("c/{}/{class:02}", self.name())
    }

    pub(in crate::domain) fn of(name: &str) -> Option<(Self, usize)> {
        let (kind, class) = name.strip_prefix("c/")?.split_once('/')?;
        let kind = Self::ALL.into_iter().find(|known| known.name() == kind)?;
        Some((kind, class.parse().ok().filter(|class| *class < kind.classes())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_within_its_bucket() {
        for ms in [0.01, 0.4, 1.0, 3.7, 33.3, 1000.0, 59_000.0] {
            let (stage, bucket) = stage_and_bucket(&time(3, ms)).unwrap();
            let (from, to) = edges(bucket);
            assert!(stage == 3 && from <= ms * 1.000_001 && ms < to, "{ms}: {from} to {to}");
            assert!(to / from < 1.19);
        }
        assert_eq!(time(0, 0.0), "b/0/000");
    }

    #[test]
    fn names_of_a_kind_are_one_range() {
        let times = [time(0, 0.0), time(6, 1e9)];
        assert!(times.iter().all(|name| (TIMES.0..TIMES.1).contains(&name.as_str())));
        assert!((TOTALS.0..TOTALS.1).contains(&times[1].as_str()));
        assert!((ENDS.0..ENDS.1).contains(&PEOPLE) && (ENDS.0..ENDS.1).contains(&End::failed("x").as_str()));
        let shape = Trait::Bytes.counted(163_759.0);
        assert!((SHAPES.0..SHAPES.1).contains(&shape.as_str()));
        assert_eq!(Trait::of(&shape), Some((Trait::Bytes, 5)));
        assert_eq!(Trait::Bytes.class(5), "128 to 256 KB");
        assert_eq!(Trait::Bytes.class(8), "1 to 2 MB");
    }
}
