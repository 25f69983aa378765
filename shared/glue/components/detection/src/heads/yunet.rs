//! YuNet: faces, each with its eyes, the tip of its nose and the corners of its mouth.

mod cells;
mod priors;

use vision_glue_common::model::{Answer, Net};

use crate::candidates::{Candidates, THRESHOLD};

/// Points of a face.
const POINTS: usize = 5;

pub(crate) fn read(net: &Net, answers: &[Answer]) -> Result<Candidates, String> {
    let mut found = Candidates::new(net.output.score_threshold(THRESHOLD));
    if answers.iter().any(|answer| answer.name.starts_with("bbox")) {
        cells::read(net, answers, &mut found)?;
    } else {
        priors::read(net, answers, &mut found)?;
    }
    Ok(found)
}
