//! The standard glue for detection: what is on the photo, and where.

mod candidates;
mod heads;

use candidates::Candidates;
use miniserde::{Serialize, json, ser::Fragment};
use vision_glue_common::{
    bindings::{Guest, Value, export},
    json::{pixels, score},
    manifest::{Fit, Head},
    model::{Answer, Net},
    photo,
};

struct Detection;
export!(Detection with_types_in vision_glue_common::bindings);

#[derive(Serialize)]
struct Boxes {
    width: f64,
    height: f64,
    boxes: Vec<Found>,
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

/// A box with points that belong to it.
#[derive(Serialize)]
struct BoxWithPoints {
    label: String,
    score: f64,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    points: Vec<(f64, f64)>,
}

/// Something found: only where a model knows points there is a key for them.
enum Found {
    Box(BoundingBox),
    WithPoints(BoxWithPoints),
}

impl Serialize for Found {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Self::Box(found) => found.begin(),
            Self::WithPoints(found) => found.begin(),
        }
    }
}

impl Found {
    fn new(found: BoundingBox, points: Vec<(f64, f64)>) -> Self {
        if points.is_empty() {
            return Self::Box(found);
        }
        let BoundingBox { label, score, x, y, width, height } = found;
        Self::WithPoints(BoxWithPoints { label, score, x, y, width, height, points })
    }
}

impl Guest for Detection {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let seen = net.see(&photo, Fit::Letterbox)?;
        let answers = net.compute(&seen)?;
        let head = net.output.head.unwrap_or(Head::Yolox);
        let found = read(&net, &answers, head)?;
        // What was trained end to end has no doubles, and what overlaps is meant to.
        let iou_threshold = if head == Head::Yolov10 { 1.0 } else { net.output.iou_threshold() };
        let kept = found.suppressed(iou_threshold, net.output.top.unwrap_or(100))?;
        let faces = matches!(head, Head::UltraFace | Head::YuNet) && net.labels.is_empty();
        let name = |class: usize| if faces { "face".to_owned() } else { net.labels.name(class) };
        let on_photo = |&(x, y): &(f32, f32)| {
            let (x, y) = seen.view.point_on_photo(x, y);
            (pixels(x), pixels(y))
        };
        let points = |index| found.points(index).iter().map(on_photo).collect();
        let boxes = kept
            .iter()
            .filter_map(|one| {
                let area = seen.view.on_photo(&one.area)?;
                let found_box = BoundingBox {
                    label: name(one.class as usize),
                    score: score(one.score),
                    x: pixels(area.x),
                    y: pixels(area.y),
                    width: pixels(area.width),
                    height: pixels(area.height),
                };
                Some(Found::new(found_box, points(one.index)))
            })
            .collect();
        let result = Boxes { width: pixels(seen.view.width), height: pixels(seen.view.height), boxes };
        Ok(vec![("boxes".to_owned(), Value::Json(json::to_string(&result)))])
    }
}

fn read(net: &Net, answers: &[Answer], head: Head) -> Result<Candidates, String> {
    match head {
        Head::Yolox => heads::yolox::read(net, answers),
        Head::Yolov2 => heads::yolov2::read(net, answers),
        Head::Yolov5 => heads::yolov5::read(net, answers),
        Head::Yolov8 | Head::Yolo11 => heads::yolov8::read(net, answers),
        Head::Yolov10 => heads::yolov10::read(net, answers),
        Head::Ssd => heads::ssd::read(net, answers, "SSD"),
        Head::UltraFace => heads::ssd::read(net, answers, "UltraFace"),
        Head::NanoDet => heads::nanodet::read(net, answers),
        Head::FastestDet => heads::fastestdet::read(net, answers),
        Head::YuNet => heads::yunet::read(net, answers),
        other => Err(format!("the head {other:?} is not one of detection")),
    }
}
