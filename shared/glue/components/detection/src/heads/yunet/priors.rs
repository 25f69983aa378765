//! As YuNet came in 2021: offsets from priors, which are boxes of several sizes around each cell of four grids.

use vision_glue_common::{
    model::{Answer, Net},
    values::Values,
};

use super::POINTS;
use crate::{candidates::Candidates, heads::table};

/// Sides of the priors of each level, in pixels.
const SIDES: [&[f32]; 4] = [&[10.0, 16.0, 24.0], &[32.0, 48.0], &[64.0, 96.0], &[128.0, 192.0, 256.0]];
const STRIDES: [u32; 4] = [8, 16, 32, 64];
/// What offsets and sizes were divided by in training.
const VARIANCES: [f32; 2] = [0.1, 0.2];
/// Numbers of a row: centre, size and points.
const COLUMNS: usize = 4 + 2 * POINTS;

/// A box that offsets are counted from, in pixels of the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Prior {
    x: f32,
    y: f32,
    side: f32,
}

pub(super) fn read(net: &Net, answers: &[Answer], found: &mut Candidates) -> Result<(), String> {
    let strides = net.output.stated_strides().unwrap_or(&STRIDES);
    let priors = priors(net.frame.width, net.frame.height, strides);
    let misfit = || {
        let expected = format!("boxes and points [{0}, 14], class scores [{0}, 2] and overlaps [{0}, 1]", priors.len());
        net.misfit("YuNet", &expected, answers)
    };
    let of = |columns| answers.iter().find(|answer| table(&answer.shape) == Some((priors.len(), columns)));
    let (Some(places), Some(scores), Some(overlaps)) = (of(COLUMNS), of(2), of(1)) else { return Err(misfit()) };
    places.read(|places| {
        scores.read(|scores| overlaps.read(|overlaps| decode(&priors, places, scores, overlaps, found)))
    })???;
    Ok(())
}

/// The grids are a half of a half of the frame and so on, rounded as convolutions and poolings do.
fn priors(width: u32, height: u32, strides: &[u32]) -> Vec<Prior> {
    let half = |(width, height): (u32, u32)| (width / 2, height / 2);
    let mut grid = half((width.div_ceil(2), height.div_ceil(2)));
    let mut priors = Vec::new();
    for (sides, &stride) in SIDES.iter().zip(strides) {
        grid = half(grid);
        for row in 0..grid.1 {
            for column in 0..grid.0 {
                let (x, y) = ((column as f32 + 0.5) * stride as f32, (row as f32 + 0.5) * stride as f32);
                priors.extend(sides.iter().map(|&side| Prior { x, y, side }));
            }
        }
    }
    priors
}

fn decode(priors: &[Prior], places: Values<'_>, scores: Values<'_>, overlaps: Values<'_>, found: &mut Candidates) {
    for (index, &Prior { x, y, side }) in priors.iter().enumerate() {
        let score = (scores.at(index * 2 + 1) * overlaps.at(index).clamp(0.0, 1.0)).sqrt();
        if !found.wants(score) {
            continue;
        }
        let place = places.part(index * COLUMNS, COLUMNS);
        let point = |column: usize| {
            let offset = |column: usize| place.at(column) * VARIANCES[0] * side;
            (x + offset(column), y + offset(column + 1))
        };
        let (centre_x, centre_y) = point(0);
        let width = side * (place.at(2) * VARIANCES[0]).exp();
        let height = side * (place.at(3) * VARIANCES[1]).exp();
        let area = [centre_x - width / 2.0, centre_y - height / 2.0, width, height];
        found.add_with_points(area, (0..POINTS).map(|n| point(4 + 2 * n)).collect(), score);
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidates, Prior, STRIDES, Values, decode, priors};
    use vision_glue_common::values::bytes;

    #[test]
    fn priors_are_those_of_the_published_model() {
        let of = priors(160, 120, &STRIDES);
        assert_eq!(of.len(), 1076);
        assert_eq!(of[0], Prior { x: 4.0, y: 4.0, side: 10.0 });
        assert_eq!(of[3 * 21 + 2], Prior { x: 12.0, y: 12.0, side: 24.0 });
        assert_eq!(of[1075], Prior { x: 96.0, y: 32.0, side: 256.0 });
    }

    #[test]
    fn offsets_are_counted_from_the_prior() {
        let prior = [Prior { x: 20.0, y: 30.0, side: 10.0 }; 2];
        let mut places = [0.0; 28];
        places[14..18].copy_from_slice(&[1.0, -1.0, 10.0 * (2.0_f32).ln(), 5.0 * (4.0_f32).ln()]);
        places[26..].copy_from_slice(&[2.0, 3.0]);
        let (scores, overlaps) = (bytes(&[0.9, 0.1, 0.19, 0.81]), bytes(&[0.3, 1.5]));
        let mut found = Candidates::new(0.5);
        decode(&prior, Values::new(&bytes(&places)), Values::new(&scores), Values::new(&overlaps), &mut found);
        let [(area, 0, score)] = found.list()[..] else { panic!("one face") };
        assert!((score - 0.9).abs() < 1e-6);
        for (found, expected) in area.iter().zip([11.0, 9.0, 20.0, 40.0]) {
            assert!((found - expected).abs() < 1e-4, "{area:?}");
        }
        assert_eq!(found.points(0), [(20.0, 30.0), (20.0, 30.0), (20.0, 30.0), (20.0, 30.0), (22.0, 33.0)]);
    }
}
