//! What a handle shows: a picture or a part of one, decoded or cut out only when its pixels are needed.

use std::sync::{Arc, OnceLock};

use vision_protocol::messages::PictureFacts;

use super::{Area, DecodeError, Encoded, Picture, bytes_of};

/// A photo is decoded at a part of its size only where that leaves at least so many pixels, in either direction, for
/// each pixel of what it is scaled to. Then the two ways differ by less than a step of 256 in the mean.
const MARGIN: u32 = 2;

/// A part of a source, or all of it.
pub(crate) struct View {
    pub(super) source: Arc<Source>,
    pub(super) cut: Cut,
}

/// A rectangle of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Where pixels come from. Views of the same photo share it, so that it is decoded once for all.
#[derive(Default)]
pub(super) struct Source {
    pub(super) file: Option<Encoded>,
    /// Of the file, for messages.
    name: String,
    pub(super) whole: OnceLock<Picture>,
    pub(super) reduced: OnceLock<Reduced>,
    /// Set when the file cannot be decoded at a part of its size.
    stubborn: OnceLock<()>,
}

/// A picture at a part of its size, as it lies in the file.
pub(super) struct Reduced {
    pub(super) picture: Picture,
    pub(super) divisor: u32,
}

/// Work that stands between a view and its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To decode the file.
    Decode,
    /// To decode the file at a part of its size.
    Reduce(u32),
    /// To copy the part out of its picture.
    Cut,
}

impl Step {
    /// Whether it works on a file.
    pub(crate) fn decodes(self) -> bool {
        self != Self::Cut
    }
}

impl From<Picture> for View {
    fn from(picture: Picture) -> Self {
        let cut = Cut { left: 0, top: 0, width: picture.width, height: picture.height };
        Self { source: Arc::new(Source { whole: picture.into(), ..Source::default() }), cut }
    }
}

impl Source {
    fn size(&self) -> (u32, u32) {
        let decoded = || self.whole.get().map(|picture| (picture.width, picture.height));
        self.file.as_ref().map(Encoded::size).or_else(decoded).unwrap_or_default()
    }

    fn bytes(&self) -> u64 {
        let picture = |picture: &Picture| picture.rgb.len() as u64;
        self.file.as_ref().map_or(0, Encoded::file_bytes)
            + self.whole.get().map_or(0, picture)
            + self.reduced.get().map_or(0, |reduced| picture(&reduced.picture))
    }
}

impl View {
    /// All of a file that a message would call by that name.
    pub(crate) fn of_file(file: Encoded, name: &str) -> Self {
        let (width, height) = file.size();
        let source = Source { file: Some(file), name: name.to_owned(), ..Source::default() };
        Self { source: Arc::new(source), cut: Cut { left: 0, top: 0, width, height } }
    }

    /// The name of the file behind it.
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    pub(crate) fn width(&self) -> u32 {
        self.cut.width
    }

    pub(crate) fn height(&self) -> u32 {
        self.cut.height
    }

    /// Memory that is free again once this view is gone.
    pub(crate) fn own_bytes(&self) -> u64 {
        if Arc::strong_count(&self.source) == 1 { self.source.bytes() } else { 0 }
    }

    /// The part within a rectangle, as far as it lies within the picture.
    pub(crate) fn crop(&self, area: Area) -> Result<Self, String> {
        let within = |from: f32, length: f32, most: u32| {
            let start = from.round().clamp(0.0, most as f32) as u32;
            let end = (from + length).round().clamp(0.0, most as f32) as u32;
            (start, end.max(start))
        };
        let Cut { left, top, width, height } = self.cut;
        let (from_left, to_right) = within(area.x, area.width, width);
        let (from_top, to_bottom) = within(area.y, area.height, height);
        if from_left == to_right || from_top == to_bottom {
            return Err(format!(
                "the rectangle at {}, {} of {} x {} holds no pixel of the {width} x {height} picture",
                area.x, area.y, area.width, area.height
            ));
        }
        let cut = Cut {
            left: left + from_left,
            top: top + from_top,
            width: to_right - from_left,
            height: to_bottom - from_top,
        };
        Ok(Self { source: self.source.clone(), cut })
    }

