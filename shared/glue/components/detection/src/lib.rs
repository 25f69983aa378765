//! The standard glue for detection: what is on the photo, and where.

mod candidates;
mod heads;

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{Guest, Value, export},
    json::{pixels, score},
    manifest::{Fit, Head},
    model::Net,
    photo,
};

struct Detection;
export!(Detection with_types_in vision_glue_common::bindings);

#[derive(Serialize)]
struct Boxes {
    width: f64,
    height: f64,
    boxes: Vec<BoundingBox>,
}

#[derive(Serialize)]
struct BoundingBox {
    label: String,
    score: f64,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Guest for Detection {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let seen = net.see(&photo, Fit::Letterbox)?;
        let answers = net.compute(&seen)?;
        let found = match net.output.head.unwrap_or(Head::Yolox) {
            Head::Yolox => heads::yolox::read(&net, &answers)?,
            Head::Yolov8 => heads::yolov8::read(&net, &answers)?,
            Head::Ssd => heads::ssd::read(&net, &answers)?,
            other => return Err(format!("the head {other:?} is not one of detection")),
        };
        let kept = found.suppressed(net.output.iou_threshold(), net.output.top.unwrap_or(100))?;
        let boxes = kept
            .iter()
            .filter_map(|one| {
                let area = seen.view.on_photo(&one.area)?;
                Some(BoundingBox {
                    label: net.labels.name(one.class as usize),
                    score: score(one.score),
                    x: pixels(area.x),
                    y: pixels(area.y),
                    width: pixels(area.width),
                    height: pixels(area.height),
                })
            })
            .collect();
        let result = Boxes { width: pixels(seen.view.width), height: pixels(seen.view.height), boxes };
        Ok(vec![("boxes".to_owned(), Value::Json(json::to_string(&result)))])
    }
}
