//! The standard glue for classification: which label fits the photo.

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{Guest, Value, export, vision::app::tensors::Tensor},
    json::score,
    manifest::{Fit, Head},
    model::{Answer, Net},
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
        let scores = match net.output.head.unwrap_or(Head::Logits) {
            Head::Logits => {
                if answers[0].read(are_probabilities)? {
                    warn(&net.remark("its output is probabilities already: set Output.Head to Softmax"));
                }
                scores.softmax(0)?
            }
            Head::Softmax => scores,
            other => return Err(format!("the head {other:?} is not one of classification")),
        };
        let best = scores.top_k(net.output.top.unwrap_or(5).min(classes))?;
        let labels: Vec<_> = best
            .iter()
            .map(|one| ScoredLabel { label: net.labels.name(one.index as usize), score: score(one.score) })
            .collect();
        Ok(vec![("labels".to_owned(), Value::Json(json::to_string(&labels)))])
    }
}

/// The scores as a row, and how many they are.
fn flattened(net: &Net, answers: &[Answer]) -> Result<(Tensor, u32), String> {
    let misfit = || net.misfit("of classification", "one output of shape [1, classes]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let mut dimensions = answer.shape.iter().copied().filter(|&n| n != 1);
    let classes = dimensions.next().unwrap_or(1);
    if dimensions.next().is_some() || classes == 0 {
        return Err(misfit());
    }
    Ok((answer.tensor.reshape(&[classes])?, classes))
}

fn are_probabilities(values: Values<'_>) -> bool {
    values.len() > 1
        && values.iter().all(|value| (0.0..=1.0).contains(&value))
        && (values.iter().sum::<f32>() - 1.0).abs() < 1e-3
}

#[cfg(test)]
mod tests {
    use super::are_probabilities;
    use vision_glue_common::values::{Values, bytes};

    #[test]
    fn probabilities_are_known_by_their_sum() {
        let are = |numbers: &[f32]| are_probabilities(Values::new(&bytes(numbers)));
        assert!(are(&[0.25, 0.75]));
        assert!(!are(&[0.25, 0.5]));
        assert!(!are(&[-0.5, 1.5]));
        assert!(!are(&[1.0]));
    }
}
