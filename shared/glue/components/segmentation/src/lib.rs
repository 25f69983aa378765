//! The standard glue for segmentation: which class each part of the photo is of, or where one class is.

mod map;
mod mask;

use miniserde::{Serialize, json};
use vision_glue_common::{
    bindings::{
        Guest, Value, export,
        vision::app::{images::Image, tensors::ElementType},
    },
    manifest::{Fit, Head},
    model::{Answer, Net},
    photo,
    photo::View,
};

struct Segmentation;
export!(Segmentation with_types_in vision_glue_common::bindings);

/// The part of the photo that a class covers.
#[derive(Serialize)]
struct Share {
    label: String,
    score: f64,
}

/// How an output is to be read: its sides, and the axis of the classes if it has one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Form {
    height: u32,
    width: u32,
    classes: Option<(u32, u32)>,
}

impl Guest for Segmentation {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let seen = net.see(&photo, Fit::Stretch)?;
        let answers = net.compute(&seen)?;
        let (picture, labels) = read(&net, &seen.view, &answers)?;
        Ok(vec![
            ("mask".to_owned(), Value::Picture(picture)),
            ("labels".to_owned(), Value::Json(json::to_string(&labels))),
        ])
    }
}

fn read(net: &Net, view: &View, answers: &[Answer]) -> Result<(Image, Vec<Share>), String> {
    let misfit = || {
        let expected = "one output [1, height, width, classes] or [1, classes, height, width], a mask [1, height, width] \
                        or a map of class numbers [1, height, width]; of several outputs, Output.Name tells which";
        net.misfit("of segmentation", expected, answers)
    };
    let [answer] = answers else { return Err(misfit()) };
    let form = form(&answer.shape, |height, width| {
        u64::from(height) * u64::from(net.frame.width) == u64::from(width) * u64::from(net.frame.height)
    });
    let form = form.ok_or_else(misfit)?;
    if answer.tensor.element() != ElementType::Float32 {
        return match form.classes {
            None => map::answer(net, view, form, &answer.numbers()?),
            Some(_) => Err(misfit()),
        };
    }
    match (form.classes, net.output.class, net.output.head) {
        (None, _, head) => mask::answer(net, view, form, &mask::of_one_channel(answer, head)?),
        (Some(axis), Some(class), head) => {
            mask::answer(net, view, form, &mask::of_class(net, answer, axis, class, head)?)
        }
        (Some(_), None, Some(Head::Sigmoid | Head::SigmoidLogits)) => {
            Err(net.remark("its classes overlap: set Output.Class to the one whose mask is asked for"))
        }
        (Some((axis, _)), None, _) => {
            let map = Answer { name: answer.name.clone(), shape: Vec::new(), tensor: answer.tensor.argmax(axis)? };
            map::answer(net, view, form, &map.numbers()?)
        }
    }
}

/// What the sides of an output mean; `fits` says whether a height and a width are those of the frame, or in proportion.
fn form(shape: &[u32], fits: impl Fn(u32, u32) -> bool) -> Option<Form> {
    let one = |height, width| Some(Form { height, width, classes: None });
    match *shape {
        [height, width] | [1, height, width] if height > 1 || width > 1 => one(height, width),
        [1, 1, height, width] if fits(height, width) => one(height, width),
        [1, height, width, 1] if fits(height, width) => one(height, width),
        [1, 1, height, width] => one(height, width),
        // The classes are what is left; where both could be, there are fewer classes than rows.
        [1, height, width, classes] if fits(height, width) && (!fits(width, classes) || classes < height) => {
            Some(Form { height, width, classes: Some((3, classes)) })
        }
        [1, classes, height, width] if classes > 0 && height > 0 && width > 0 => {
            Some(Form { height, width, classes: Some((1, classes)) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, form};

    #[test]
    fn the_shape_tells_where_the_classes_are() {
        let of = |shape: &[u32]| form(shape, |height, width| height * 320 == width * 240);
        let classes = |axis, count| Some(Form { height: 60, width: 80, classes: Some((axis, count)) });
        let alone = Some(Form { height: 60, width: 80, classes: None });
        assert_eq!(of(&[1, 60, 80, 21]), classes(3, 21));
        assert_eq!(of(&[1, 21, 60, 80]), classes(1, 21));
        for shape in [&[60, 80][..], &[1, 60, 80], &[1, 1, 60, 80], &[1, 60, 80, 1]] {
            assert_eq!(of(shape), alone, "{shape:?}");
        }
        assert_eq!(of(&[4, 21, 60, 80]), None);
        assert_eq!(of(&[]), None);
        let square = |shape: &[u32]| form(shape, |height, width| height == width);
        assert_eq!(square(&[1, 257, 257, 21]).and_then(|form| form.classes), Some((3, 21)));
        assert_eq!(square(&[1, 21, 21, 21]).and_then(|form| form.classes), Some((1, 21)));
    }
}
