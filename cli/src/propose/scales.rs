//! Customs of how pixels become numbers.

use vision_protocol::manifest::{Channels, ModelInput};

use super::{Facts, Frame};
use crate::model::FirstLayer;

/// How pixels may become numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) words: &'static str,
    pub(super) channels: Channels,
    divisor: f32,
    mean: &'static [f32],
    std: &'static [f32],
}

impl Scale {
    pub(super) const fn new(words: &'static str, channels: Channels, divisor: f32) -> Self {
        Self { words, channels, divisor, mean: &[], std: &[] }
    }

    pub(super) const fn with(self, mean: &'static [f32], std: &'static [f32]) -> Self {
        Self { mean, std, ..self }
    }

    /// The frame's input with pixels that become numbers so.
    pub(super) fn input(&self, frame: Frame) -> ModelInput {
        ModelInput {
            channels: (self.channels != Channels::Gray).then_some(self.channels),
            divisor: (self.divisor != 1.0).then_some(self.divisor),
            mean: self.mean.to_vec(),
            std: self.std.to_vec(),
            ..frame.input()
        }
    }

    /// How far a photo on this scale would move the first layer beyond what it knows, in powers of ten. Filters answer
    /// to edges, of which there are less in a photo than in noise: a factor of 30 is nothing unusual.
    fn misfit(&self, layer: FirstLayer) -> u32 {
        let ratio = (layer.gain * self.spread() / layer.moved).log10();
        (ratio - 1.5).max(-1.0 - ratio).max(0.0).ceil() as u32
    }

    /// How far the numbers of an ordinary photo spread.
    fn spread(&self) -> f64 {
        let std = self.std.iter().sum::<f32>() / self.std.len().max(1) as f32;
        // Brightness spreads by about 60 of 255.
        60.0 / f64::from(self.divisor.abs()) / if std > 0.0 { f64::from(std) } else { 1.0 }
    }
}

pub(super) const IMAGENET: Scale = Scale::new("RGB, ImageNet's mean and deviation", Channels::Rgb, 255.0)
    .with(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225]);
pub(super) const RGB_255: Scale = Scale::new("RGB, 0 to 255", Channels::Rgb, 1.0);
pub(super) const BGR_255: Scale = Scale::new("BGR, 0 to 255", Channels::Bgr, 1.0);
pub(super) const RGB_1: Scale = Scale::new("RGB, 0 to 1", Channels::Rgb, 255.0);
pub(super) const BGR_1: Scale = Scale::new("BGR, 0 to 1", Channels::Bgr, 255.0);
pub(super) const RGB_SIGNED: Scale = Scale::new("RGB, -1 to 1", Channels::Rgb, 127.5).with(&[1.0], &[]);
pub(super) const GRAY_1: Scale = Scale::new("grey, 0 to 1", Channels::Gray, 255.0);
pub(super) const GRAY_255: Scale = Scale::new("grey, 0 to 255", Channels::Gray, 1.0);

/// What the tools that a model was trained with make of pixels as a rule, the most usual first.
pub(super) fn customs(facts: &Facts) -> &'static [Scale] {
    match (facts.frame.is_some_and(|frame| frame.gray), facts.is_tensorflow) {
        (true, _) => &[GRAY_1, GRAY_255],
        (false, true) => &[RGB_SIGNED, RGB_1, RGB_255, IMAGENET],
        (false, false) => &[IMAGENET, RGB_1, RGB_SIGNED, RGB_255, BGR_255],
    }
}

/// Those of some scales that suit the graph, in the order in which they are given: pixels as they are, if it brings them
/// onto a scale itself; else those that suit the first layer; all of them if neither says anything.
///
/// A photo cannot tell these: numbers that are much too large make a network surer, not less sure.
pub(super) fn suited(scales: &[Scale], facts: &Facts) -> Vec<Scale> {
    let mut scales = scales.to_vec();
    if facts.preamble.scales {
        scales = match scales.first().map(|scale| scale.channels) {
            Some(Channels::Gray) => vec![GRAY_255],
            Some(Channels::Bgr) => vec![BGR_255, RGB_255],
            _ => vec![RGB_255, BGR_255],
        };
    } else if let Some(layer) = facts.first_layer {
        let least = scales.iter().map(|scale| scale.misfit(layer)).min();
        scales.retain(|scale| Some(scale.misfit(layer)) == least);
    }
    if facts.preamble.turns {
        scales.sort_by_key(|scale| scale.channels != Channels::Bgr);
    }
    scales
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Preamble;

    fn words(scales: &[Scale], facts: &Facts) -> Vec<&'static str> {
        suited(scales, facts).iter().map(|scale| scale.words).collect()
    }

    #[test]
    fn scales_that_the_first_layer_does_not_know_are_left_out() {
        let suited = |gain, moved| {
            let facts = Facts { first_layer: Some(FirstLayer { gain, moved }), ..Facts::default() };
            words(&[IMAGENET, BGR_255, RGB_SIGNED, RGB_1], &facts)
        };
        // Medians of ShuffleNet, which wants ImageNet's numbers, and of YOLOX, which wants 0 to 255.
        assert_eq!(suited(0.854, 0.533), [IMAGENET.words, RGB_SIGNED.words, RGB_1.words]);
        assert_eq!(suited(0.033, 0.613), [BGR_255.words]);
    }

    #[test]
    fn a_graph_that_scales_or_turns_pixels_itself_takes_them_raw() {
        let of = |scales: &[Scale], turns| {
            words(scales, &Facts { preamble: Preamble { scales: true, turns }, ..Facts::default() })
        };
        assert_eq!(of(&[IMAGENET, RGB_1], false), [RGB_255.words, BGR_255.words]);
        assert_eq!(of(&[IMAGENET, RGB_1], true), [BGR_255.words, RGB_255.words]);
        assert_eq!(of(&[GRAY_1], false), [GRAY_255.words]);
    }
}