    /// The next step before [`Self::picture`] may be called.
    pub(crate) fn before_pixels(&self) -> Option<Step> {
        if self.source.whole.get().is_none() {
            return Some(Step::Decode);
        }
        (self.source.size() != (self.cut.width, self.cut.height)).then_some(Step::Cut)
    }

    /// The next step before it may be scaled to that size.
    pub(crate) fn before_scaling(&self, width: u32, height: u32) -> Option<Step> {
        let source = &self.source;
        if source.whole.get().is_some() || width == 0 || height == 0 {
            return None;
        }
        let enough = |divisor: u32| {
            let fits = |pixels: u32, wanted: u32| pixels / divisor >= wanted.saturating_mul(MARGIN);
            fits(self.cut.width, width) && fits(self.cut.height, height)
        };
        let may_be_reduced = source.stubborn.get().is_none() && source.file.as_ref().is_some_and(Encoded::is_jpeg);
        match source.reduced.get() {
            Some(reduced) if enough(reduced.divisor) => None,
            None if may_be_reduced => {
                [8, 4, 2].into_iter().find(|n| enough(*n)).map(Step::Reduce).or(Some(Step::Decode))
            }
            // A second, finer reduction would soon cost more than all pixels once.
            _ => Some(Step::Decode),
        }
    }

    /// Memory that a step needs while it is done; what of it stays is told by [`Self::take`].
    pub(crate) fn bytes_for(&self, step: Step, thrifty: bool) -> u64 {
        match (step, &self.source.file) {
            (Step::Decode, Some(file)) => file.decoding_bytes(thrifty),
            (Step::Reduce(divisor), Some(file)) => {
                let (width, height) = file.stored_size();
                bytes_of(width.div_ceil(divisor), height.div_ceil(divisor))
            }
            _ => bytes_of(self.cut.width, self.cut.height),
        }
    }

    /// Takes a step, and returns how many bytes more are held from now on, or fewer.
    pub(crate) fn take(&mut self, step: Step) -> Result<i64, DecodeError> {
        let before = self.source.bytes() as i64;
        match (step, &self.source.file) {
            (Step::Decode, Some(file)) => {
                let picture = file.decode()?;
                self.source.whole.get_or_init(|| picture);
            }
            (Step::Reduce(divisor), Some(file)) => match file.decode_reduced(divisor) {
                Some(picture) => {
                    self.source.reduced.get_or_init(|| Reduced { picture, divisor });
                }
                None => {
                    self.source.stubborn.get_or_init(|| ());
                }
            },
            (Step::Cut, _) => {
                let freed = self.own_bytes() as i64;
                *self = self.cut_out().into();
                return Ok(self.own_bytes() as i64 - freed);
            }
            (_, None) => {}
        }
        Ok(self.source.bytes() as i64 - before)
    }

    /// What the file behind it is like, once it was decoded.
    pub(crate) fn facts(&self) -> Option<PictureFacts> {
        let (width, height) = self.source.file.as_ref()?.size();
        let reduced = || self.source.reduced.get().map(|reduced| &reduced.picture);
        let brightness = self.source.whole.get().or_else(reduced)?.brightness();
        Some(PictureFacts { name: self.source.name.clone(), width, height, brightness })
    }

    /// All pixels, once [`Self::before_pixels`] asks for nothing more.
    pub(crate) fn picture(&self) -> Option<&Picture> {
        if self.before_pixels().is_some() { None } else { self.source.whole.get() }
    }

    fn cut_out(&self) -> Picture {
        let Cut { left, top, width, height } = self.cut;
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        if let Some(picture) = self.source.whole.get() {
            let lines = picture.rgb.chunks_exact((picture.width as usize * 3).max(1));
            for line in lines.skip(top as usize).take(height as usize) {
                rgb.extend_from_slice(&line[left as usize * 3..][..width as usize * 3]);
            }
        }
        Picture { width, height, rgb }
    }
}
