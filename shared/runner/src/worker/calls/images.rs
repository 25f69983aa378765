//! `images`.

use std::{sync::Arc, time::Instant};

use wasmtime::component::Resource;

use crate::worker::{
    bindings::vision::app::{
        images::{
            Anchor, Annotation, Channels, Color, Format, Host as Interface, HostImage, Layout, Letterboxed,
            Normalization,
        },
        tensors::Rectangle,
    },
    failure::Stopped,
    host::{Answer, HeldImage, HeldTensor, Host},
    pixels::{self, DecodeError, Encoded, Picture, View},
};

impl Interface for Host {}

impl Host {
    fn give(&mut self, made: Result<impl Into<View>, String>) -> Answer<Resource<HeldImage>> {
        match made {
            Ok(picture) => self.hold_picture(picture).map(Ok),
            Err(message) => Ok(Err(message)),
        }
    }

    /// Makes sure of the pixels of a picture that is to be copied and drawn upon, and of room for the copy.
    fn canvas(&mut self, handle: &Resource<HeldImage>) -> wasmtime::Result<&Picture> {
        self.prepare(handle, View::before_pixels)?;
        let view = self.view(handle)?;
        self.room_for_picture(view.width(), view.height())?;
        self.picture(handle)
    }
}

impl HostImage for Host {
    fn decode(&mut self, bytes: Vec<u8>) -> Answer<Resource<HeldImage>> {
        self.check()?;
        let opened = Encoded::open(&(Arc::new(bytes) as _), self.most_pixels());
        if let Ok(file) = &opened {
            self.room_for(file.decoding_bytes(true))?;
        }
        let began = Instant::now();
        // Here and now, because what is wrong with this file is for the glue to handle.
        let decoded = opened.and_then(|file| file.decode());
        self.stopwatch.decoding(began.elapsed());
        match decoded {
            Ok(picture) => self.hold_picture(picture).map(Ok),
            Err(error @ DecodeError::Unreadable(_)) => Ok(Err(format!("the file {error}"))),
            Err(error @ DecodeError::TooLarge { .. }) => Err(Stopped::Limit(format!("a picture {error}")).into()),
        }
    }

    fn from_tensor(
        &mut self,
        tensor: Resource<HeldTensor>,
        normalization: Normalization,
    ) -> Answer<Resource<HeldImage>> {
        let normalization = steps(normalization);
        let tensor = self.tensor(&tensor)?;
        let made = match pixels::planes(tensor.shape(), normalization.layout) {
            Ok([height, width, _]) => {
                let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                self.room_for_picture(side(width), side(height))?;
                Picture::from_tensor(tensor, &normalization)
            }
            Err(message) => Err(message),
        };
        self.give(made)
    }

    fn width(&mut self, image: Resource<HeldImage>) -> wasmtime::Result<u32> {
        Ok(self.view(&image)?.width())
    }

    fn height(&mut self, image: Resource<HeldImage>) -> wasmtime::Result<u32> {
        Ok(self.view(&image)?.height())
    }

    fn resize(&mut self, image: Resource<HeldImage>, width: u32, height: u32) -> Answer<Resource<HeldImage>> {
        self.room_for_picture(width, height)?;
        self.prepare(&image, |view| view.before_scaling(width, height))?;
        // The picture, and once more where it has to be turned.
        self.room_for(2 * pixels::bytes_of(width, height))?;
        let made = self.view(&image)?.resize(width, height);
        self.give(made)
    }

    fn crop(&mut self, image: Resource<HeldImage>, area: Rectangle) -> Answer<Resource<HeldImage>> {
        self.check()?;
        let made = self.view(&image)?.crop(rectangle(area));
        self.give(made)
    }

    fn letterbox(
        &mut self,
        image: Resource<HeldImage>,
        width: u32,
        height: u32,
        fill: Color,
        anchor: Anchor,
    ) -> Answer<Letterboxed> {
        self.room_for_picture(width, height)?;
        self.prepare(&image, |view| {
            let (_, width, height) = view.fitted(width, height);
            view.before_scaling(width, height)
        })?;
        // The frame, and what is laid into it where that has to be turned.
        self.room_for(2 * pixels::bytes_of(width, height))?;
        match self.view(&image)?.letterbox(width, height, paint(fill), anchor == Anchor::Center) {
            Ok(pixels::Letterboxed { picture, scale, offset_x, offset_y }) => {
                let picture = self.hold_picture(picture)?;
                Ok(Ok(Letterboxed { picture, scale, offset_x, offset_y }))
            }
            Err(message) => Ok(Err(message)),
        }
    }

