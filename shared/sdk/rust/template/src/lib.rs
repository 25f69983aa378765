//! Tells how bright a photo is: a small app to begin with.

use vision_app::{Image, Normalization, Result, info};

#[derive(vision_app::Inputs)]
struct Inputs {
    /// The parameter “Image” of app.json.
    image: Image,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    /// The result variable “brightness” of app.json.
    brightness: f64,
    /// The result variable “answer” of app.json.
    answer: String,
}

#[vision_app::main]
fn run(inputs: Inputs) -> Result<Outputs> {
    info!("the photo has {} x {} pixels", inputs.image.width(), inputs.image.height());
    // Numbers 0 to 1, three per pixel; a model would be given this tensor.
    let tensor = inputs.image.resize(8, 8)?.to_tensor(&Normalization::default())?;
    let brightness = percent(&tensor.numbers()?);
    let answer = if brightness < 50.0 { "rather dark" } else { "rather bright" };
    Ok(Outputs { brightness, answer: answer.to_owned() })
}

/// The mean, in whole percent.
fn percent(numbers: &[f32]) -> f64 {
    let sum: f64 = numbers.iter().map(|&number| f64::from(number)).sum();
    (sum / numbers.len().max(1) as f64 * 100.0).round()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mean_is_in_percent() {
        assert_eq!(super::percent(&[0.0, 0.5, 1.0]), 50.0);
    }
}
