//! Shapes of tensors: reading an input's, and writing them into messages.

use crate::manifest::{Channels, Input, Layout};

/// The frame that a model looks through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Order of the dimensions.
    pub layout: Layout,
    /// Order of the channels.
    pub channels: Channels,
}

/// A shape as the model's tools write it; a dimension left open is `?`.
pub fn display(shape: &[u32]) -> String {
    let dimensions: Vec<_> = shape.iter().map(|&n| if n == 0 { "?".to_owned() } else { n.to_string() }).collect();
    format!("[{}]", dimensions.join(", "))
}

/// The frame of a model with this input shape, where the manifest and the shape agree.
///
/// # Errors
/// What was expected, and what was found.
pub fn frame(shape: &[u32], input: &Input) -> Result<Frame, String> {
    let &[_, second, third, fourth] = shape else {
        return Err(format!(
            "expected an input of shape [1, channels, height, width] or [1, height, width, channels], found {}",
            display(shape)
        ));
    };
    let colourful = |dimension| dimension == 1 || dimension == 3;
    let layout =
        input.layout.unwrap_or(if !colourful(second) && colourful(fourth) { Layout::Nhwc } else { Layout::Nchw });
    let (depth, height, width) = match layout {
        Layout::Nchw => (second, third, fourth),
        Layout::Nhwc => (fourth, second, third),
    };
    let channels = input.channels.unwrap_or(if depth == 1 { Channels::Gray } else { Channels::Rgb });
    let expected = if channels == Channels::Gray { 1 } else { 3 };
    if depth != 0 && depth != expected {
        let order =
            if layout == Layout::Nchw { "[1, channels, height, width]" } else { "[1, height, width, channels]" };
        return Err(format!("expected an input {order} of {expected} channels, found {}", display(shape)));
    }
    Ok(Frame {
        width: side("Width", input.width, width, shape)?,
        height: side("Height", input.height, height, shape)?,
        layout,
        channels,
    })
}

fn side(key: &str, asked: Option<u32>, found: u32, shape: &[u32]) -> Result<u32, String> {
    match (asked, found) {
        (None, 0) => Err(format!("the model leaves its input size open, {}: add Input.{key}", display(shape))),
        (None, found) => Ok(found),
        (Some(asked), found) if found == 0 || asked == found => Ok(asked),
        (Some(asked), _) => Err(format!("expected Input.{key} {asked}, found an input of shape {}", display(shape))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, display, frame};
    use crate::manifest::{Channels, Input, Layout};

    #[test]
    fn the_shape_tells_layout_size_and_channels() {
        let found = |shape: &[u32]| frame(shape, &Input::default()).unwrap();
        let (nchw, nhwc) = (Layout::Nchw, Layout::Nhwc);
        let of = |width, height, layout, channels| Frame { width, height, layout, channels };
        assert_eq!(found(&[1, 3, 224, 320]), of(320, 224, nchw, Channels::Rgb));
        assert_eq!(found(&[0, 144, 256, 3]), of(256, 144, nhwc, Channels::Rgb));
        assert_eq!(found(&[1, 1, 28, 28]), of(28, 28, nchw, Channels::Gray));
        assert_eq!(found(&[1, 28, 28, 1]), of(28, 28, nhwc, Channels::Gray));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let fault = |shape: &[u32], input: &Input| frame(shape, input).unwrap_err();
        let plain = Input::default();
        assert_eq!(fault(&[1, 3, 0, 0], &plain), "the model leaves its input size open, [1, 3, ?, ?]: add Input.Width");
        assert!(fault(&[1, 10], &plain).ends_with("found [1, 10]"));
        assert!(fault(&[1, 4, 32, 32], &plain).ends_with("width] of 3 channels, found [1, 4, 32, 32]"));
        let mut wide = Input::default();
        wide.width = Some(300);
        assert_eq!(fault(&[1, 3, 32, 64], &wide), "expected Input.Width 300, found an input of shape [1, 3, 32, 64]");
        assert_eq!(frame(&[0, 3, 32, 0], &wide).unwrap().width, 300);
        assert_eq!(display(&[]), "[]");
    }
}
