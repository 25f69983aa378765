//! How often each level of red, green and blue is there, as a picture of three overlaid hills.

/// Pixels: two for each level.
pub(crate) const WIDTH: u32 = 512;
/// Pixels.
pub(crate) const HEIGHT: u32 = 200;

const LEVELS: usize = 256;
const PAPER: [f32; 3] = [250.0, 249.0, 246.0];
const LINE: [f32; 3] = [222.0, 221.0, 216.0];
/// Light passes through a hill: what all three cover is dark.
const HILLS: [[f32; 3]; 3] = [[1.0, 0.55, 0.55], [0.55, 0.86, 0.58], [0.56, 0.64, 1.0]];

/// Red, green and blue of the picture, row by row.
pub(crate) fn drawn(pixels: &[[u8; 3]]) -> Vec<u8> {
    let hills = [0, 1, 2].map(|channel| heights(pixels, channel));
    let highest = hills.iter().flatten().fold(0.0_f32, |highest, &height| highest.max(height)).max(f32::MIN_POSITIVE);
    let mut rgb = Vec::with_capacity((3 * WIDTH * HEIGHT) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let is_line = y % (HEIGHT / 4) == HEIGHT / 4 - 1 || x % (WIDTH / 4) == WIDTH / 4 - 1;
            let mut pixel = if is_line { LINE } else { PAPER };
            for (hill, passes) in hills.iter().zip(HILLS) {
                let top = 0.96 * HEIGHT as f32 * level_at(hill, x) / highest;
                // The part of this pixel that the hill covers.
                let covered = (top - (HEIGHT - 1 - y) as f32).clamp(0.0, 1.0);
                for (channel, pass) in pixel.iter_mut().zip(passes) {
                    *channel *= 1.0 - covered * (1.0 - pass);
                }
            }
            rgb.extend(pixel.map(|channel| channel.round() as u8));
        }
    }
    rgb
}

/// Between the levels on both sides of a column.
fn level_at(hill: &[f32; LEVELS], column: u32) -> f32 {
    let place = ((column as f32 - 0.5) / 2.0).clamp(0.0, (LEVELS - 1) as f32);
    let (low, part) = (place as usize, place.fract());
    hill[low] + (hill[(low + 1).min(LEVELS - 1)] - hill[low]) * part
}

/// The root of how many pixels are at about each level: so the few are seen beside the many.
fn heights(pixels: &[[u8; 3]], channel: usize) -> [f32; LEVELS] {
    let mut counts = [0.0_f32; LEVELS];
    for pixel in pixels {
        counts[usize::from(pixel[channel])] += 1.0;
    }
    let at = |level: isize| counts[level.clamp(0, LEVELS as isize - 1) as usize];
    std::array::from_fn(|level| {
        let near = [-2, -1, 0, 1, 2].map(|offset| at(level as isize + offset));
        (near.iter().zip([1.0, 2.0, 3.0, 2.0, 1.0]).map(|(count, weight)| count * weight).sum::<f32>() / 9.0).sqrt()
    })
}

#[cfg(test)]
mod tests {
    use super::{HEIGHT, WIDTH, drawn};

    #[test]
    fn a_red_picture_has_its_red_hill_to_the_right_and_the_others_to_the_left() {
        let rgb = drawn(&[[255, 0, 0]; 100]);
        assert_eq!(rgb.len(), (3 * WIDTH * HEIGHT) as usize);
        let foot = |x: u32| {
            let at = 3 * ((HEIGHT - 2) * WIDTH + x) as usize;
            [rgb[at], rgb[at + 1], rgb[at + 2]]
        };
        let ([left, _, _], [middle, _, _], [_, right, _]) = (foot(1), foot(300), foot(WIDTH - 3));
        assert!(left < 150 && middle == 250 && right < 150, "{left}, {middle}, {right}");
    }
}
