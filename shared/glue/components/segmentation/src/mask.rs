//! Where one class is: a soft mask.

use vision_glue_common::{
    bindings::vision::app::{images::Image, tensors::Tensor},
    json::score,
    manifest::{Channels, Head, Output, Steps},
    model::{Answer, Net},
    numbers::sigmoid,
    photo::View,
    picture,
    values::{Values, bytes},
};

use crate::{Form, Share};

/// The mask as a grey picture, and how much of the photo it covers.
pub(crate) fn answer(net: &Net, view: &View, form: Form, mask: &Answer) -> Result<(Image, Vec<Share>), String> {
    let tensor = mask.tensor.reshape(&[form.height, form.width])?;
    let mask = Answer { name: mask.name.clone(), shape: tensor.shape(), tensor };
    let shown = view.shown(net.frame, form.width, form.height);
    let threshold = net.output.mask_threshold(0.5);
    let inside = mask.read(|values| {
        let rows = (shown.top..shown.top + shown.rows).map(|row| (row * form.width + shown.left) as usize);
        rows.map(|start| covered(values.part(start, shown.columns as usize), threshold)).sum::<usize>()
    })?;
    let share = inside as f32 / (shown.columns as f32 * shown.rows as f32);
    let white = Steps { divisor: 255.0, mean: vec![0.0], deviation: vec![1.0] };
    let picture = picture::of_answer(&mask, &Output::default(), white, Channels::Gray)?;
    let labels = vec![Share { label: name(net, form), score: score(share) }];
    Ok((picture::restored(picture, view, net.frame)?, labels))
}

fn covered(row: Values<'_>, threshold: f32) -> usize {
    row.iter().filter(|&value| value > threshold).count()
}

/// The name of what the mask shows. A model of one channel has one label, or first one for the background.
fn name(net: &Net, form: Form) -> String {
    match (form.classes, net.output.class) {
        (Some(_), Some(class)) => net.labels.name(class as usize),
        _ if net.labels.is_empty() => "foreground".to_owned(),
        _ => net.labels.name(net.labels.len() - 1),
    }
}

/// The mask of a model that has one channel.
pub(crate) fn of_one_channel(answer: &Answer, head: Option<Head>) -> Result<Answer, String> {
    let shape = answer.shape.clone();
    let tensor = match head.unwrap_or(Head::Sigmoid) {
        Head::Sigmoid => answer.tensor.reshape(&shape)?,
        Head::SigmoidLogits => {
            let numbers: Vec<f32> = answer.read(|values| values.iter().map(sigmoid).collect())?;
            Tensor::from_bytes(&shape, answer.tensor.element(), &bytes(&numbers))?
        }
        other => return Err(format!("the head {other:?} is not one of a mask: use Sigmoid or SigmoidLogits")),
    };
    Ok(Answer { name: answer.name.clone(), shape, tensor })
}

/// The mask of one class among several.
pub(crate) fn of_class(
    net: &Net,
    answer: &Answer,
    (axis, classes): (u32, u32),
    class: u32,
    head: Option<Head>,
) -> Result<Answer, String> {
    if class >= classes {
        return Err(net.remark(&format!("Output.Class is {class}, but it has {classes} classes, from 0")));
    }
    let of_class = |tensor: &Tensor| -> Result<Answer, String> {
        let tensor = tensor.slice(axis, class, class + 1)?;
        Ok(Answer { name: answer.name.clone(), shape: tensor.shape(), tensor })
    };
    match head.unwrap_or(Head::Logits) {
        Head::Logits => of_class(&answer.tensor.softmax(axis)?),
        Head::Softmax => of_class(&answer.tensor),
        head @ (Head::Sigmoid | Head::SigmoidLogits) => of_one_channel(&of_class(&answer.tensor)?, Some(head)),
        other => Err(format!("the head {other:?} is not one of segmentation")),
    }
}

#[cfg(test)]
mod tests {
    use super::covered;
    use vision_glue_common::values::{Values, bytes};

    #[test]
    fn a_mask_covers_what_lies_above_the_threshold() {
        assert_eq!(covered(Values::new(&bytes(&[0.2, 0.5, 0.51, f32::NAN])), 0.5), 1);
    }
}
