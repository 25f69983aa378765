//! How far runs have drifted away from what they were when a release was new: the population stability index of their
//! scores and of their photos.

use std::collections::BTreeMap;

use vision_protocol::ids::{AppId, ReleaseId};

use super::names::{SHAPES, Trait};
use crate::{domain::Result, state::Portal};

/// The first days, which the last ones are held against; as many.
const DAYS: i64 = 7;
/// Runs on each side below which chance says more than the index does.
const FEWEST: u64 = 100;
const MODERATE: f64 = 0.1;
const LARGE: f64 = 0.25;

/// What an index means, by the usual rule of thumb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Below 0.1.
    Steady,
    /// From 0.1 on.
    Moderate,
    /// From 0.25 on.
    Large,
    /// Too few runs to say.
    TooFew,
    /// The release is so new that its last days are its first.
    TooNew,
}

/// One thing that may drift.
#[derive(Clone, Debug)]
pub struct Drift {
    /// What.
    pub what: Trait,
    /// The index; 0 where it cannot be said.
    pub index: f64,
    /// What it means.
    pub verdict: Verdict,
    /// Each class in words, with the share of the first days and of the last, in percent.
    pub classes: Vec<(String, f64, f64)>,
    /// Runs of the first days, and of the last.
    pub runs: (u64, u64),
}

/// The drift of a release. What no run has told of is left out.
pub(super) async fn of(portal: &Portal, app: AppId, release: ReleaseId, today: i64) -> Result<Vec<Drift>> {
    let Some(first) = portal.store.first_day(release).await? else { return Ok(Vec::new()) };
    let is_new = today < first + 2 * DAYS - 1;
    let counted = async |days: (i64, i64)| -> Result<BTreeMap<&'static str, Vec<u64>>> {
        let mut all: BTreeMap<&'static str, Vec<u64>> =
            Trait::ALL.into_iter().map(|what| (what.name(), vec![0; what.classes()])).collect();
        for (name, total) in portal.store.figures_sum(app, Some(release), days, SHAPES).await? {
            if let Some((what, class)) = Trait::of(&name)
                && let Some(classes) = all.get_mut(what.name())
            {
                classes[class] += total.unsigned_abs();
            }
        }
        Ok(all)
    };
    let before = counted((first, first + DAYS)).await?;
    let after = counted((today + 1 - DAYS, today + 1)).await?;
    let drifts = Trait::ALL.into_iter().filter_map(|what| {
        let (before, after) = (&before[what.name()], &after[what.name()]);
        (before.iter().sum::<u64>() > 0).then(|| Drift::new(what, before, after, is_new))
    });
    Ok(drifts.collect())
}

impl Drift {
    fn new(what: Trait, before: &[u64], after: &[u64], is_new: bool) -> Self {
        let runs = (before.iter().sum::<u64>(), after.iter().sum::<u64>());
        let index = index(before, after);
        let verdict = match index {
            _ if is_new => Verdict::TooNew,
            _ if runs.0.min(runs.1) < FEWEST => Verdict::TooFew,
            index if index >= LARGE => Verdict::Large,
            index if index >= MODERATE => Verdict::Moderate,
            _ => Verdict::Steady,
        };
        let share = |count: u64, of: u64| if of == 0 { 0.0 } else { count as f64 * 100.0 / of as f64 };
        let classes = before.iter().zip(after).enumerate();
        let classes =
            classes.map(|(class, (before, after))| (what.class(class), share(*before, runs.0), share(*after, runs.1)));
        let is_said = !matches!(verdict, Verdict::TooFew | Verdict::TooNew);
        Self { what, index: if is_said { index } else { 0.0 }, verdict, classes: classes.collect(), runs }
    }
}

/// The sum over all classes of the difference of their shares times the logarithm of their quotient. Half a run is
/// added to each class, so that an empty one does not decide alone.
fn index(before: &[u64], after: &[u64]) -> f64 {
    let share = |counts: &[u64], class: usize| {
        let all = counts.iter().sum::<u64>() as f64 + 0.5 * counts.len() as f64;
        (counts[class] as f64 + 0.5) / all
    };
    let part = |class| {
        let (before, after) = (share(before, class), share(after, class));
        (after - before) * (after / before).ln()
    };
    (0..before.len().min(after.len())).map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_what_the_textbook_says() {
        assert!(index(&[500, 300, 200], &[500, 300, 200]).abs() < 1e-9);
        // By hand: (0.3 - 0.5) ln(0.3 / 0.5) + (0.7 - 0.5) ln(0.7 / 0.5) = 0.1695.
        assert!((index(&[50_000, 50_000], &[30_000, 70_000]) - 0.1695).abs() < 1e-3);
    }

    #[test]
    fn few_runs_say_nothing() {
        let drift = |before: u64, after: u64, is_new| {
            Drift::new(Trait::Light, &[before, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 0, 0, 0, 0, after], is_new)
        };
        assert_eq!(drift(500, 99, false).verdict, Verdict::TooFew);
        assert_eq!(drift(500, 500, true).verdict, Verdict::TooNew);
        let large = drift(500, 500, false);
        assert_eq!((large.verdict, large.classes[0].1, large.classes[9].2), (Verdict::Large, 100.0, 100.0));
    }
}
