//! Edges by Canny (1986): blurred, the steepest places across each edge kept, faint ones kept where they go on from clear
//! ones.

/// Colour of a line.
pub(crate) const INK: [u8; 3] = [28, 32, 52];
/// Colour of what is no line.
pub(crate) const PAPER: [u8; 3] = [250, 249, 246];
/// Standard deviation of the blur, in pixels.
const SIGMA: f32 = 1.4;
/// What a faint edge must have of a clear one's steepness.
const FAINT: f32 = 0.4;

/// Whether each pixel is on an edge. luma: 0..=255, row by row. threshold: how many of 255 levels the blurred luma must
/// climb within four pixels for an edge to be clear.
pub(crate) fn canny(luma: &[f32], width: usize, height: usize, threshold: f32) -> Vec<bool> {
    let smooth = blurred(luma, width, height);
    let (steepness, across) = slopes(&smooth, width, height);
    let thin = thinned(&steepness, &across, width, height);
    joined(&thin, width, threshold)
}

fn blurred(luma: &[f32], width: usize, height: usize) -> Vec<f32> {
    let reach = (3.0 * SIGMA).ceil() as isize;
    let weights: Vec<f32> = (-reach..=reach).map(|at| (-0.5 * (at as f32 / SIGMA).powi(2)).exp()).collect();
    let whole: f32 = weights.iter().sum();
    let along = |values: &[f32], step: usize, length: usize| -> Vec<f32> {
        (0..values.len())
            .map(|place| {
                let at = (place / step % length) as isize;
                let start = place - at as usize * step;
                let of = |(offset, weight): (isize, &f32)| {
                    weight * values[start + (at + offset).clamp(0, length as isize - 1) as usize * step]
                };
                (-reach..=reach).zip(&weights).map(of).sum::<f32>() / whole
            })
            .collect()
    };
    along(&along(luma, 1, width), width, height)
}

/// Sobel's slopes: how steep, in levels within four pixels, and which neighbours lie across (right, down).
fn slopes(smooth: &[f32], width: usize, height: usize) -> (Vec<f32>, Vec<(isize, isize)>) {
    let at = |x: usize, y: usize| smooth[y.min(height - 1) * width + x.min(width - 1)];
    let slope = |place: usize| {
        let (x, y) = (place % width, place / width);
        let (left, up, right, down) = (x.saturating_sub(1), y.saturating_sub(1), x + 1, y + 1);
        let dx =
            at(right, up) + 2.0 * at(right, y) + at(right, down) - at(left, up) - 2.0 * at(left, y) - at(left, down);
        let dy = at(left, down) + 2.0 * at(x, down) + at(right, down) - at(left, up) - 2.0 * at(x, up) - at(right, up);
        // Within 22.5 degrees of an axis, or else diagonal.
        let across = match (dx.abs(), dy.abs()) {
            (h, v) if v <= 0.414_213_56 * h => (1, 0),
            (h, v) if h <= 0.414_213_56 * v => (0, 1),
            _ if dx * dy > 0.0 => (1, 1),
            _ => (1, -1),
        };
        (dx.hypot(dy) / 2.0, across)
    };
    (0..smooth.len()).map(slope).unzip()
}

/// The steepness where it is greatest across its edge, and 0 elsewhere.
fn thinned(steepness: &[f32], across: &[(isize, isize)], width: usize, height: usize) -> Vec<f32> {
    let neighbour = |place: usize, right: isize, down: isize| {
        let (x, y) = ((place % width) as isize + right, (place / width) as isize + down);
        let inside = (0..width as isize).contains(&x) && (0..height as isize).contains(&y);
        if inside { steepness[y as usize * width + x as usize] } else { 0.0 }
    };
    let kept = |(place, (&steep, &(right, down))): (usize, (&f32, &(isize, isize)))| {
        // Of two that are alike the first stays.
        let is_top = steep > neighbour(place, -right, -down) && steep >= neighbour(place, right, down);
        if is_top { steep } else { 0.0 }
    };
    steepness.iter().zip(across).enumerate().map(kept).collect()
}

/// Clear edges, and faint ones that touch them.
fn joined(thin: &[f32], width: usize, threshold: f32) -> Vec<bool> {
    let mut lines = vec![false; thin.len()];
    let mut open: Vec<usize> = (0..thin.len()).filter(|&place| thin[place] >= threshold).collect();
    while let Some(place) = open.pop() {
        if std::mem::replace(&mut lines[place], true) {
            continue;
        }
        let x = place % width;
        for row in [place.checked_sub(width), Some(place), place.checked_add(width)].into_iter().flatten() {
            let (first, last) = (row - x.min(1), row + usize::from(x + 1 < width));
            let faint = |&near: &usize| thin.get(near).is_some_and(|&steep| steep >= FAINT * threshold) && !lines[near];
            open.extend((first..=last).filter(faint));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::canny;

    /// A bright square of 20 pixels in the middle of 40 dark ones.
    fn square(bright: f32) -> Vec<f32> {
        let inside = |place: usize| (10..30).contains(&(place % 40)) && (10..30).contains(&(place / 40));
        (0..1600).map(|place| if inside(place) { bright } else { 20.0 }).collect()
    }

    #[test]
    fn a_square_has_one_thin_outline() {
        let lines = canny(&square(220.0), 40, 40, 25.0);
        let row = |y: usize| (0..40).filter(|x| lines[y * 40 + x]).collect::<Vec<_>>();
        let middle = row(20);
        assert_eq!(middle.len(), 2, "{middle:?}");
        assert!(middle[0].abs_diff(10) <= 1 && middle[1].abs_diff(29) <= 1, "{middle:?}");
        assert!(row(3).is_empty() && (60..=90).contains(&lines.iter().filter(|&&line| line).count()));
    }

    #[test]
    fn a_higher_threshold_leaves_faint_edges_away() {
        let count = |bright, threshold| canny(&square(bright), 40, 40, threshold).iter().filter(|&&line| line).count();
        assert!(count(60.0, 10.0) > 50);
        assert_eq!(count(60.0, 80.0), 0);
        assert!(canny(&[9.0; 600], 30, 20, 1.0).iter().all(|line| !line));
        assert_eq!(canny(&[0.0, 255.0], 1, 2, 1.0).len(), 2);
    }
}
