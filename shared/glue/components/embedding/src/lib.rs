//! The standard glue for embeddings: the photo as a vector, or which labels of a gallery are nearest to it.

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{
        Guest, Value, export,
        vision::app::{
            assets,
            tensors::{ElementType, Tensor, cosine_nearest},
        },
    },
    json::{score, significant},
    labels::Labels,
    manifest::Fit,
    model::{Answer, Net},
    photo,
};

struct Embedding;
export!(Embedding with_types_in vision_glue_common::bindings);

#[derive(Serialize)]
struct ScoredLabel {
    label: String,
    score: f64,
}

impl Guest for Embedding {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let answers = net.compute(&net.see(&photo, Fit::Stretch)?)?;
        let vector = vector(&net, &answers)?;
        let Some(path) = &net.output.gallery else {
            let numbers: Vec<f64> = vector.read(|values| values.iter().map(significant).collect())?;
            return Ok(vec![("embedding".to_owned(), Value::Json(json::to_string(&numbers)))]);
        };
        let gallery = assets::read(path)?;
        let rows = rows(gallery.len(), vector.count() as usize, net.labels.len())
            .map_err(|fault| net.remark(&format!("{path} {fault}")))?;
        let gallery = Tensor::from_bytes(&[rows, vector.count()], ElementType::Float32, &gallery)?;
        let top = net.output.top.unwrap_or(5) as usize;
        // Of several vectors with one label the nearest counts, so more are looked at than are shown.
        let nearest = cosine_nearest(&vector.tensor, &gallery, rows)?;
        let nearest = nearest.iter().map(|one| (one.index as usize, one.score));
        let threshold = net.output.stated_score_threshold().unwrap_or(0.0);
        let labels = distinct(nearest.take_while(|&(_, score)| score >= threshold), &net.labels, top);
        Ok(vec![("labels".to_owned(), Value::Json(json::to_string(&labels)))])
    }
}

/// The output as a row.
fn vector(net: &Net, answers: &[Answer]) -> Result<Answer, String> {
    let misfit = || net.misfit("of embedding", "one output of shape [1, numbers]", answers);
    let [answer] = answers else { return Err(misfit()) };
    match answer.sides()[..] {
        [length] if length > 0 => {
            let tensor = answer.tensor.reshape(&[length])?;
            Ok(Answer { name: answer.name.clone(), shape: vec![length], tensor })
        }
        _ => Err(misfit()),
    }
}

/// How many vectors of so many numbers the bytes of a gallery hold.
fn rows(bytes: usize, numbers: usize, labels: usize) -> Result<u32, String> {
    let rows = bytes / (4 * numbers);
    if rows == 0 || rows * 4 * numbers != bytes {
        return Err(format!(
            "has {bytes} bytes, but the model's vectors have {numbers} numbers, so it must have a multiple of {}",
            4 * numbers
        ));
    }
    if rows != labels {
        return Err(format!("holds {rows} vectors, but there are {labels} labels"));
    }
    u32::try_from(rows).map_err(|_| format!("holds {rows} vectors, which are too many"))
}

/// The nearest labels, each once.
fn distinct(nearest: impl Iterator<Item = (usize, f32)>, labels: &Labels, top: usize) -> Vec<ScoredLabel> {
    let mut found: Vec<ScoredLabel> = Vec::new();
    for (row, similarity) in nearest {
        if found.len() == top {
            break;
        }
        let label = labels.name(row);
        if found.iter().all(|known| known.label != label) {
            found.push(ScoredLabel { label, score: score(similarity) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Labels, distinct, rows};

    #[test]
    fn a_gallery_has_a_row_for_each_label() {
        assert_eq!(rows(24, 2, 3), Ok(3));
        assert!(rows(24, 2, 4).unwrap_err().starts_with("holds 3 vectors, but there are 4 labels"));
        assert!(rows(23, 2, 3).unwrap_err().contains("a multiple of 8"));
        assert!(rows(0, 2, 0).is_err());
    }

    #[test]
    fn each_label_is_shown_once_with_its_nearest() {
        let labels = Labels::parse("ada\nbob\nada\ncleo".to_owned());
        let nearest = [(2, 0.9), (0, 0.8), (1, 0.7), (3, 0.6)];
        let found = distinct(nearest.into_iter(), &labels, 2);
        let found: Vec<_> = found.iter().map(|one| (one.label.as_str(), one.score)).collect();
        assert_eq!(found, [("ada", 0.9), ("bob", 0.7)]);
    }
}
