//! How long runs took: percentiles out of counted buckets.

use std::collections::BTreeMap;

use vision_protocol::ids::{AppId, ReleaseId};

use super::names::{self, TOTAL, TOTALS};
use crate::{domain::Result, state::Portal};

/// So many of 100 runs took at most so many milliseconds. Read out of buckets: right within a tenth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentiles {
    /// Half of them.
    pub p50: f64,
    /// 95 of 100.
    pub p95: f64,
    /// 99 of 100.
    pub p99: f64,
}

/// How many times fell into each bucket.
pub(super) type Buckets = BTreeMap<u32, u64>;

impl Percentiles {
    /// The percentiles of some buckets; `None` of none.
    pub(super) fn of(buckets: &Buckets) -> Option<Self> {
        let total: u64 = buckets.values().sum();
        (total > 0).then(|| Self {
            p50: percentile(buckets, total, 0.50),
            p95: percentile(buckets, total, 0.95),
            p99: percentile(buckets, total, 0.99),
        })
    }
}

/// Within a bucket, times are taken to lie evenly.
fn percentile(buckets: &Buckets, total: u64, part: f64) -> f64 {
    let rank = part * total as f64;
    let mut before = 0.0;
    for (bucket, count) in buckets {
        let count = *count as f64;
        if before + count >= rank {
            let (from, to) = names::edges(*bucket);
            return from + (to - from) * ((rank - before) / count);
        }
        before += count;
    }
    buckets.keys().last().map_or(0.0, |bucket| names::edges(*bucket).1)
}

/// The six stages, and the whole.
pub(super) async fn by_stage(
    portal: &Portal,
    app: AppId,
    release: Option<ReleaseId>,
    days: (i64, i64),
) -> Result<Vec<Option<Percentiles>>> {
    let mut stages = vec![Buckets::new(); TOTAL + 1];
    for (name, total) in portal.store.figures_sum(app, release, days, names::TIMES).await? {
        let Some((stage, bucket)) = names::stage_and_bucket(&name) else { continue };
        if let Some(buckets) = stages.get_mut(stage) {
            *buckets.entry(bucket).or_default() += total.unsigned_abs();
        }
    }
    Ok(stages.iter().map(Percentiles::of).collect())
}

/// The whole, day by day.
pub(super) async fn by_day(
    portal: &Portal,
    app: AppId,
    release: Option<ReleaseId>,
    first: i64,
) -> Result<BTreeMap<i64, Percentiles>> {
    let mut days: BTreeMap<i64, Buckets> = BTreeMap::new();
    for (id, day, name, total) in portal.store.figures_by_day(app, first, TOTALS).await? {
        if release.is_some_and(|release| release.0 != id) {
            continue;
        }
        if let Some((_, bucket)) = names::stage_and_bucket(&name) {
            *days.entry(day).or_default().entry(bucket).or_default() += total.unsigned_abs();
        }
    }
    Ok(days.into_iter().filter_map(|(day, buckets)| Some((day, Percentiles::of(&buckets)?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_within_a_tenth() {
        let mut buckets = Buckets::new();
        for ms in 1..=1000 {
            let (_, bucket) = names::stage_and_bucket(&names::time(TOTAL, f64::from(ms))).unwrap();
            *buckets.entry(bucket).or_default() += 1;
        }
        let found = Percentiles::of(&buckets).unwrap();
        for (found, exact) in [(found.p50, 500.0), (found.p95, 950.0), (found.p99, 990.0)] {
            assert!((found / exact - 1.0_f64).abs() < 0.1, "{found} where {exact} is right");
        }
        assert_eq!(Percentiles::of(&Buckets::new()), None);
    }
}
