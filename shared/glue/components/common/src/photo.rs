//! From a photo to a model's input, and from the model's frame back to the photo.

use crate::{
    bindings::vision::app::{
        images::{self, Image, Normalization},
        tensors::{Rectangle, Tensor},
    },
    manifest::{Channels, Fit, Input, Layout},
    shape::Frame,
};

/// A photo as the model sees it.
pub struct Seen {
    /// The photo, fitted into the frame.
    pub picture: Image,
    /// The model's input.
    pub tensor: Tensor,
    /// Where its pixels lie on the photo.
    pub view: View,
}

/// Where the pixels of the model's frame lie on the photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Size of the photo.
    pub width: f32,
    /// Size of the photo.
    pub height: f32,
    scale_x: f32,
    scale_y: f32,
    offset_x: f32,
    offset_y: f32,
}

/// The part of a picture of the frame that shows the photo, and the size at which it has the photo's aspect ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Columns of the picture before it.
    pub left: u32,
    /// Rows of the picture before it.
    pub top: u32,
    /// Columns of the picture that it has.
    pub columns: u32,
    /// Rows of the picture that it has.
    pub rows: u32,
    /// Its size in the photo's aspect ratio: no smaller than its columns.
    pub width: u32,
    /// Its size in the photo's aspect ratio: no smaller than its rows.
    pub height: u32,
}

/// How much longer a side may become to restore the photo's aspect ratio: a photo of one row would need a million.
const LONGEST: f32 = 4.0;

/// Fits a photo into the frame and turns it into numbers.
///
/// # Errors
/// What the host says.
pub fn see(photo: &Image, frame: Frame, input: &Input, fit: Fit) -> Result<Seen, String> {
    let (width, height) = (photo.width() as f32, photo.height() as f32);
    let (frame_width, frame_height) = (frame.width as f32, frame.height as f32);
    let mut view = View { width, height, scale_x: 1.0, scale_y: 1.0, offset_x: 0.0, offset_y: 0.0 };
    let picture = match input.fit.unwrap_or(fit) {
        Fit::Stretch => {
            (view.scale_x, view.scale_y) = (frame_width / width, frame_height / height);
            photo.resize(frame.width, frame.height)?
        }
        Fit::Crop => {
            let area = centre((width, height), (frame_width, frame_height));
            (view.scale_x, view.scale_y) = (frame_width / area.width, frame_height / area.height);
            (view.offset_x, view.offset_y) = (-area.x * view.scale_x, -area.y * view.scale_y);
            photo.crop(area)?.resize(frame.width, frame.height)?
        }
        Fit::Letterbox => {
            let boxed = photo.letterbox(frame.width, frame.height, input.pad(), input.anchor())?;
            (view.scale_x, view.scale_y) = (boxed.scale, boxed.scale);
            (view.offset_x, view.offset_y) = (boxed.offset_x, boxed.offset_y);
            boxed.picture
        }
    };
    let tensor = picture.to_tensor(&normalization(frame, input))?;
    Ok(Seen { picture, tensor, view })
}

// The largest part of the photo that has the frame's aspect ratio, in whole pixels, so that
// host and glue agree on its edges.
fn centre((width, height): (f32, f32), (frame_width, frame_height): (f32, f32)) -> Rectangle {
    let scale = (width / frame_width).min(height / frame_height);
    let (cut_width, cut_height) = ((frame_width * scale).round().max(1.0), (frame_height * scale).round().max(1.0));
    Rectangle {
        x: ((width - cut_width) / 2.0).floor().max(0.0),
        y: ((height - cut_height) / 2.0).floor().max(0.0),
        width: cut_width,
        height: cut_height,
    }
}

fn normalization(frame: Frame, input: &Input) -> Normalization {
    Normalization {
        layout: match frame.layout {
            Layout::Nchw => images::Layout::Nchw,
            Layout::Nhwc => images::Layout::Nhwc,
        },
        channels: match frame.channels {
            Channels::Rgb => images::Channels::Rgb,
            Channels::Bgr => images::Channels::Bgr,
            Channels::Gray => images::Channels::Gray,
        },
        divisor: input.divisor(),
        mean: input.mean(),
        deviation: input.deviation(),
    }
}

impl View {
    /// A place in the frame as it lies on the photo, clamped to it.
    pub fn point_on_photo(&self, x: f32, y: f32) -> (f32, f32) {
        (
            ((x - self.offset_x) / self.scale_x).clamp(0.0, self.width),
            ((y - self.offset_y) / self.scale_y).clamp(0.0, self.height),
        )
    }

