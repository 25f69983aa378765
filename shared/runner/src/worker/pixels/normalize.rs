//! Pictures to tensors and back.

use super::Picture;
use crate::engine::{Data, Tensor};

/// How pixels become numbers: (pixel / divisor - mean) / deviation.
#[derive(Clone, Debug)]
pub(crate) struct Normalization {
    pub(crate) layout: Layout,
    pub(crate) channels: Channels,
    pub(crate) divisor: f32,
    pub(crate) mean: Vec<f32>,
    pub(crate) deviation: Vec<f32>,
}

/// Order of the dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Nchw,
    Nhwc,
}

/// Order of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    Rgb,
    Bgr,
    Gray,
}

impl Channels {
    pub(crate) fn count(self) -> usize {
        if self == Self::Gray { 1 } else { 3 }
    }
}

impl Normalization {
    /// Divisor, mean and deviation per channel, in the order of the channels.
    fn steps(&self, channels: usize) -> Result<Vec<[f32; 3]>, String> {
        let per_channel = |list: &[f32], neutral: f32, what: &str| match list.len() {
            0 => Ok(vec![neutral; channels]),
            1 => Ok(vec![list[0]; channels]),
            n if n == channels => Ok(list.to_vec()),
            n => Err(format!("{what} has {n} numbers; there must be {channels}, or one for all channels")),
        };
        let mean = per_channel(&self.mean, 0.0, "the mean")?;
        let deviation = per_channel(&self.deviation, 1.0, "the deviation")?;
        if self.divisor == 0.0 || deviation.contains(&0.0) {
            return Err("neither the divisor nor a deviation may be 0".to_owned());
        }
        Ok(mean.into_iter().zip(deviation).map(|(mean, deviation)| [self.divisor, mean, deviation]).collect())
    }
}

impl Picture {
    /// One tensor [1, c, h, w] or [1, h, w, c], its numbers written once and where they stay.
    pub(crate) fn to_tensor(&self, normalization: &Normalization) -> Result<Tensor, String> {
        let channels = normalization.channels.count();
        let steps = normalization.steps(channels)?;
        let table = |channel: usize| -> [f32; 256] {
            let [divisor, mean, deviation] = steps[channel];
            std::array::from_fn(|pixel| (pixel as f32 / divisor - mean) / deviation)
        };
        let (h, w) = (self.height as usize, self.width as usize);
        let shape = match normalization.layout {
            Layout::Nchw => [1, channels, h, w],
            Layout::Nhwc => [1, h, w, channels],
        };
        let (pixels, _) = self.rgb.as_chunks::<3>();
        let [first, second, third] = if normalization.channels == Channels::Bgr { [2, 1, 0] } else { [0, 1, 2] };
        let data = match (normalization.channels, normalization.layout) {
            (Channels::Gray, _) => {
                let table = table(0);
                pixels.iter().map(|pixel| table[usize::from(luma(pixel))]).collect()
            }
            (_, Layout::Nhwc) => {
                let [one, two, three] = [table(0), table(1), table(2)];
                let number = |table: &[f32; 256], pixel: &[u8; 3], place: usize| table[usize::from(pixel[place])];
                let numbers =
                    |pixel| [number(&one, pixel, first), number(&two, pixel, second), number(&three, pixel, third)];
                pixels.iter().map(numbers).collect::<Vec<[f32; 3]>>().into_flattened()
            }
            (_, Layout::Nchw) => {
                let mut data = Vec::with_capacity(3 * pixels.len());
                for (channel, place) in [first, second, third].into_iter().enumerate() {
                    let table = table(channel);
                    data.extend(pixels.iter().map(|pixel| table[usize::from(pixel[place])]));
                }
                data
            }
        };
        Tensor::new(shape, Data::Float32(data))
    }

    /// A picture from a tensor, with the normalisation undone for float32; uint8 is taken as it is.
    pub(crate) fn from_tensor(tensor: &Tensor, normalization: &Normalization) -> Result<Self, String> {
        let [height, width, channels] = planes(tensor.shape(), normalization.layout)?;
        let pixels = width * height;
        let steps = normalization.steps(channels)?;
        let at = |pixel: usize, channel: usize| match normalization.layout {
            Layout::Nchw => channel * pixels + pixel,
            Layout::Nhwc => pixel * channels + channel,
        };
        let places = match (channels, normalization.channels) {
            (1, _) => [0, 0, 0],
            (_, Channels::Bgr) => [2, 1, 0],
            _ => [0, 1, 2],
        };
        let rgb = match tensor.data() {
            Data::Uint8(data) if normalization.layout == Layout::Nhwc && channels == 3 && places == [0, 1, 2] => {
                data.clone()
            }
            Data::Uint8(data) => assemble(pixels, places, |pixel, channel| data[at(pixel, channel)]),
            Data::Float32(data) => assemble(pixels, places, |pixel, channel| {
                let [divisor, mean, deviation] = steps[channel];
                ((data[at(pixel, channel)] * deviation + mean) * divisor).round().clamp(0.0, 255.0) as u8
            }),
            _ => return Err(format!("a picture is made of float32 or uint8, not of {}", tensor.element().name())),
        };
        let side = |n: usize| u32::try_from(n).map_err(|_| format!("{n} pixels are too many for one side"));
        Self::from_rgb(side(width)?, side(height)?, rgb)
    }
}

