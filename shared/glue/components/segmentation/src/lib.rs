//! The standard glue for segmentation: which class each part of the photo is of.

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{
        Guest, Value, export,
        vision::app::{
            images::{Channels, Image, Layout, Normalization},
            tensors::{ElementType, Tensor},
        },
    },
    json::score,
    manifest::Fit,
    model::{Answer, Net},
    photo,
};

struct Segmentation;
export!(Segmentation with_types_in vision_glue_common::bindings);

/// The part of the photo that a class covers.
#[derive(Serialize)]
struct Share {
    label: String,
    score: f64,
}

/// Which class each pixel of the model's frame is of, row by row.
struct ClassMap {
    width: u32,
    height: u32,
    classes: Vec<u32>,
}

impl Guest for Segmentation {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let answers = net.compute(&net.see(&photo, Fit::Stretch)?)?;
        let map = class_map(&net, &answers)?;
        let labels = shares(&net, &map);
        Ok(vec![
            ("mask".to_owned(), Value::Picture(painted(&map)?)),
            ("labels".to_owned(), Value::Json(json::to_string(&labels))),
        ])
    }
}

fn class_map(net: &Net, answers: &[Answer]) -> Result<ClassMap, String> {
    let misfit = || {
        net.misfit("of segmentation", "one output [1, height, width, classes] or [1, classes, height, width]", answers)
    };
    let [answer] = answers else { return Err(misfit()) };
    // The sides of the map are those of the frame, or a whole part of them; the classes are what is left.
    let (axis, height, width) = match *answer.shape {
        [1, first, second, third] if by_rows(net, first, second, third) => (3, first, second),
        [1, _, second, third] => (1, second, third),
        _ => return Err(misfit()),
    };
    let classes = answer.tensor.argmax(axis)?.bytes();
    let classes = classes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    Ok(ClassMap { width, height, classes })
}

fn by_rows(net: &Net, first: u32, second: u32, third: u32) -> bool {
    let frame_fits = |height: u32, width: u32| {
        u64::from(height) * u64::from(net.frame.width) == u64::from(width) * u64::from(net.frame.height)
    };
    frame_fits(first, second) && (!frame_fits(second, third) || third < first)
}

/// What the classes cover, the largest first; less than a thousandth is left away.
fn shares(net: &Net, map: &ClassMap) -> Vec<Share> {
    let highest = map.classes.iter().copied().max().unwrap_or(0) as usize;
    let mut counts = vec![0_u32; highest + 1];
    for &class in &map.classes {
        counts[class as usize] += 1;
    }
    let mut counted: Vec<_> = counts.into_iter().enumerate().filter(|&(_, count)| count > 0).collect();
    counted.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let pixels = map.classes.len() as f32;
    let shares = counted.into_iter().map(|(class, count)| (class, count as f32 / pixels));
    shares
        .filter(|&(_, share)| share >= 0.001)
        .map(|(class, share)| Share { label: net.labels.name(class), score: score(share) })
        .collect()
}

fn painted(map: &ClassMap) -> Result<Image, String> {
    let highest = map.classes.iter().copied().max().unwrap_or(0);
    let colors: Vec<[u8; 3]> = (0..=highest).map(color).collect();
    let pixels: Vec<[u8; 3]> = map.classes.iter().map(|&class| colors[class as usize]).collect();
    let tensor = Tensor::from_bytes(&[1, map.height, map.width, 3], ElementType::Uint8, pixels.as_flattened())?;
    let plain = Normalization {
        layout: Layout::Nhwc,
        channels: Channels::Rgb,
        divisor: 1.0,
        mean: Vec::new(),
        deviation: Vec::new(),
    };
    Image::from_tensor(&tensor, &plain)
}

/// The colours of PASCAL VOC's class maps: the bits of the class, three at a time, become the high bits of red, green
/// and blue (devkit of the VOC challenge, `VOClabelcolormap`). Class 0, the background, is black.
fn color(class: u32) -> [u8; 3] {
    let mut channels = [0_u8; 3];
    for step in 0..8 {
        for (channel, value) in channels.iter_mut().enumerate() {
            *value |= (((class >> (3 * step + channel as u32)) & 1) as u8) << (7 - step);
        }
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::color;

    #[test]
    fn the_first_classes_have_the_colours_of_voc() {
        assert_eq!(color(0), [0, 0, 0]);
        assert_eq!(color(1), [128, 0, 0]);
        assert_eq!(color(2), [0, 128, 0]);
        assert_eq!(color(15), [192, 128, 128]);
        assert_eq!(color(20), [0, 64, 128]);
    }
}
