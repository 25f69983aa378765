//! Image to image: a picture comes out, as large as the one that goes in, or larger.

use vision_protocol::manifest::{Fit, Head, ModelOutput, Task};

use super::{
    Facts, Form, Known, Likely,
    scales::{GRAY_1, GRAY_255, IMAGENET, RGB_1, RGB_255, RGB_SIGNED},
};

pub(super) const TASK: Known = Known {
    task: Task::ImageToImage,
    category: "Pictures",
    description: "Makes another picture of a photo.",
    // A picture and its frame, and a spark.
    sign: r#"<path d="M14 20h22M14 20v30h36V32M14 44l10-9 8 7 6-5 12 11"/><path d="M48 12v12M42 18h12"/>"#,
    propose,
};

/// How a model may be used for it.
fn propose(facts: &Facts) -> Vec<Form> {
    let (Some(frame), Some((output, name, planes))) = (facts.frame, facts.planes()) else { return Vec::new() };
    let is_luma = frame.gray && planes.count == 1;
    if !output.is_float || !(planes.count == 3 || is_luma) || !planes.is_full(frame) || output.from == "Softmax" {
        return Vec::new();
    }
    let is_larger = planes.columns > u64::from(frame.width);
    let likely = match facts.labelled() {
        Some(_) => Likely::Possible,
        // A grey picture of probabilities is a mask.
        None if is_luma && output.from == "Sigmoid" && !is_larger => Likely::Possible,
        None if is_larger => Likely::Sure,
        None => Likely::Usual,
    };
    let why = format!(
        "its output {} is a picture of {} x {} pixels, made of one of {} x {}",
        output.shown(),
        planes.columns,
        planes.rows,
        frame.width,
        frame.height
    );
    let mut described =
        ModelOutput { head: Some(if is_luma { Head::Luma } else { Head::Picture }), name, ..ModelOutput::default() };
    // Elsewhere what is done with the photo is undone.
    match output.from.as_str() {
        "Tanh" => (described.divisor, described.mean) = (Some(127.5), vec![1.0]),
        "Sigmoid" => described.divisor = Some(255.0),
        _ => {}
    }
    let scales = if frame.gray { vec![GRAY_1, GRAY_255] } else { vec![RGB_1, RGB_255, RGB_SIGNED, IMAGENET] };
    // The middle of a photo fills a square without being pulled out of shape.
    let fit = (frame.width == frame.height).then_some(Fit::Crop);
    vec![Form { likely, output: described, scales, fit, why, ..Form::default() }]
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn a_picture_comes_out_of_a_picture() {
        let of = |shape: &[u64], gray| {
            let mut facts = facts((224, 224), &[("out", shape, "Conv")]);
            facts.frame = facts.frame.map(|frame| super::super::Frame { gray, ..frame });
            propose(&facts).first().map(|form| (form.output.head, form.likely))
        };
        assert_eq!(of(&[1, 3, 224, 224], false), Some((Some(Head::Picture), Likely::Usual)));
        assert_eq!(of(&[1, 448, 448, 3], false), Some((Some(Head::Picture), Likely::Sure)));
        assert_eq!(of(&[1, 1, 672, 672], true), Some((Some(Head::Luma), Likely::Sure)));
        assert_eq!(of(&[1, 3, 56, 56], false), None);
        assert_eq!(of(&[1, 2, 224, 224], false), None);
    }
}