/// Height, width and channels of a tensor that is to become a picture.
pub(crate) fn planes(shape: &[usize], layout: Layout) -> Result<[usize; 3], String> {
    let found = match (shape, layout) {
        ([h, w], _) => [*h, *w, 1],
        ([c, h, w] | [1, c, h, w], Layout::Nchw) => [*h, *w, *c],
        ([h, w, c] | [1, h, w, c], Layout::Nhwc) => [*h, *w, *c],
        _ => return Err(format!("a tensor of shape {shape:?} is not one picture")),
    };
    match found {
        [_, _, c] if c != 1 && c != 3 => {
            Err(format!("a picture has 1 or 3 channels; shape {shape:?} read as {layout:?} has {c}"))
        }
        [0, ..] | [_, 0, _] => Err(format!("a tensor of shape {shape:?} holds no pixel")),
        found => Ok(found),
    }
}

fn assemble(pixels: usize, places: [usize; 3], value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let mut rgb = vec![0; pixels * 3];
    for (pixel, out) in rgb.chunks_exact_mut(3).enumerate() {
        out.copy_from_slice(&places.map(|channel| value(pixel, channel)));
    }
    rgb
}

/// ITU-R BT.601, in the fixed-point form that Pillow uses too.
fn luma(pixel: &[u8]) -> u8 {
    ((u32::from(pixel[0]) * 19_595 + u32::from(pixel[1]) * 38_470 + u32::from(pixel[2]) * 7_471 + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture::from_rgb(2, 1, vec![255, 0, 51, 0, 102, 204]).unwrap()
    }

    fn normalization(layout: Layout, channels: Channels) -> Normalization {
        Normalization { layout, channels, divisor: 255.0, mean: vec![0.5, 0.0, 0.25], deviation: vec![0.5] }
    }

    #[test]
    fn pixels_are_normalised_in_the_order_of_the_channels() {
        let tensor = picture().to_tensor(&normalization(Layout::Nchw, Channels::Bgr)).unwrap();
        assert_eq!(tensor.shape(), [1, 3, 1, 2]);
        let expected = [-0.6, 0.6, 0.0, 0.8, 1.5, -0.5];
        for (found, expected) in tensor.floats().unwrap().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{tensor:?}");
        }
        let tensor = picture().to_tensor(&normalization(Layout::Nhwc, Channels::Rgb)).unwrap();
        assert_eq!(tensor.shape(), [1, 1, 2, 3]);
        for (found, expected) in tensor.floats().unwrap().iter().zip([1.0, 0.0, -0.1, -1.0, 0.8, 1.1]) {
            assert!((found - expected).abs() < 1e-6, "{tensor:?}");
        }
    }

    #[test]
    fn a_picture_comes_back_from_its_tensor() {
        for layout in [Layout::Nchw, Layout::Nhwc] {
            for channels in [Channels::Rgb, Channels::Bgr] {
                let normalization = normalization(layout, channels);
                let tensor = picture().to_tensor(&normalization).unwrap();
                assert_eq!(Picture::from_tensor(&tensor, &normalization).unwrap(), picture());
            }
        }
    }

    #[test]
    fn gray_is_bt_601_and_one_channel_becomes_gray() {
        let gray = Normalization {
            layout: Layout::Nchw,
            channels: Channels::Gray,
            divisor: 1.0,
            mean: vec![],
            deviation: vec![],
        };
        let tensor = picture().to_tensor(&gray).unwrap();
        assert_eq!(tensor.shape(), [1, 1, 1, 2]);
        assert_eq!(tensor.floats().unwrap(), [82.0, 83.0]);
        assert_eq!(Picture::from_tensor(&tensor, &gray).unwrap().rgb, [82, 82, 82, 83, 83, 83]);
    }

    #[test]
    fn wrong_numbers_are_named() {
        let mut wrong = normalization(Layout::Nchw, Channels::Rgb);
        wrong.mean = vec![1.0, 2.0];
        assert!(picture().to_tensor(&wrong).unwrap_err().contains("the mean has 2 numbers"));
        wrong.mean = vec![];
        wrong.divisor = 0.0;
        assert!(picture().to_tensor(&wrong).is_err());
        assert!(planes(&[1, 4, 2, 2], Layout::Nchw).unwrap_err().contains("has 4"));
        assert!(planes(&[2, 3, 4, 4], Layout::Nchw).is_err());
    }
}
