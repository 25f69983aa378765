//! What stands before a JPEG's scan.

use super::{
    bits::Codes,
    blocks::{Coefficients, ZIGZAG},
};

/// One colour channel.
pub(super) struct Channel {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) steps: Coefficients,
    pub(super) means: usize,
    pub(super) details: usize,
}

/// A file with one scan of Huffman codes.
pub(super) struct Header<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// One of gray, or three of YCbCr, of which the first is sampled most often.
    pub(super) channels: Vec<Channel>,
    /// Huffman tables of blocks' means, and of the rest.
    pub(super) means: [Option<Codes>; 4],
    pub(super) details: [Option<Codes>; 4],
    /// So many groups of blocks stand between restarts; 0 if there are none.
    pub(super) restarts: usize,
    /// From the first bit on.
    pub(super) scan: &'a [u8],
}

/// A channel as the frame announces it.
struct Announced {
    id: u8,
    columns: usize,
    rows: usize,
    steps: u8,
}

#[derive(Default)]
struct Segments {
    size: Option<(usize, usize)>,
    announced: Vec<Announced>,
    steps: [Option<Coefficients>; 4],
    means: [Option<Codes>; 4],
    details: [Option<Codes>; 4],
    restarts: usize,
}

/// Reads a file up to its scan. `None` when there is anything that is not plain: progressive or arithmetic coding,
/// twelve bits, other colours than gray and YCbCr, several scans, chroma sampled more than once per group, or faults.
pub(super) fn read(file: &[u8]) -> Option<Header<'_>> {
    let mut segments = Segments::default();
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, tail @ ..] = rest else { return None };
        if *marker == 0xff {
            rest = &rest[1..];
            continue;
        }
        let (segment, behind) = tail.split_at_checked(word(tail)?)?;
        let body = segment.get(2..)?;
        rest = behind;
        match marker {
            0xc0 | 0xc1 => segments.frame(body)?,
            0xc4 => segments.codes(body)?,
            0xdb => segments.quantisation(body)?,
            0xdd => segments.restarts = word(body)?,
            0xda => return segments.scan(body, rest),
            // Adobe's, of which only YCbCr is plain.
            0xee if body.starts_with(b"Adobe") && body.get(11) != Some(&1) => return None,
            0xe0..=0xef | 0xfe => {}
            _ => return None,
        }
    }
}

fn word(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk::<2>().map(|bytes| usize::from(u16::from_be_bytes(*bytes)))
}

impl Segments {
    fn frame(&mut self, body: &[u8]) -> Option<()> {
        let [8, sizes @ ..] = body else { return None };
        let (height, width) = (word(sizes)?, word(&sizes[2..])?);
        let [count, list @ ..] = &sizes[4..] else { return None };
        let (list, []) = list.as_chunks::<3>() else { return None };
        if self.size.is_some() || list.len() != usize::from(*count) || width == 0 || height == 0 {
            return None;
        }
        self.size = Some((width, height));
        self.announced = list
            .iter()
            .map(|[id, samples, steps]| Announced {
                id: *id,
                columns: usize::from(samples >> 4),
                rows: usize::from(samples & 15),
                steps: *steps,
            })
            .collect();
        Some(())
    }

    fn quantisation(&mut self, mut body: &[u8]) -> Option<()> {
        while let [place, rest @ ..] = body {
            let mut steps = [0.0; 64];
            let wide = match place >> 4 {
                0 => false,
                1 => true,
                _ => return None,
            };
            let (list, behind) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            for (n, place) in ZIGZAG.into_iter().enumerate() {
                let step = if wide { word(&list[2 * n..])? } else { usize::from(list[n]) };
                steps[usize::from(place)] = step as f32;
            }
            *self.steps.get_mut(usize::from(place & 15))? = Some(steps);
            body = behind;
        }
        Some(())
    }

    fn codes(&mut self, mut body: &[u8]) -> Option<()> {
        while let [place, rest @ ..] = body {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, behind) = rest.split_at_checked(counts.iter().map(|count| usize::from(*count)).sum())?;
            let tables = match place >> 4 {
                0 => &mut self.means,
                1 => &mut self.details,
                _ => return None,
            };
            *tables.get_mut(usize::from(place & 15))? = Some(Codes::new(counts, symbols)?);
            body = behind;
        }
        Some(())
    }

    fn scan<'a>(mut self, body: &[u8], scan: &'a [u8]) -> Option<Header<'a>> {
        let (width, height) = self.size?;
        let [count, rest @ ..] = body else { return None };
        let (list, band) = rest.split_at_checked(2 * usize::from(*count))?;
        if band != [0, 63, 0] || self.announced.len() != usize::from(*count) {
            return None;
        }
        match &mut self.announced[..] {
            // Sampling says nothing where there is but one.
            [gray] => (gray.columns, gray.rows) = (1, 1),
            [luma, blue, red] => {
                let plain = |side: usize| matches!(side, 1 | 2 | 4);
                let once = |chroma: &Announced| chroma.columns == 1 && chroma.rows == 1;
                let is_rgb = [luma.id, blue.id, red.id] == *b"RGB";
                if is_rgb || !plain(luma.columns) || !plain(luma.rows) || !once(blue) || !once(red) {
                    return None;
                }
            }
            _ => return None,
        }
        let mut channels = Vec::with_capacity(3);
        for (announced, [id, tables]) in self.announced.iter().zip(list.as_chunks::<2>().0) {
            let (means, details) = (usize::from(tables >> 4), usize::from(tables & 15));
            let known = self.means.get(means)?.is_some() && self.details.get(details)?.is_some();
            if announced.id != *id || !known {
                return None;
            }
            let steps = (*self.steps.get(usize::from(announced.steps))?)?;
            channels.push(Channel { columns: announced.columns, rows: announced.rows, steps, means, details });
        }
        let Self { means, details, restarts, .. } = self;
        Some(Header { width, height, channels, means, details, restarts, scan })
    }
}
