//! Plain JPEG files at a half, a quarter or an eighth of their size, for pictures that are made much smaller anyway.
//!
//! Undoing the cosine transform for low frequencies only saves most of that work, all of the work on pixels that a
//! scaling would average away again, and their memory. What is not plain, or not quite right, is left to the full
//! decoder, which also has the last word on what is wrong with a file.

mod bits;
mod blocks;
mod header;

use bits::{Bits, Codes, Next};
use blocks::{Coefficients, Write, ZIGZAG};
use header::{Channel, Header};

use super::Picture;

/// A colour channel on its way.
struct Plane<'a> {
    /// Blocks of one group.
    columns: usize,
    rows: usize,
    /// Pixels of one block.
    across: usize,
    down: usize,
    steps: &'a Coefficients,
    needed: usize,
    means: &'a Codes,
    details: &'a Codes,
    write: Write,
    mean: i32,
    /// Of one row of groups.
    pixels: Vec<u8>,
}

/// Whether a file is a JPEG that has all its pixels in one pass, so that decoding takes little memory beside them.
pub(super) fn is_plain(file: &[u8]) -> bool {
    header::read(file).is_some()
}

/// Decodes a JPEG of that size to `1 / divisor` of its width and height, rounded up, as it lies in the file. `None`
/// leaves it to the full decoder.
pub(super) fn decode(file: &[u8], size: (u32, u32), divisor: u32) -> Option<Picture> {
    let header = header::read(file)?;
    // Before anything is allocated for a size that nobody has allowed.
    if (header.width, header.height) != (size.0 as usize, size.1 as usize) {
        return None;
    }
    let side = match divisor {
        2 => 4,
        4 => 2,
        8 => 1,
        _ => return None,
    };
    let first = header.channels.first()?;
    let (columns, rows) = (first.columns, first.rows);
    let groups = (header.width.div_ceil(8 * columns), header.height.div_ceil(8 * rows));
    let mut planes = Vec::with_capacity(3);
    for channel in &header.channels {
        planes.push(Plane::new(&header, channel, (side * columns, side * rows), groups.0)?);
    }
    let (width, height) = ((header.width * side).div_ceil(8), (header.height * side).div_ceil(8));
    let mut picture =
        Picture { width: width as u32, height: height as u32, rgb: Vec::with_capacity(width * height * 3) };
    let mut bits = Bits::new(header.scan);
    let mut block = [0.0; 64];
    for row in 0..groups.1 {
        for column in 0..groups.0 {
            let number: usize = row * groups.0 + column;
            if header.restarts > 0 && number > 0 && number.is_multiple_of(header.restarts) {
                bits.restart(number / header.restarts - 1)?;
                planes.iter_mut().for_each(|plane| plane.mean = 0);
            }
            for plane in &mut planes {
                plane.group(&mut bits, &mut block, column)?;
            }
            if bits.overrun() {
                return None;
            }
        }
        let lines = (height - picture.rgb.len() / (width * 3)).min(side * rows);
        colour(&planes, width, lines, &mut picture.rgb);
    }
    Some(picture)
}

impl<'a> Plane<'a> {
    /// Of a group of blocks that becomes `pixels`, of which there are `groups` in a row.
    fn new(header: &'a Header<'_>, channel: &'a Channel, pixels: (usize, usize), groups: usize) -> Option<Self> {
        let (across, down) = (pixels.0 / channel.columns, pixels.1 / channel.rows);
        Some(Self {
            columns: channel.columns,
            rows: channel.rows,
            across,
            down,
            steps: &channel.steps,
            needed: blocks::needed(across, down),
            means: header.means[channel.means].as_ref()?,
            details: header.details[channel.details].as_ref()?,
            write: blocks::writer(across, down)?,
            mean: 0,
            pixels: vec![0; groups * pixels.0 * pixels.1],
        })
    }

    fn stride(&self) -> usize {
        self.pixels.len() / (self.rows * self.down)
    }

    /// Reads the channel's blocks of one group.
    fn group(&mut self, bits: &mut Bits<'_>, block: &mut Coefficients, column: usize) -> Option<()> {
        let stride = self.stride();
        for y in 0..self.rows {
            for x in 0..self.columns {
                let flat = self.read(bits, block)?;
                let at = y * self.down * stride + (column * self.columns + x) * self.across;
                let out = &mut self.pixels[at..];
                if flat {
                    let value = (block[0] / 8.0 + 128.5).clamp(0.0, 255.0) as u8;
                    for line in out.chunks_mut(stride).take(self.down) {
                        line[..self.across].fill(value);
                    }
                } else {
                    (self.write)(block, out, stride);
                    *block = [0.0; 64];
                }
            }
        }
        Some(())
    }

    /// Reads the coefficients of one block that matter; tells whether there is none but its mean.
    #[inline(always)]
    fn read(&mut self, bits: &mut Bits<'_>, block: &mut Coefficients) -> Option<bool> {
        self.mean = self.mean.wrapping_add(bits.difference(self.means)?);
        block[0] = self.mean as f32 * self.steps[0];
        let (mut n, mut flat) = (1, true);
        while n < 64 {
            match bits.coefficient(self.details)? {
                Next::Value { zeros, value } => {
                    n += zeros;
                    if n < self.needed {
                        let place = usize::from(ZIGZAG[n]) & 63;
                        block[place] = value as f32 * self.steps[place];
                        flat = false;
                    } else if n > 63 {
                        return None;
                    }
                    n += 1;
                }
                Next::Zeros => n += 16,
                Next::End => break,
            }
        }
        Some(flat)
    }
}

/// Appends the lines of one row of groups in RGB.
fn colour(planes: &[Plane<'_>], width: usize, lines: usize, rgb: &mut Vec<u8>) {
    let line = |plane: usize, y: usize| &planes[plane].pixels[y * planes[plane].stride()..][..width];
    for y in 0..lines {
        if planes.len() == 1 {
            rgb.extend(line(0, y).iter().flat_map(|gray| [*gray; 3]));
            continue;
        }
        let from = rgb.len();
        rgb.resize(from + width * 3, 0);
        let chroma = line(1, y).iter().zip(line(2, y));
        for ((out, luma), (blue, red)) in rgb[from..].as_chunks_mut::<3>().0.iter_mut().zip(line(0, y)).zip(chroma) {
            // JFIF's matrix, in 16-bit fixed point.
            let (luma, blue, red) = ((i32::from(*luma) << 16) + 0x8000, i32::from(*blue) - 128, i32::from(*red) - 128);
            *out = [luma + 91_881 * red, luma - 22_554 * blue - 46_802 * red, luma + 116_130 * blue]
                .map(|value| (value >> 16).clamp(0, 255) as u8);
        }
    }
}
