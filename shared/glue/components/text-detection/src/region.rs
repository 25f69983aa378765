//! How likely a region is text.

use vision_glue_common::values::Values;

use crate::rectangle::Rectangle;

/// The mean of the map over the pixels whose middle lies within a rectangle.
pub(crate) fn mean(map: Values<'_>, (height, width): (u32, u32), area: &Rectangle) -> f32 {
    let corners = area.corners();
    let span = |of: fn(&(f32, f32)) -> f32, most: u32| {
        let least = corners.iter().map(of).fold(f32::INFINITY, f32::min).floor().clamp(0.0, most as f32);
        let last = corners.iter().map(of).fold(f32::NEG_INFINITY, f32::max).ceil().clamp(0.0, most as f32);
        least as u32..last as u32
    };
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for row in span(|corner| corner.1, height) {
        for column in span(|corner| corner.0, width) {
            if area.holds((column as f32 + 0.5, row as f32 + 0.5)) {
                sum += f64::from(map.at((row * width + column) as usize));
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 }
}

#[cfg(test)]
mod tests {
    use super::{Rectangle, mean};
    use vision_glue_common::values::{Values, bytes};

    #[test]
    fn only_pixels_within_count() {
        let map = bytes(&[0.0, 0.5, 1.0, 0.0, 0.7, 0.2]);
        let area = Rectangle::around(&[(1.0, 0.0), (3.0, 0.0), (3.0, 1.0), (1.0, 1.0)]).unwrap();
        assert_eq!(mean(Values::new(&map), (2, 3), &area), 0.75);
        let outside = Rectangle::around(&[(7.0, 7.0), (9.0, 7.0), (9.0, 9.0)]).unwrap();
        assert_eq!(mean(Values::new(&map), (2, 3), &outside), 0.0);
    }
}
