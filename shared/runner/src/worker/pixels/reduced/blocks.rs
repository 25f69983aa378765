//! From a block's coefficients to fewer than its 8 x 8 pixels.
//!
//! The cosine transform is undone for the lowest frequencies only, which gives the block at a half, a quarter or an
//! eighth of its size. In either direction on its own, because chroma has often fewer samples than luma and is then
//! reduced less, so that both come out at the same size.

/// A block's coefficients, row by row, quantisation undone.
pub(super) type Coefficients = [f32; 64];

/// Place in a block of each coefficient in the order of the file.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// How many coefficients in the order of the file matter for so many columns and rows.
pub(super) fn needed(columns: usize, rows: usize) -> usize {
    let matters = |place: &u8| usize::from(place % 8) < columns && usize::from(place / 8) < rows;
    ZIGZAG.iter().rposition(matters).map_or(1, |last| last + 1)
}

/// Writes a block's pixels.
pub(super) type Write = fn(&Coefficients, &mut [u8], usize);

/// The writer for so many columns and rows of pixels, each 1, 2, 4 or 8.
pub(super) fn writer(columns: usize, rows: usize) -> Option<Write> {
    Some(match (columns, rows) {
        (1, 1) => write::<1, 1>,
        (1, 2) => write::<1, 2>,
        (1, 4) => write::<1, 4>,
        (2, 1) => write::<2, 1>,
        (2, 2) => write::<2, 2>,
        (2, 4) => write::<2, 4>,
        (2, 8) => write::<2, 8>,
        (4, 1) => write::<4, 1>,
        (4, 2) => write::<4, 2>,
        (4, 4) => write::<4, 4>,
        (4, 8) => write::<4, 8>,
        (8, 2) => write::<8, 2>,
        (8, 4) => write::<8, 4>,
        (8, 8) => write::<8, 8>,
        _ => return None,
    })
}

fn write<const COLUMNS: usize, const ROWS: usize>(block: &Coefficients, out: &mut [u8], stride: usize) {
    let mut half = [[0.0_f32; COLUMNS]; ROWS];
    for (row, half) in half.iter_mut().enumerate() {
        half.copy_from_slice(&block[row * 8..row * 8 + COLUMNS]);
    }
    undo(&mut half);
    let mut turned = [[0.0_f32; ROWS]; COLUMNS];
    for (y, line) in half.iter().enumerate() {
        for (x, value) in line.iter().enumerate() {
            turned[x][y] = *value;
        }
    }
    undo(&mut turned);
    for (y, line) in out.chunks_mut(stride).take(ROWS).enumerate() {
        for (x, pixel) in line[..COLUMNS].iter_mut().enumerate() {
            *pixel = byte(turned[x][y]);
        }
    }
}

/// To the nearest of 0 to 255: added to 2^23, a number's lowest bits are its whole part.
fn byte(value: f32) -> u8 {
    ((value + 128.0).clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}

/// Undoes the cosine transform along the first dimension, for each lane of the second.
#[inline(always)]
fn undo<const LANES: usize, const N: usize>(lines: &mut [[f32; LANES]; N]) {
    const LOW: f32 = std::f32::consts::FRAC_1_SQRT_2 / 2.0;
    for lane in 0..LANES {
        match N {
            1 => lines[0][lane] *= LOW,
            2 => {
                let (even, odd) = (lines[0][lane] * LOW, lines[1][lane] * LOW);
                (lines[0][lane], lines[1][lane]) = (even + odd, even - odd);
            }
            4 => {
                let found = four([lines[0][lane], lines[1][lane], lines[2][lane], lines[3][lane]]);
                for (line, found) in lines.iter_mut().zip(found) {
                    line[lane] = found;
                }
            }
            _ => {
                let at = |n: usize| lines[n][lane];
                let even = four([at(0), at(2), at(4), at(6)]);
                let odd = odd([at(1), at(3), at(5), at(7)]);
                for n in 0..4 {
                    lines[n][lane] = even[n] + odd[n];
                    lines[7 - n][lane] = even[n] - odd[n];
                }
            }
        }
    }
}

/// Half of the cosine of that many sixteenths of pi.
const COSINES: [f32; 8] =
    [0.5, 0.490_392_65, 0.461_939_75, 0.415_734_8, 0.353_553_4, 0.277_785_12, 0.191_341_71, 0.097_545_16];

#[inline(always)]
fn four([a, b, c, d]: [f32; 4]) -> [f32; 4] {
    let (sum, difference) = ((a + c) * COSINES[4], (a - c) * COSINES[4]);
    let (outer, inner) = (b * COSINES[2] + d * COSINES[6], b * COSINES[6] - d * COSINES[2]);
    [sum + outer, difference + inner, difference - inner, sum - outer]
}

#[inline(always)]
fn odd([a, b, c, d]: [f32; 4]) -> [f32; 4] {
    let [_, one, _, three, _, five, _, seven] = COSINES;
    [
        a * one + b * three + c * five + d * seven,
        a * three - b * seven - c * one - d * five,
        a * five - b * one + c * seven + d * three,
        a * seven - b * five + c * three - d * one,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition of the transform.
    fn slowly(block: &Coefficients, columns: usize, rows: usize) -> Vec<u8> {
        let term = |k: usize, n: usize, size: usize| {
            let scale = if k == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            scale / 2.0 * ((2 * n + 1) as f64 * k as f64 * std::f64::consts::PI / (2 * size) as f64).cos()
        };
        let mut pixels = Vec::new();
        for y in 0..rows {
            for x in 0..columns {
                let mut sum = 128.0;
                for v in 0..rows {
                    for u in 0..columns {
                        sum += f64::from(block[v * 8 + u]) * term(u, x, columns) * term(v, y, rows);
                    }
                }
                pixels.push(sum.round().clamp(0.0, 255.0) as u8);
            }
        }
        pixels
    }

    #[test]
    fn the_transform_is_undone_at_every_size() {
        let mut seed = 7_u32;
        for (columns, rows) in [(1, 1), (1, 2), (2, 1), (2, 2), (4, 2), (2, 8), (4, 4), (8, 4), (8, 8)] {
            let block: Coefficients = std::array::from_fn(|n| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as f32 / (n + 1) as f32 - 20.0
            });
            let mut found = vec![0; columns * rows];
            writer(columns, rows).unwrap()(&block, &mut found, columns);
            for (found, wanted) in found.iter().zip(slowly(&block, columns, rows)) {
                assert!(found.abs_diff(wanted) <= 1, "{columns} x {rows}: {found}, not {wanted}");
            }
        }
    }

    #[test]
    fn only_low_frequencies_matter() {
        assert_eq!(needed(1, 1), 1);
        assert_eq!(needed(2, 2), 5);
        assert_eq!(needed(4, 4), 25);
        assert_eq!(needed(8, 8), 64);
    }
}
