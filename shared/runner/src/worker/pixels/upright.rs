//! Photos as they are shown: turned and mirrored as their EXIF orientation says.

use image::metadata::Orientation;

use super::Picture;

/// Where the pixel shown at column x and row y stands in the file: on either axis forwards or backwards, and with the
/// axes swapped when it is turned.
#[derive(Clone, Copy)]
struct Place {
    turned: bool,
    columns_backwards: bool,
    rows_backwards: bool,
}

impl Place {
    fn of(orientation: Orientation) -> Self {
        use Orientation as O;
        let turned = is_turned(orientation);
        let (columns_backwards, rows_backwards) = match orientation {
            O::NoTransforms | O::Rotate90FlipH => (false, false),
            O::FlipHorizontal => (true, false),
            O::FlipVertical => (false, true),
            O::Rotate180 | O::Rotate270FlipH => (true, true),
            O::Rotate90 => (false, true),
            O::Rotate270 => (true, false),
        };
        Self { turned, columns_backwards, rows_backwards }
    }
}

/// Whether width and height are swapped.
pub(super) fn is_turned(orientation: Orientation) -> bool {
    use Orientation as O;
    matches!(orientation, O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH)
}

/// Where a rectangle (left, top, width, height) of the picture as it is shown stands in the file, of that size.
pub(super) fn stored([left, top, width, height]: [f64; 4], size: (f64, f64), orientation: Orientation) -> [f64; 4] {
    let place = Place::of(orientation);
    let (column, columns, row, rows) =
        if place.turned { (top, height, left, width) } else { (left, width, top, height) };
    let column = if place.columns_backwards { size.0 - column - columns } else { column };
    let row = if place.rows_backwards { size.1 - row - rows } else { row };
    [column.max(0.0), row.max(0.0), columns, rows]
}

/// The picture as it is shown.
pub(super) fn turn(picture: Picture, orientation: Orientation) -> Picture {
    if orientation == Orientation::NoTransforms {
        return picture;
    }
    let Place { turned, columns_backwards, rows_backwards } = Place::of(orientation);
    let (w, h) = (picture.width as usize, picture.height as usize);
    let mut rgb = vec![0; picture.rgb.len()];
    let column = |n: usize| if columns_backwards { w - 1 - n } else { n };
    let row = |n: usize| if rows_backwards { h - 1 - n } else { n };
    if turned {
        // In squares that fit the cache, because one side is always walked across its rows.
        const SIDE: usize = 32;
        for top in (0..w).step_by(SIDE) {
            for left in (0..h).step_by(SIDE) {
                for y in top..(top + SIDE).min(w) {
                    for x in left..(left + SIDE).min(h) {
                        let (from, to) = ((row(x) * w + column(y)) * 3, (y * h + x) * 3);
                        rgb[to..to + 3].copy_from_slice(&picture.rgb[from..from + 3]);
                    }
                }
            }
        }
        return Picture { width: picture.height, height: picture.width, rgb };
    }
    for (y, line) in rgb.chunks_exact_mut(w * 3).enumerate() {
        let from = &picture.rgb[row(y) * w * 3..][..w * 3];
        if columns_backwards {
            for (pixel, from) in line.chunks_exact_mut(3).zip(from.rchunks_exact(3)) {
                pixel.copy_from_slice(from);
            }
        } else {
            line.copy_from_slice(from);
        }
    }
    Picture { rgb, ..picture }
}
