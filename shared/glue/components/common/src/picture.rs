//! From a model's output to a picture.

use crate::{
    bindings::vision::app::{
        images::{self, Image, Normalization},
        tensors::{ElementType, Rectangle, Tensor},
    },
    manifest::{Channels, Layout, Output, Steps},
    model::Answer,
    photo::View,
    shape::Frame,
};

/// The picture in an output, as `output` describes it; `channels` is the order of its channels, if the manifest does
/// not say.
///
/// # Errors
/// What the host says.
pub fn of_answer(answer: &Answer, output: &Output, steps: Steps, channels: Channels) -> Result<Image, String> {
    let channels = match output.channels.unwrap_or(channels) {
        Channels::Bgr => images::Channels::Bgr,
        Channels::Rgb | Channels::Gray => images::Channels::Rgb,
    };
    let normalization = Normalization {
        layout: match output.layout.unwrap_or_else(|| layout(&answer.shape)) {
            Layout::Nchw => images::Layout::Nchw,
            Layout::Nhwc => images::Layout::Nhwc,
        },
        channels,
        divisor: steps.divisor,
        mean: steps.mean,
        deviation: steps.deviation,
    };
    Image::from_tensor(&answer.tensor, &normalization)
}

fn layout(shape: &[u32]) -> Layout {
    let colourful = |side: u32| side == 1 || side == 3;
    match *shape {
        [1, first, _, last] | [first, _, last] if !colourful(first) && colourful(last) => Layout::Nhwc,
        _ => Layout::Nchw,
    }
}

/// A picture of these RGB pixels.
///
/// # Errors
/// What the host says.
pub fn of_pixels(width: u32, height: u32, rgb: &[u8]) -> Result<Image, String> {
    let tensor = Tensor::from_bytes(&[height, width, 3], ElementType::Uint8, rgb)?;
    Image::from_tensor(&tensor, &plain())
}

/// Pixels as they are, row by row.
pub fn plain() -> Normalization {
    Normalization {
        layout: images::Layout::Nhwc,
        channels: images::Channels::Rgb,
        divisor: 1.0,
        mean: Vec::new(),
        deviation: Vec::new(),
    }
}

/// Cuts out of a picture of the frame what shows the photo, in the photo's aspect ratio.
///
/// # Errors
/// What the host says.
pub fn restored(picture: Image, view: &View, frame: Frame) -> Result<Image, String> {
    let (columns, rows) = (picture.width(), picture.height());
    let shown = view.shown(frame, columns, rows);
    let area =
        Rectangle { x: shown.left as f32, y: shown.top as f32, width: shown.columns as f32, height: shown.rows as f32 };
    let whole = (shown.columns, shown.rows) == (columns, rows);
    let part = if whole { picture } else { picture.crop(area)? };
    let fits = (shown.columns, shown.rows) == (shown.width, shown.height);
    if fits { Ok(part) } else { part.resize(shown.width, shown.height) }
}

#[cfg(test)]
mod tests {
    use super::{Layout, layout};

    #[test]
    fn the_shape_tells_where_the_channels_are() {
        assert_eq!(layout(&[1, 240, 320, 3]), Layout::Nhwc);
        assert_eq!(layout(&[240, 320, 3]), Layout::Nhwc);
        assert_eq!(layout(&[1, 3, 240, 320]), Layout::Nchw);
        assert_eq!(layout(&[1, 1, 672, 672]), Layout::Nchw);
        assert_eq!(layout(&[3, 240, 320]), Layout::Nchw);
        assert_eq!(layout(&[240, 320]), Layout::Nchw);
    }
}
