//! Keypoints: a row of coordinates, or a map of heat for each point.

use vision_protocol::manifest::{Head, ModelOutput, Task};

use super::{
    Facts, Form, Frame, Known, Likely,
    facts::{Output, Planes},
    scales::customs,
};

/// Words that names of such outputs hold.
const NAMES: [&str; 6] = ["landmark", "keypoint", "heatmap", "joint", "pose", "pts"];
/// How many points there are as a rule: of faces, of hands, of bodies.
const USUAL: [u64; 10] = [5, 14, 16, 17, 18, 19, 21, 68, 98, 106];
/// Rows of fewer points are as often classes.
const FEWEST_OF_FACES: u64 = 68;
/// More points are a mesh, of which each has a depth too.
const MOST: u64 = 200;
/// Pixels of the frame per cell of a map of heat.
const STRIDE: u64 = 4;

pub(super) const TASK: Known = Known {
    task: Task::Keypoints,
    category: "Faces",
    description: "Finds certain points on a photo.",
    // A face of points.
    sign: r#"<circle cx="32" cy="32" r="20"/><path d="M24 27v.01M40 27v.01M32 34v.01M25 41v.01M39 41v.01"/>"#,
    propose,
};

/// Whether planes are as many, and as coarse, as those of points mostly are.
pub(super) fn are_usual(planes: Planes, frame: Frame) -> bool {
    planes.stride(frame) == Some(STRIDE) && USUAL.contains(&planes.count)
}

/// How a model may be used for keypoints.
fn propose(facts: &Facts) -> Vec<Form> {
    let Some((output, name)) = facts.only() else { return Vec::new() };
    if facts.frame.is_none() || !output.is_float || output.from == "Softmax" {
        return Vec::new();
    }
    let found = landmarks(facts, output).or_else(|| heatmaps(facts));
    let form = |(head, likely, why): (Head, Likely, String)| Form {
        likely,
        output: ModelOutput { head: Some(head), name, ..ModelOutput::default() },
        scales: customs(facts).to_vec(),
        why,
        ..Form::default()
    };
    found.map(form).into_iter().collect()
}

/// `[1, 2 * points]` or `[1, points, 2]`.
fn landmarks(facts: &Facts, output: &Output) -> Option<(Head, Likely, String)> {
    let points = match output.shape[..] {
        [_, points, 2] => points,
        _ => output.row().filter(|numbers| numbers.is_multiple_of(2))? / 2,
    };
    if !(2..=MOST).contains(&points) || facts.labelled() == Some(2 * points) || !facts.suits(points) {
        return None;
    }
    let is_list = output.shape.len() == 3 && output.row().is_none();
    let likely = if output.is_called(&NAMES) || facts.labels.is_some() {
        Likely::Sure
    } else if is_list || USUAL.contains(&points) && points >= FEWEST_OF_FACES {
        Likely::Usual
    } else {
        Likely::Possible
    };
    let why = format!("its output {} {} is x and y of {points} points", output.name, output.shown());
    Some((Head::Landmarks, likely, why))
}

/// `[1, points, rows, columns]` or `[1, rows, columns, points]`.
fn heatmaps(facts: &Facts) -> Option<(Head, Likely, String)> {
    let (frame, (output, _, planes)) = (facts.frame?, facts.planes()?);
    if !(2..=MOST).contains(&planes.count) || planes.is_full(frame) || !facts.suits(planes.count) {
        return None;
    }
    let likely = match (output.is_called(&NAMES), are_usual(planes, frame)) {
        (true, _) => Likely::Sure,
        (false, true) => Likely::Usual,
        (false, false) => Likely::Possible,
    };
    let why = format!(
        "its output {} {} is a map of {} x {} cells for each of {} points",
        output.name,
        output.shown(),
        planes.columns,
        planes.rows,
        planes.count
    );
    Some((Head::Heatmaps, likely, why))
}

#[cfg(test)]
mod tests {
    use super::super::facts::test_support::*;
    use super::*;

    #[test]
    fn points_are_told_by_names_and_numbers() {
        let of = |name: &str, shape: &[u64], labels: Option<usize>| {
            let facts = Facts { labels: labels.map(names), ..facts((192, 256), &[(name, shape, "Gemm")]) };
            propose(&facts).first().map(|form| (form.output.head, form.likely))
        };
        let landmarks = |likely| Some((Some(Head::Landmarks), likely));
        assert_eq!(of("landmarks", &[1, 136], None), landmarks(Likely::Sure));
        assert_eq!(of("out", &[1, 136], None), landmarks(Likely::Usual));
        assert_eq!(of("out", &[1, 33, 2], None), landmarks(Likely::Usual));
        assert_eq!(of("out", &[1, 10], Some(5)), landmarks(Likely::Sure));
        assert_eq!(of("out", &[1, 10], None), landmarks(Likely::Possible));
        assert_eq!(of("out", &[1, 10], Some(10)), None);
        let heatmaps = |likely| Some((Some(Head::Heatmaps), likely));
        assert_eq!(of("out", &[1, 17, 64, 48], None), heatmaps(Likely::Usual));
        assert_eq!(of("heatmaps", &[1, 3, 64, 48], Some(3)), heatmaps(Likely::Sure));
        assert_eq!(of("out", &[1, 1000], None), None);
    }
}
