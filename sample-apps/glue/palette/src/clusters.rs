//! The main colours: k-means (Lloyd, 1982) over the colours of a picture, without chance.

use std::collections::BTreeMap;

use crate::oklab::{self, Lab};

/// Bits of each channel that tell colours apart before they are grouped: there are thousands of such, not a million.
const BITS: u32 = 5;
/// It is always settled before.
const ROUNDS: usize = 64;
/// Centres nearer than this (the square of a distance in Oklab) look the same.
const SAME: f32 = 0.02 * 0.02;

/// A main colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cluster {
    pub(crate) centre: Lab,
    /// Of all pixels, 0..1.
    pub(crate) share: f32,
}

/// The main colours of these pixels, the largest share first: `count` of them, or fewer if there are no more.
pub(crate) fn of(pixels: &[[u8; 3]], count: usize) -> Vec<Cluster> {
    let colours = counted(pixels);
    let mut centres = spread_out(&colours, count);
    for _ in 0..ROUNDS {
        let moved = centres_of(&colours, &centres);
        if moved.iter().map(|cluster| cluster.centre).eq(centres.iter().copied()) {
            break;
        }
        centres = moved.iter().map(|cluster| cluster.centre).collect();
    }
    let mut clusters = centres_of(&colours, &centres);
    clusters.retain(|cluster| cluster.share > 0.0);
    clusters.sort_by(|one, other| other.share.total_cmp(&one.share));
    clusters
}

/// Colours that are much alike as one, with their mean and the share of the pixels that have them.
fn counted(pixels: &[[u8; 3]]) -> Vec<Cluster> {
    let mut bins: BTreeMap<[u8; 3], ([f32; 3], f32)> = BTreeMap::new();
    for pixel in pixels {
        let (sum, number) = bins.entry(pixel.map(|channel| channel >> (8 - BITS))).or_default();
        for (sum, &channel) in sum.iter_mut().zip(pixel) {
            *sum += f32::from(channel);
        }
        *number += 1.0;
    }
    let share = |number: f32| number / pixels.len() as f32;
    let mean = |sum: [f32; 3], number: f32| oklab::of_rgb(sum.map(|sum| sum / number));
    bins.values().map(|&(sum, number)| Cluster { centre: mean(sum, number), share: share(number) }).collect()
}

/// Where to begin: the commonest colour, and then each time the one that is both common and far from all so far.
fn spread_out(colours: &[Cluster], count: usize) -> Vec<Lab> {
    let mut nearest = vec![1.0_f32; colours.len()];
    let mut centres = Vec::new();
    while centres.len() < count {
        // By the root of the share: a small thing of a striking colour counts.
        let urgency = |&(colour, distance): &(&Cluster, &f32)| colour.share.sqrt() * distance;
        let best = colours.iter().zip(&nearest).max_by(|one, other| urgency(one).total_cmp(&urgency(other)));
        let Some((&Cluster { centre, .. }, &distance)) = best else { break };
        if distance <= SAME {
            break;
        }
        centres.push(centre);
        for (colour, nearest) in colours.iter().zip(&mut nearest) {
            *nearest = nearest.min(oklab::apart(colour.centre, centre));
        }
    }
    centres
}

/// The mean of what is nearest to each centre; a centre with nothing near stays.
fn centres_of(colours: &[Cluster], centres: &[Lab]) -> Vec<Cluster> {
    let mut sums = vec![([0.0_f32; 3], 0.0_f32); centres.len()];
    for colour in colours {
        let nearest = (0..centres.len()).min_by(|&one, &other| {
            oklab::apart(colour.centre, centres[one]).total_cmp(&oklab::apart(colour.centre, centres[other]))
        });
        let Some(nearest) = nearest else { continue };
        let (sum, share) = &mut sums[nearest];
        for (sum, part) in sum.iter_mut().zip(colour.centre) {
            *sum += colour.share * part;
        }
        *share += colour.share;
    }
    let mean = |sum: [f32; 3], share: f32, old: Lab| if share > 0.0 { sum.map(|sum| sum / share) } else { old };
    sums.iter().zip(centres).map(|(&(sum, share), &old)| Cluster { centre: mean(sum, share, old), share }).collect()
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::oklab;

    #[test]
    fn what_was_painted_is_found_with_its_shares() {
        let painted = [([200, 30, 40], 600), ([20, 60, 180], 300), ([240, 240, 230], 100)];
        // A little uneven, as photos are.
        let pixels: Vec<[u8; 3]> = painted
            .iter()
            .flat_map(|&(colour, number): &([u8; 3], u32)| (0..number).map(move |i| colour.map(|c| c - (i % 3) as u8)))
            .collect();
        let found = of(&pixels, 3);
        assert_eq!(found.len(), 3);
        for (cluster, (colour, number)) in found.iter().zip(painted) {
            assert!((cluster.share - number as f32 / 1000.0).abs() < 1e-4, "{cluster:?}");
            let rgb = oklab::to_rgb(cluster.centre);
            assert!(rgb.iter().zip(colour).all(|(&a, b)| a.abs_diff(b) <= 2), "{rgb:?}, not {colour:?}");
        }
        assert_eq!(of(&pixels, 3), found);
    }

    #[test]
    fn there_are_no_more_colours_than_there_are() {
        let one = of(&[[10, 20, 30]; 50], 6);
        assert_eq!((one.len(), one[0].share), (1, 1.0));
        assert!(of(&[], 6).is_empty());
    }
}
