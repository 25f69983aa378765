//! Pictures. They stay on the host; an [`Image`] is a handle, and letting go of it frees the picture.

pub use crate::bindings::vision::app::{
    images::{Anchor, Annotation, Channels, Color, Format, Layout, Normalization},
    tensors::Rectangle,
};

use crate::{Result, Tensor, bindings::vision::app::images, error::host};

/// A picture of eight-bit RGB, upright: a photo's EXIF orientation has been applied.
#[derive(Debug)]
pub struct Image(pub(crate) images::Image);

/// A picture scaled into a frame with its aspect ratio kept.
#[derive(Debug)]
pub struct Letterboxed {
    /// The frame.
    pub picture: Image,
    /// Pixels of the frame for one of the original.
    pub scale: f32,
    /// Where the original's left edge lies in the frame.
    pub offset_x: f32,
    /// Where the original's top edge lies in the frame.
    pub offset_y: f32,
}

impl Letterboxed {
    /// A rectangle of the frame as it lies on the original.
    pub fn on_original(&self, area: Rectangle) -> Rectangle {
        Rectangle {
            x: (area.x - self.offset_x) / self.scale,
            y: (area.y - self.offset_y) / self.scale,
            width: area.width / self.scale,
            height: area.height / self.scale,
        }
    }
}

impl Color {
    /// A colour.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// A shade of grey.
    pub const fn gray(shade: u8) -> Self {
        Self::new(shade, shade, shade)
    }
}

impl Default for Normalization {
    /// Planes of red, green and blue, 0 to 1.
    fn default() -> Self {
        Self { layout: Layout::Nchw, channels: Channels::Rgb, divisor: 255.0, mean: vec![0.0], deviation: vec![1.0] }
    }
}

impl Image {
    /// Decodes a picture, for example one read with [`assets::read`](crate::assets::read).
    ///
    /// # Errors
    /// If it is none, or broken.
    #[track_caller]
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        host(images::Image::decode(bytes)).map(Self)
    }

    /// A picture from a tensor `[1, 3, h, w]`, `[3, h, w]`, `[1, h, w, 3]` or `[h, w, 3]` (or one channel): uint8 as it
    /// is; float32 has the normalization undone and is clamped to 0..255.
    ///
    /// # Errors
    /// If the tensor has another shape or type.
    #[track_caller]
    pub fn from_tensor(tensor: &Tensor, normalization: &Normalization) -> Result<Self> {
        host(images::Image::from_tensor(&tensor.0, normalization)).map(Self)
    }

    /// Pixels.
    pub fn width(&self) -> u32 {
        self.0.width()
    }

    /// Pixels.
    pub fn height(&self) -> u32 {
        self.0.height()
    }

    /// Scales to exactly this size.
    ///
    /// # Errors
    /// If the size is none.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) -> Result<Self> {
        host(self.0.resize(width, height)).map(Self)
    }

    /// Cuts out a rectangle; what lies outside the picture is left away.
    ///
    /// # Errors
    /// If nothing of it lies on the picture.
    #[track_caller]
    pub fn crop(&self, area: Rectangle) -> Result<Self> {
        host(self.0.crop(area)).map(Self)
    }

    /// Scales into a frame with the aspect ratio kept, and fills the rest.
    ///
    /// # Errors
    /// If the size is none.
    #[track_caller]
    pub fn letterbox(&self, width: u32, height: u32, fill: Color, anchor: Anchor) -> Result<Letterboxed> {
        let images::Letterboxed { picture, scale, offset_x, offset_y } =
            host(self.0.letterbox(width, height, fill, anchor))?;
        Ok(Letterboxed { picture: Self(picture), scale, offset_x, offset_y })
    }

    /// A view of `width` x `height` in which pixel (x, y) shows the original at `matrix` * (x, y, 1); `matrix` is 3 x 3,
    /// row by row. Outside is black.
    ///
    /// # Errors
    /// If the size is none, or the matrix has no inverse.
    #[track_caller]
    pub fn warp(&self, matrix: &[f32; 9], width: u32, height: u32) -> Result<Self> {
        host(self.0.warp(matrix, width, height)).map(Self)
    }

    /// A tensor `[1, c, h, w]` or `[1, h, w, c]` of float32.
    ///
    /// # Errors
    /// If the normalization is not one for these channels.
    #[track_caller]
    pub fn to_tensor(&self, normalization: &Normalization) -> Result<Tensor> {
        host(self.0.to_tensor(normalization)).map(Tensor)
    }

    /// A copy with frames and captions.
    ///
    /// # Errors
    /// If there is no room for it.
    #[track_caller]
    pub fn draw_boxes(&self, boxes: &[Annotation], line_width: u32) -> Result<Self> {
        host(self.0.draw_boxes(boxes, line_width)).map(Self)
    }

    /// A copy with `color` laid over the picture where `mask` (`[h, w]` of float32, scaled to the picture) is above .5.
    ///
    /// # Errors
    /// If the mask has another shape or type.
    #[track_caller]
    pub fn draw_mask(&self, mask: &Tensor, color: Color, opacity: f32) -> Result<Self> {
        host(self.0.draw_mask(&mask.0, color, opacity)).map(Self)
    }

    /// A copy with connected line segments.
    ///
    /// # Errors
    /// If there is no room for it.
    #[track_caller]
    pub fn draw_polyline(&self, points: &[(f32, f32)], closed: bool, color: Color, line_width: u32) -> Result<Self> {
        host(self.0.draw_polyline(points, closed, color, line_width)).map(Self)
    }

    /// The picture as a file.
    ///
    /// # Errors
    /// If the format cannot hold it.
    #[track_caller]
    pub fn encode(&self, format: Format) -> Result<Vec<u8>> {
        host(self.0.encode(format))
    }
}