    fn warp(
        &mut self,
        image: Resource<HeldImage>,
        matrix: Vec<f32>,
        width: u32,
        height: u32,
    ) -> Answer<Resource<HeldImage>> {
        self.room_for_picture(width, height)?;
        self.prepare(&image, View::before_pixels)?;
        self.room_for(pixels::bytes_of(width, height))?;
        let made = self.picture(&image)?.warp(&matrix, width, height);
        self.give(made)
    }

    fn to_tensor(&mut self, image: Resource<HeldImage>, normalization: Normalization) -> Answer<Resource<HeldTensor>> {
        self.check()?;
        let normalization = steps(normalization);
        self.prepare(&image, View::before_pixels)?;
        let view = self.view(&image)?;
        let pixels = u64::from(view.width()) * u64::from(view.height());
        self.room_for(pixels * normalization.channels.count() as u64 * 4)?;
        match self.picture(&image)?.to_tensor(&normalization) {
            Ok(tensor) => self.hold_tensor(tensor).map(Ok),
            Err(message) => Ok(Err(message)),
        }
    }

    fn draw_boxes(
        &mut self,
        image: Resource<HeldImage>,
        boxes: Vec<Annotation>,
        line_width: u32,
    ) -> Answer<Resource<HeldImage>> {
        let boxes: Vec<pixels::Annotation> = boxes
            .into_iter()
            .map(|annotation| pixels::Annotation {
                area: rectangle(annotation.area),
                caption: annotation.caption,
                color: paint(annotation.color),
            })
            .collect();
        let made = self.canvas(&image)?.draw_boxes(&boxes, line_width);
        self.give(Ok(made))
    }

    fn draw_mask(
        &mut self,
        image: Resource<HeldImage>,
        mask: Resource<HeldTensor>,
        color: Color,
        opacity: f32,
    ) -> Answer<Resource<HeldImage>> {
        let mask = self.tensor(&mask)?.clone();
        let made = self.canvas(&image)?.draw_mask(&mask, paint(color), opacity);
        self.give(made)
    }

    fn draw_polyline(
        &mut self,
        image: Resource<HeldImage>,
        points: Vec<(f32, f32)>,
        closed: bool,
        color: Color,
        line_width: u32,
    ) -> Answer<Resource<HeldImage>> {
        let made = self.canvas(&image)?.draw_polyline(&points, closed, paint(color), line_width);
        self.give(Ok(made))
    }

    fn encode(&mut self, image: Resource<HeldImage>, format: Format) -> Answer<Vec<u8>> {
        self.check()?;
        let picture = self.picture(&image)?;
        Ok(match format {
            Format::Jpeg => picture.to_jpeg(),
            Format::Png => picture.to_png(),
        })
    }

    fn drop(&mut self, image: Resource<HeldImage>) -> wasmtime::Result<()> {
        self.release_picture(image).map(drop)
    }
}

fn rectangle(area: Rectangle) -> pixels::Area {
    pixels::Area { x: area.x, y: area.y, width: area.width, height: area.height }
}

fn paint(color: Color) -> pixels::Color {
    pixels::Color([color.red, color.green, color.blue])
}

fn steps(normalization: Normalization) -> pixels::Normalization {
    pixels::Normalization {
        layout: match normalization.layout {
            Layout::Nchw => pixels::Layout::Nchw,
            Layout::Nhwc => pixels::Layout::Nhwc,
        },
        channels: match normalization.channels {
            Channels::Rgb => pixels::Channels::Rgb,
            Channels::Bgr => pixels::Channels::Bgr,
            Channels::Gray => pixels::Channels::Gray,
        },
        divisor: normalization.divisor,
        mean: normalization.mean,
        deviation: normalization.deviation,
    }
}
