//! Numbers as they appear in results.

/// A score, as exact as it is meaningful.
pub fn score(value: f32) -> f64 {
    round(value, 1e6)
}

/// A place on the photo, to a hundredth of a pixel.
pub fn pixels(value: f32) -> f64 {
    round(value, 100.0)
}

// The shortest decimal of a float32 widened to float64 would have seventeen digits.
fn round(value: f32, steps: f64) -> f64 {
    (f64::from(value) * steps).round() / steps
}
