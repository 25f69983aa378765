//! The standard glue for text detection: where text stands on the photo. The model says of each pixel how likely it
//! belongs to text (differentiable binarisation, as PP-OCR does it); each region of likely pixels becomes the smallest
//! rectangle around it, turned as it lies, and is grown by what training shrank it.

mod rectangle;
mod region;

use miniserde::{Serialize, json};
use rectangle::Rectangle;
use vision_glue_common::{
    bindings::{
        Guest, Value, export,
        vision::app::tensors::{Tensor, mask_to_polygons},
    },
    json::{pixels, score},
    manifest::Fit,
    model::{Answer, Net},
    photo,
};

struct TextDetection;
export!(TextDetection with_types_in vision_glue_common::bindings);

#[derive(Serialize)]
struct Polygons {
    width: f64,
    height: f64,
    polygons: Vec<Polygon>,
}

#[derive(Serialize)]
struct Polygon {
    label: String,
    score: f64,
    points: Vec<(f64, f64)>,
}

/// A region of text, in pixels of the map.
struct Region {
    area: Rectangle,
    score: f32,
}

/// Rectangles with a shorter side, in pixels of the map, are specks.
const SHORTEST: f32 = 3.0;

impl Guest for TextDetection {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let seen = net.see(&photo, Fit::Letterbox)?;
        let answers = net.compute(&seen)?;
        let (map, height, width) = map(&net, &answers)?;
        let mut regions = regions(&net, &map, &answers[0], (height, width))?;
        sort(&mut regions);
        regions.truncate(net.output.top.unwrap_or(1000) as usize);
        let (across, down) = (net.frame.width as f32 / width as f32, net.frame.height as f32 / height as f32);
        let label = if net.labels.is_empty() { "text".to_owned() } else { net.labels.name(0) };
        let on_photo = |(x, y): (f32, f32)| {
            let (x, y) = seen.view.point_on_photo(x * across, y * down);
            (pixels(x), pixels(y))
        };
        let polygons = regions.iter().map(|region| Polygon {
            label: label.clone(),
            score: score(region.score),
            points: region.area.corners().map(on_photo).to_vec(),
        });
        let result =
            Polygons { width: pixels(seen.view.width), height: pixels(seen.view.height), polygons: polygons.collect() };
        Ok(vec![("regions".to_owned(), Value::Json(json::to_string(&result)))])
    }
}

/// The map with its height and width.
fn map(net: &Net, answers: &[Answer]) -> Result<(Tensor, u32, u32), String> {
    let misfit = || net.misfit("of text detection", "one output [1, 1, height, width] or [height, width]", answers);
    let [answer] = answers else { return Err(misfit()) };
    let (height, width) = match *answer.shape {
        [height, width] | [1, height, width] | [1, 1, height, width] | [1, height, width, 1] => (height, width),
        _ => return Err(misfit()),
    };
    if height == 0 || width == 0 {
        return Err(misfit());
    }
    Ok((answer.tensor.reshape(&[height, width])?, height, width))
}

fn regions(net: &Net, map: &Tensor, answer: &Answer, (height, width): (u32, u32)) -> Result<Vec<Region>, String> {
    let outlines = mask_to_polygons(map, net.output.mask_threshold(0.3))?;
    let (threshold, unclip) = (net.output.score_threshold(0.5), net.output.unclip());
    answer.read(|values| {
        let candidates = outlines.iter().filter_map(|outline| {
            let area = Rectangle::around(outline)?;
            if area.shortest() < SHORTEST {
                return None;
            }
            let score = region::mean(values, (height, width), &area);
            let area = area.grown(unclip * area.area() / area.perimeter());
            (score >= threshold && area.shortest() >= SHORTEST + 2.0).then_some(Region { area, score })
        });
        candidates.collect()
    })
}

/// As one reads: line by line, and each from left to right. What overlaps by more than half a line's height with the
/// first of a line stands in it.
fn sort(regions: &mut [Region]) {
    let middle = |region: &Region| region.area.centre();
    regions.sort_by(|a, b| middle(a).1.total_cmp(&middle(b).1));
    let mut start = 0;
    while start < regions.len() {
        let (_, top) = middle(&regions[start]);
        let reach = regions[start].area.shortest() / 2.0;
        let length = regions[start..].iter().take_while(|region| middle(region).1 - top < reach).count().max(1);
        regions[start..start + length].sort_by(|a, b| middle(a).0.total_cmp(&middle(b).0));
        start += length;
    }
}

#[cfg(test)]
mod tests {
    use super::{Rectangle, Region, sort};

    #[test]
    fn regions_come_as_one_reads() {
        let region = |x: f32, y: f32| {
            let outline = [(x, y), (x + 30.0, y), (x + 30.0, y + 10.0), (x, y + 10.0)];
            Region { area: Rectangle::around(&outline).unwrap(), score: x }
        };
        let mut regions = [region(50.0, 40.0), region(90.0, 1.0), region(5.0, 3.0), region(7.0, 37.0)];
        sort(&mut regions);
        assert_eq!(regions.map(|region| region.score), [5.0, 90.0, 7.0, 50.0]);
    }
}
