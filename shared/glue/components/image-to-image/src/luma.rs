//! A picture of the model's luma and the photo's own colours.

use vision_glue_common::{
    bindings::vision::app::images::Image, manifest::Steps, model::Answer, picture, values::Values,
};

/// Pixels that are worked on at once: the glue has little memory.
const BAND: u32 = 1 << 16;

/// Scales the photo to the output's size and gives it the output's luma.
pub(crate) fn recoloured(photo: &Image, answer: &Answer, steps: &Steps) -> Result<Image, String> {
    let &[height, width] = &answer.sides()[..] else {
        return Err(format!("expected a luma of shape [1, 1, height, width], found {:?}", answer.shape));
    };
    let luma = answer.tensor.reshape(&[height, width])?;
    let colours = photo.resize(width, height)?.to_tensor(&picture::plain())?;
    let rows = (BAND / width).max(1);
    let mut pixels = Vec::with_capacity(3 * width as usize * height as usize);
    for top in (0..height).step_by(rows as usize) {
        let bottom = (top + rows).min(height);
        let band = Answer { name: answer.name.clone(), shape: Vec::new(), tensor: luma.slice(0, top, bottom)? };
        let colours = colours.slice(1, top, bottom)?.bytes();
        band.read(|luma| {
            pixels.extend(luma.iter().zip(rgb(&colours)).flat_map(|(luma, pixel)| lit(pixel, pixel_of(luma, steps))))
        })?;
    }
    picture::of_pixels(width, height, &pixels)
}

fn rgb(bytes: &[u8]) -> impl Iterator<Item = [f32; 3]> {
    let values = Values::new(bytes);
    (0..values.len() / 3).map(move |pixel| [0, 1, 2].map(|channel| values.at(3 * pixel + channel)))
}

fn pixel_of(number: f32, steps: &Steps) -> f32 {
    let first = |list: &[f32], neutral: f32| list.first().copied().unwrap_or(neutral);
    (number * first(&steps.deviation, 1.0) + first(&steps.mean, 0.0)) * steps.divisor
}

/// The pixel with this luma. With Cb and Cr kept, all three channels move as far as Y does.
fn lit(pixel: [f32; 3], luma: f32) -> [u8; 3] {
    let [red, green, blue] = pixel;
    let step = luma.clamp(0.0, 255.0) - (0.299 * red + 0.587 * green + 0.114 * blue);
    pixel.map(|channel| (channel + step).round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::{Steps, lit, pixel_of};

    #[test]
    fn colours_stay_and_luma_moves() {
        assert_eq!(lit([100.0, 100.0, 100.0], 150.4), [150, 150, 150]);
        assert_eq!(lit([200.0, 100.0, 50.0], 124.2 + 20.0), [220, 120, 70]);
        assert_eq!(lit([250.0, 0.0, 0.0], 300.0), [255, 180, 180]);
    }

    #[test]
    fn numbers_become_pixels_by_the_first_channel() {
        let steps = Steps { divisor: 255.0, mean: vec![0.5], deviation: vec![0.5] };
        assert_eq!(pixel_of(1.0, &steps), 255.0);
        assert_eq!(pixel_of(-1.0, &steps), 0.0);
    }
}
