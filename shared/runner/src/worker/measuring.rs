//! What `examples/pixels.rs` measures of a worker's insides. Nothing else may use it.

use std::sync::Arc;

use super::pixels::{self, Channels, Color, Encoded, File, Layout, Normalization, View};
use crate::engine::Tensor;

/// A picture on its way from a file to a tensor, step by step.
pub struct Photo(View);

impl Photo {
    /// Reads the header.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(file: &Arc<Vec<u8>>) -> Result<Self, String> {
        let file: File = file.clone();
        let file = Encoded::open(&file, u64::MAX >> 8).map_err(|error| error.to_string())?;
        Ok(Self(View::of_file(file, "")))
    }

    /// Width and height.
    pub fn size(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    /// The largest part in the middle that has that aspect ratio.
    ///
    /// # Errors
    /// When that is nothing.
    pub fn centre(&self, width: u32, height: u32) -> Result<Self, String> {
        let (own_width, own_height) = (self.0.width() as f32, self.0.height() as f32);
        let scale = (own_width / width as f32).min(own_height / height as f32);
        let (width, height) = ((width as f32 * scale).round(), (height as f32 * scale).round());
        let (x, y) = ((own_width - width) / 2.0, (own_height - height) / 2.0);
        self.0.crop(pixels::Area { x: x.floor(), y: y.floor(), width, height }).map(Self)
    }

    /// Decodes all pixels.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn decode(&mut self) -> Result<(), String> {
        self.steps(View::before_pixels)
    }

    /// Decodes as many pixels as it takes to scale it to that size.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn decode_for(&mut self, width: u32, height: u32) -> Result<(), String> {
        self.steps(|view| view.before_scaling(width, height))
    }

    fn steps(&mut self, next: impl Fn(&View) -> Option<pixels::Step>) -> Result<(), String> {
        while let Some(step) = next(&self.0) {
            self.0.take(step).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Scales it.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn resize(&self, width: u32, height: u32) -> Result<Self, String> {
        self.0.resize(width, height).map(|picture| Self(picture.into()))
    }

    /// Scales it into a gray frame.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn letterbox(&self, width: u32, height: u32) -> Result<Self, String> {
        self.0.letterbox(width, height, Color([114; 3]), false).map(|boxed| Self(boxed.picture.into()))
    }

    /// Its pixels as numbers from 0 to 255, blue first.
    ///
    /// # Errors
    /// When it has not been decoded.
    pub fn to_tensor(&self) -> Result<Tensor, String> {
        let normalization = Normalization {
            layout: Layout::Nchw,
            channels: Channels::Bgr,
            divisor: 1.0,
            mean: Vec::new(),
            deviation: Vec::new(),
        };
        self.0.picture().ok_or("it has not been decoded")?.to_tensor(&normalization)
    }

    /// Three bytes per pixel.
    ///
    /// # Errors
    /// When it has not been decoded.
    pub fn rgb(&self) -> Result<&[u8], String> {
        self.0.picture().map(pixels::Picture::rgb).ok_or_else(|| "it has not been decoded".to_owned())
    }
}
