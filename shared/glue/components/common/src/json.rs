//! Numbers as they appear in results.

/// A score, as exact as it is meaningful.
pub fn score(value: f32) -> f64 {
    round(value, 1e6)
}

/// A place on the photo, to a hundredth of a pixel.
pub fn pixels(value: f32) -> f64 {
    round(value, 100.0)
}

/// Any number, to the seven digits that a float32 is good for.
pub fn significant(value: f32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 6 - f64::from(value).abs().log10().floor() as i32;
    // Powers of ten are exact as long as they are whole.
    let steps = 10_f64.powi(digits.abs());
    let value = f64::from(value);
    if digits < 0 { (value / steps).round() * steps } else { (value * steps).round() / steps }
}

// The shortest decimal of a float32 widened to float64 would have seventeen digits.
fn round(value: f32, steps: f64) -> f64 {
    (f64::from(value) * steps).round() / steps
}

#[cfg(test)]
mod tests {
    use super::{pixels, score, significant};

    #[test]
    fn numbers_have_as_many_digits_as_they_mean() {
        assert_eq!((score(0.8), pixels(12.345_678)), (0.8, 12.35));
        assert_eq!([0.1, -123.456, 1e-7, 16_777_216.0, 0.0].map(significant), [0.1, -123.456, 1e-7, 16_777_220.0, 0.0]);
        assert_eq!(significant(f32::NAN), 0.0);
    }
}
