//! Finds drawn shapes in a photo, frames them and counts them. The same app stands beside this one in JavaScript and in
//! Python, and gives the same results.

use serde::Serialize;
use vision_app::{
    Anchor, Annotation, BoundingBox, Boxes, Color, Image, Kept, Letterboxed, Model, Normalization, Result, Suppression,
    Table, Tensor, assets, info, non_maximum_suppression,
};

const FRAME: u32 = 192;
const STRIDES: [u32; 3] = [8, 16, 32];
/// Numbers before a cell's scores: centre, size, objectness.
const GEOMETRY: usize = 5;
const COLORS: [Color; 6] = [
    Color::new(230, 25, 75),
    Color::new(60, 180, 75),
    Color::new(0, 130, 200),
    Color::new(245, 130, 48),
    Color::new(145, 30, 180),
    Color::new(240, 50, 230),
];

#[derive(vision_app::Inputs)]
struct Inputs {
    image: Image,
    #[vision(default = 0.4)]
    min_score: f64,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    boxes: Boxes,
    counts: Table<Count>,
    picture: Image,
    answer: String,
}

#[derive(Serialize)]
struct Count {
    shape: String,
    count: usize,
}

#[vision_app::main]
fn run(Inputs { image, min_score }: Inputs) -> Result<Outputs> {
    let labels = assets::lines("assets/labels.txt")?;
    let boxed = image.letterbox(FRAME, FRAME, Color::gray(114), Anchor::TopLeft)?;
    let normalization = Normalization { mean: vec![0.5; 3], deviation: vec![0.25; 3], ..Normalization::default() };
    let answers = Model::load("shapes")?.run(&boxed.picture.to_tensor(&normalization)?)?;
    let kept = find(&answers.first()?.numbers()?, labels.len(), min_score)?;
    info!("{} shapes with a score of at least {min_score}", kept.len());

    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let boxes: Vec<_> = kept.iter().map(|one| place(one, &boxed, &labels, width, height)).collect();
    let frames: Vec<_> = kept.iter().zip(&boxes).map(|(one, area)| frame(one, area)).collect();
    let counts: Vec<_> = labels
        .iter()
        .map(|shape| Count { shape: shape.clone(), count: boxes.iter().filter(|one| one.label == *shape).count() })
        .filter(|row| row.count > 0)
        .collect();
    let words: Vec<_> = counts.iter().map(|row| format!("{} {}", row.count, row.shape)).collect();
    Ok(Outputs {
        picture: image.draw_boxes(&frames, 3)?,
        answer: if words.is_empty() { "no shapes".to_owned() } else { words.join(", ") },
        counts: Table(counts),
        boxes: Boxes { width, height, boxes },
    })
}

/// From a row per grid cell (offsets in cells, sizes on a log scale, objectness, scores) to the boxes that stay.
fn find(numbers: &[f32], classes: usize, min_score: f64) -> Result<Vec<Kept>> {
    let (mut areas, mut scores) = (Vec::new(), Vec::new());
    let mut cells = numbers.chunks_exact(GEOMETRY + classes);
    for stride in STRIDES {
        let (side, stride) = (FRAME / stride, f64::from(stride));
        for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
            let Some(cell) = cells.next() else { break };
            let (class, best) = best(&cell[GEOMETRY..]);
            let score = f64::from(cell[4]) * f64::from(best);
            if score < min_score {
                continue;
            }
            let [x, y] = [(0, column), (1, row)].map(|(n, at)| (f64::from(cell[n]) + f64::from(at)) * stride);
            let [width, height] = [2, 3].map(|n| f64::from(cell[n]).exp() * stride);
            areas.extend([x - width / 2.0, y - height / 2.0, width, height].map(|number| number as f32));
            scores.extend((0..classes).map(|n| if n == class { score as f32 } else { 0.0 }));
        }
    }
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let count = areas.len() as u32 / 4;
    non_maximum_suppression(
        &Tensor::new(&[count, 4], &areas)?,
        &Tensor::new(&[count, classes as u32], &scores)?,
        Suppression { score_threshold: min_score as f32, ..Suppression::default() },
    )
}

fn best(scores: &[f32]) -> (usize, f32) {
    let first = (0, f32::NEG_INFINITY);
    scores.iter().enumerate().fold(first, |best, (class, &score)| if score > best.1 { (class, score) } else { best })
}

/// Where a box lies on the photo, to a hundredth of a pixel.
fn place(one: &Kept, boxed: &Letterboxed, labels: &[String], width: f64, height: f64) -> BoundingBox {
    let scale = f64::from(boxed.scale);
    let across = |x: f64| ((x - f64::from(boxed.offset_x)) / scale).clamp(0.0, width);
    let down = |y: f64| ((y - f64::from(boxed.offset_y)) / scale).clamp(0.0, height);
    let [x, y, w, h] = [one.area.x, one.area.y, one.area.width, one.area.height].map(f64::from);
    let (left, top) = (across(x), down(y));
    BoundingBox {
        label: labels[one.class as usize].clone(),
        score: round(f64::from(one.score), 1e6),
        x: round(left, 100.0),
        y: round(top, 100.0),
        width: round(across(x + w) - left, 100.0),
        height: round(down(y + h) - top, 100.0),
    }
}

fn frame(one: &Kept, area: &BoundingBox) -> Annotation {
    Annotation {
        area: vision_app::Rectangle {
            x: area.x as f32,
            y: area.y as f32,
            width: area.width as f32,
            height: area.height as f32,
        },
        caption: format!("{} {}%", area.label, round(area.score * 100.0, 1.0)),
        color: COLORS[one.class as usize % COLORS.len()],
    }
}

/// Half a step up, in every language the same.
fn round(number: f64, steps: f64) -> f64 {
    (number * steps + 0.5).floor() / steps
}

#[cfg(test)]
mod tests {
    #[test]
    fn halves_are_rounded_up() {
        assert_eq!(super::round(0.125, 100.0), 0.13);
        assert_eq!(super::round(2.5, 1.0), 3.0);
    }

    #[test]
    fn the_first_of_equal_scores_is_the_best() {
        assert_eq!(super::best(&[0.1, 0.7, 0.7]), (1, 0.7));
    }
}
