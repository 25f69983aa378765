//! The standard glue for keypoints: where certain points lie on the photo.

mod heatmaps;

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{Guest, Value, export},
    json::{pixels, score},
    labels::Labels,
    manifest::{Fit, Head},
    model::{Answer, Net},
    photo,
};

struct Keypoints;
export!(Keypoints with_types_in vision_glue_common::bindings);

#[derive(Serialize)]
struct Points {
    width: f64,
    height: f64,
    points: Vec<Point>,
}

#[derive(Serialize)]
struct Point {
    label: String,
    score: Option<f64>,
    x: f64,
    y: f64,
}

/// A point of the model: its place in 0..1 of the frame, and how sure the model is if it says so.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    x: f32,
    y: f32,
    score: Option<f32>,
}

impl Guest for Keypoints {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let seen = net.see(&photo, Fit::Stretch)?;
        let answers = net.compute(&seen)?;
        let (places, threshold) = match net.output.head.unwrap_or(Head::Landmarks) {
            Head::Landmarks => (landmarks(&net, &answers)?, 0.0),
            Head::Heatmaps => (heatmaps::read(&net, &answers)?, net.output.score_threshold(0.3)),
            other => return Err(format!("the head {other:?} is not one of keypoints")),
        };
        let frame = (net.frame.width as f32, net.frame.height as f32);
        let points = places.into_iter().enumerate().filter(|(_, place)| place.score.is_none_or(|s| s >= threshold));
        let points = points.map(|(index, place)| {
            let (x, y) = seen.view.point_on_photo(place.x * frame.0, place.y * frame.1);
            Point { label: name(&net.labels, index), score: place.score.map(score), x: pixels(x), y: pixels(y) }
        });
        let result =
            Points { width: pixels(seen.view.width), height: pixels(seen.view.height), points: points.collect() };
        Ok(vec![("points".to_owned(), Value::Json(json::to_string(&result)))])
    }
}

/// A point without a label is called by its number.
fn name(labels: &Labels, index: usize) -> String {
    if index < labels.len() { labels.name(index) } else { format!("point {index}") }
}

fn landmarks(net: &Net, answers: &[Answer]) -> Result<Vec<Place>, String> {
    let misfit = || net.misfit("Landmarks", "one output [1, 2 * points] or [1, points, 2]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let pairs = answer.count() / 2;
    let is_list = match answer.sides()[..] {
        [numbers] => numbers.is_multiple_of(2),
        [_, columns] => columns == 2,
        _ => false,
    };
    if !is_list || pairs == 0 || !net.labels.is_empty() && net.labels.len() != pairs as usize {
        return Err(misfit());
    }
    let finite = |number: f32| if number.is_finite() { number } else { 0.0 };
    answer.read(|values| {
        let place =
            |pair: usize| Place { x: finite(values.at(2 * pair)), y: finite(values.at(2 * pair + 1)), score: None };
        (0..pairs as usize).map(place).collect()
    })
}