    /// What of a picture of the frame shows the photo, if it has so many columns and rows.
    pub fn shown(&self, frame: Frame, columns: u32, rows: u32) -> Shown {
        let (across, down) = (columns as f32 / frame.width as f32, rows as f32 / frame.height as f32);
        let part = |offset: f32, length: f32, scale: f32, cells: u32| {
            let start = ((offset * scale).round().max(0.0) as u32).min(cells.saturating_sub(1));
            let end = (((offset + length) * scale).round().max(0.0) as u32).clamp(start + 1, cells.max(start + 1));
            (start, end - start)
        };
        let (left, part_columns) = part(self.offset_x, self.width * self.scale_x, across, columns);
        let (top, part_rows) = part(self.offset_y, self.height * self.scale_y, down, rows);
        // Cells per pixel of the photo, in both directions.
        let (dense_x, dense_y) = (across * self.scale_x, down * self.scale_y);
        let grown = |cells: u32, ratio: f32| match ratio {
            // Rounding of the edges is no distortion.
            ..1.01 => cells,
            _ => (cells as f32 * ratio.min(LONGEST)).round() as u32,
        };
        let (width, height) = (grown(part_columns, dense_y / dense_x), grown(part_rows, dense_x / dense_y));
        Shown { left, top, columns: part_columns, rows: part_rows, width, height }
    }

    /// A rectangle of the frame as it lies on the photo, clamped to it; nothing if it lies outside.
    pub fn on_photo(&self, area: &Rectangle) -> Option<Rectangle> {
        let horizontal = |x: f32| ((x - self.offset_x) / self.scale_x).clamp(0.0, self.width);
        let vertical = |y: f32| ((y - self.offset_y) / self.scale_y).clamp(0.0, self.height);
        let (left, right) = (horizontal(area.x), horizontal(area.x + area.width));
        let (top, bottom) = (vertical(area.y), vertical(area.y + area.height));
        (right > left && bottom > top).then_some(Rectangle {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Channels, Frame, Layout, Rectangle, View, centre};

    const FRAME: Frame = Frame { width: 200, height: 100, layout: Layout::Nchw, channels: Channels::Rgb };

    #[test]
    fn what_shows_the_photo_gets_its_aspect_ratio_back() {
        let shown = |view: View, columns, rows| {
            let shown = view.shown(FRAME, columns, rows);
            ([shown.left, shown.top, shown.columns, shown.rows], [shown.width, shown.height])
        };
        let view = View { width: 400.0, height: 400.0, scale_x: 0.5, scale_y: 0.25, offset_x: 0.0, offset_y: 0.0 };
        assert_eq!(shown(view, 200, 100), ([0, 0, 200, 100], [200, 200]));
        assert_eq!(shown(view, 50, 25), ([0, 0, 50, 25], [50, 50]));
        let boxed = View { scale_x: 0.25, offset_x: 50.0, ..view };
        assert_eq!(shown(boxed, 400, 200), ([100, 0, 200, 200], [200, 200]));
        let cut = View { width: 800.0, scale_x: 0.5, scale_y: 0.5, offset_x: -100.0, offset_y: -50.0, ..view };
        assert_eq!(shown(cut, 200, 100), ([0, 0, 200, 100], [200, 100]));
        let line = View { width: 1.0, height: 1e6, scale_x: 200.0, scale_y: 1e-4, offset_x: 0.0, offset_y: 0.0 };
        assert_eq!(shown(line, 200, 100), ([0, 0, 200, 100], [200, 400]));
    }

    #[test]
    fn points_return_to_the_photo_and_stay_on_it() {
        let view = View { width: 800.0, height: 600.0, scale_x: 0.5, scale_y: 0.5, offset_x: 0.0, offset_y: 50.0 };
        assert_eq!(view.point_on_photo(10.0, 60.0), (20.0, 20.0));
        assert_eq!(view.point_on_photo(-5.0, 1e9), (0.0, 600.0));
    }

    fn edges(area: &Rectangle) -> [f32; 4] {
        [area.x, area.y, area.width, area.height]
    }

    #[test]
    fn the_centre_has_the_aspect_ratio_of_the_frame() {
        assert_eq!(edges(&centre((768.0, 576.0), (224.0, 224.0))), [96.0, 0.0, 576.0, 576.0]);
        assert_eq!(edges(&centre((100.0, 400.0), (200.0, 100.0))), [0.0, 175.0, 100.0, 50.0]);
        assert_eq!(edges(&centre((1.0, 1.0), (64.0, 8.0))), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn areas_return_to_the_photo_and_stay_on_it() {
        let view = View { width: 800.0, height: 600.0, scale_x: 0.5, scale_y: 0.5, offset_x: 0.0, offset_y: 50.0 };
        let there = |x, y, width, height| view.on_photo(&Rectangle { x, y, width, height }).map(|area| edges(&area));
        assert_eq!(there(10.0, 60.0, 20.0, 30.0), Some([20.0, 20.0, 40.0, 60.0]));
        assert_eq!(there(-5.0, 0.0, 10.0, 100.0), Some([0.0, 0.0, 10.0, 100.0]));
        assert_eq!(there(500.0, 60.0, 20.0, 30.0), None);
    }
}
