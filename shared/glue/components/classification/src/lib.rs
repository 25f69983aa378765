//! The standard glue for classification: which label fits the photo, or which labels do.

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{
        Guest, Value, export,
        vision::app::tensors::{ScoredIndex, Tensor},
    },
    json::score,
    manifest::{Fit, Head},
    model::{Answer, Net},
    numbers::{are_probabilities, sigmoid},
    photo,
    values::Values,
    warn,
};

struct Classification;
export!(Classification with_types_in vision_glue_common::bindings);

#[derive(Serialize)]
struct ScoredLabel {
    label: String,
    score: f64,
}

impl Guest for Classification {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let answers = net.compute(&net.see(&photo, Fit::Crop)?)?;
        let (scores, classes) = flattened(&net, &answers)?;
        let labels: Vec<_> = best(&net, &answers[0], &scores, classes)?
            .iter()
            .map(|one| ScoredLabel { label: net.labels.name(one.index as usize), score: score(one.score) })
            .collect();
        Ok(vec![("labels".to_owned(), Value::Json(json::to_string(&labels)))])
    }
}

/// The classes that fit, best first.
fn best(net: &Net, answer: &Answer, scores: &Tensor, classes: u32) -> Result<Vec<ScoredIndex>, String> {
    let output = &net.output;
    let head = output.head.unwrap_or(Head::Logits);
    // Of classes that exclude each other some are always the best, so few are shown; of others, all that fit.
    let (top, threshold) = match head {
        Head::Logits | Head::Softmax => (5, output.stated_score_threshold()),
        _ => (20, Some(output.score_threshold(0.5))),
    };
    let top = output.top.unwrap_or(top).min(classes);
    let mut best = match head {
        Head::Logits => {
            if answer.read(|values| are_probabilities(values.iter()))? {
                warn(&net.remark("its output is probabilities already: set Output.Head to Softmax"));
            }
            scores.softmax(0)?.top_k(top)?
        }
        Head::Softmax => scores.top_k(top)?,
        Head::Sigmoid => {
            if !answer.read(within_one)? {
                return Err(net.remark("its output is no probabilities yet: set Output.Head to SigmoidLogits"));
            }
            scores.top_k(top)?
        }
        Head::SigmoidLogits => {
            let mut best = scores.top_k(top)?;
            for one in &mut best {
                one.score = sigmoid(one.score);
            }
            best
        }
        other => return Err(format!("the head {other:?} is not one of classification")),
    };
    if let Some(threshold) = threshold {
        best.retain(|one| one.score >= threshold);
    }
    Ok(best)
}

/// The scores as a row, and how many they are.
fn flattened(net: &Net, answers: &[Answer]) -> Result<(Tensor, u32), String> {
    let misfit = || net.misfit("of classification", "one output of shape [1, classes]", answers);
    let [answer] = answers else { return Err(misfit()) };
    match answer.sides()[..] {
        [] => Ok((answer.tensor.reshape(&[1])?, 1)),
        [classes] if classes > 0 => Ok((answer.tensor.reshape(&[classes])?, classes)),
        _ => Err(misfit()),
    }
}

fn within_one(values: Values<'_>) -> bool {
    values.iter().all(|value| (0.0..=1.0).contains(&value))
}

#[cfg(test)]
mod tests {
    use super::within_one;
    use vision_glue_common::values::{Values, bytes};

    #[test]
    fn what_is_no_probability_is_known() {
        let within = |numbers: &[f32]| within_one(Values::new(&bytes(numbers)));
        assert!(within(&[0.0, 1.0, 0.9]));
        assert!(!within(&[0.0, 1.1]));
        assert!(!within(&[f32::NAN]));
    }
}
