//! Numbers that look random and are the same each time: whoever writes down a seed gets the same picture again.

/// So many numbers with a normal distribution around 0, by SplitMix64 and the Box-Muller transform.
pub(crate) fn normal(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut numbers = Vec::with_capacity(count + 1);
    while numbers.len() < count {
        // In (0, 1], so that the logarithm is finite.
        let first = 1.0 - uniform(&mut state);
        let angle = std::f64::consts::TAU * uniform(&mut state);
        let radius = (-2.0 * first.ln()).sqrt();
        numbers.push((radius * angle.cos()) as f32);
        numbers.push((radius * angle.sin()) as f32);
    }
    numbers.truncate(count);
    numbers
}

/// In [0, 1).
fn uniform(state: &mut u64) -> f64 {
    (split_mix(state) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::{normal, split_mix};

    #[test]
    fn the_generator_is_the_published_one() {
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_are_normal_and_follow_the_seed() {
        let numbers = normal(7, 10_001);
        let mean = numbers.iter().sum::<f32>() / 10_001.0;
        let variance = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f32>() / 10_001.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05, "{mean}, {variance}");
        assert_eq!(normal(7, 5), normal(7, 6)[..5]);
        assert_ne!(normal(7, 5), normal(8, 5));
    }
}
