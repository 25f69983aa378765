//! Masks to polygons, along the edges between pixels.

use std::collections::HashMap;

use crate::engine::Tensor;

type Corner = (u32, u32);

/// Sides of pixels that all outlines together may have: noise of millions of pixels has no outline worth its memory.
const MOST_EDGES: usize = 1 << 20;

/// Outlines of the regions of `mask` [height, width] above `threshold`. Regions touch at sides, not at corners; holes
/// are not outlined.
pub(crate) fn polygons(mask: &Tensor, threshold: f32) -> Result<Vec<Vec<(f32, f32)>>, String> {
    let values = mask.floats()?;
    let [height, width] = mask.shape()[..] else {
        return Err(format!("a mask has the shape [height, width], not {:?}", mask.shape()));
    };
    let inside = |x: i64, y: i64| {
        (0..width as i64).contains(&x)
            && (0..height as i64).contains(&y)
            && values[y as usize * width + x as usize] > threshold
    };
    let mut edges = edges(width, height, inside)?;
    let mut starts: Vec<Corner> = edges.keys().copied().collect();
    starts.sort_unstable_by_key(|(x, y)| (*y, *x));
    let mut outlines = Vec::new();
    for start in starts {
        while edges.contains_key(&start) {
            let outline = follow(&mut edges, start);
            if area(&outline) > 0 {
                outlines.push(outline.into_iter().map(|(x, y)| (x as f32, y as f32)).collect());
            }
        }
    }
    Ok(outlines)
}

/// The directed edges around all regions, region on the right hand (y grows downwards), by their start.
fn edges(
    width: usize,
    height: usize,
    inside: impl Fn(i64, i64) -> bool,
) -> Result<HashMap<Corner, Vec<Corner>>, String> {
    let mut edges: HashMap<Corner, Vec<Corner>> = HashMap::new();
    let mut count = 0;
    for y in 0..height as i64 {
        for x in (0..width as i64).filter(|x| inside(*x, y)) {
            let (left, top) = (x as u32, y as u32);
            let (right, bottom) = (left + 1, top + 1);
            for (outside, from, to) in [
                (!inside(x, y - 1), (left, top), (right, top)),
                (!inside(x + 1, y), (right, top), (right, bottom)),
                (!inside(x, y + 1), (right, bottom), (left, bottom)),
                (!inside(x - 1, y), (left, bottom), (left, top)),
            ] {
                if outside {
                    count += 1;
                    edges.entry(from).or_default().push(to);
                }
            }
            if count > MOST_EDGES {
                return Err(format!("the outlines of the mask have more than {MOST_EDGES} sides; smooth it first"));
            }
        }
    }
    Ok(edges)
}

/// Takes one closed outline out of the edges, and returns its corners without those on straight lines.
fn follow(edges: &mut HashMap<Corner, Vec<Corner>>, start: Corner) -> Vec<Corner> {
    let mut outline: Vec<Corner> = Vec::new();
    let mut here = start;
    let mut from: Option<Corner> = None;
    while let Some(ways) = edges.get_mut(&here) {
        // Where two regions meet at a corner there are two ways on: turning right stays with the same region.
        let choice = from.map_or(0, |from| ways.iter().position(|to| turn(from, here, *to) > 0).unwrap_or(0));
        let next = ways.swap_remove(choice);
        if ways.is_empty() {
            edges.remove(&here);
        }
        if from.is_none_or(|from| turn(from, here, next) != 0) {
            outline.push(here);
        }
        from = Some(here);
        here = next;
        if here == start {
            break;
        }
    }
    // The start itself may lie on a straight line.
    if let (Some(last), [first, second, ..]) = (from, &outline[..])
        && turn(last, *first, *second) == 0
    {
        outline.remove(0);
    }
    outline
}

/// Positive for a right turn, with y downwards.
fn turn(a: Corner, b: Corner, c: Corner) -> i64 {
    let vector = |a: Corner, b: Corner| (i64::from(b.0) - i64::from(a.0), i64::from(b.1) - i64::from(a.1));
    let ((ax, ay), (bx, by)) = (vector(a, b), vector(b, c));
    ax * by - ay * bx
}

/// Twice the enclosed area; negative for holes.
fn area(outline: &[Corner]) -> i64 {
    let next = outline.iter().cycle().skip(1);
    outline.iter().zip(next).map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Data;

    fn outlines(rows: &[&str]) -> Vec<Vec<(f32, f32)>> {
        let data = rows.iter().flat_map(|row| row.bytes().map(|b| if b == b'#' { 0.9 } else { 0.1 })).collect();
        let mask = Tensor::new([rows.len(), rows[0].len()], Data::Float32(data)).unwrap();
        polygons(&mask, 0.5).unwrap()
    }

    #[test]
    fn a_region_is_outlined_by_its_corners() {
        assert_eq!(outlines(&["....", ".##.", ".##.", "...."]), [[(1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0)]]);
        let bent = outlines(&["##", "#."]);
        assert_eq!(bent, [[(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 2.0), (0.0, 2.0)]]);
    }

    #[test]
    fn holes_are_left_out_and_corners_do_not_connect() {
        assert_eq!(outlines(&["###", "#.#", "###"]).len(), 1);
        let diagonal = outlines(&["#.", ".#"]);
        assert_eq!(diagonal.len(), 2);
        assert!(diagonal.iter().all(|outline| outline.len() == 4), "{diagonal:?}");
        assert_eq!(outlines(&["..", ".."]).len(), 0);
    }
}
