//! Reads drawn tokens: shapes with a digit on them. One package, two models, and a gallery of embeddings: the shapes are
//! found, the middle of each is cut out, all of these are read in one call, and each is looked up in the gallery, which
//! knows what digits look like and so tells a blank token from a written one.

mod detect;

use serde::{Deserialize, Serialize};
use vision_app::{
    Annotation, BoundingBox, Boxes, Channels, Color, ElementType, Image, Model, Normalization, Rectangle, Result,
    Table, Tensor, assets, cosine_nearest, info,
};

use detect::Found;

/// Pixels of a side of what the digits' model looks at.
const SIZE: u32 = 48;
/// How much of a shape is looked at for its digit.
const ZOOM: f32 = 0.62;
/// What is less like every digit of the gallery is none.
const MIN_SIMILARITY: f32 = 0.9;
const WRITTEN: Color = Color::new(60, 180, 75);
const BLANK: Color = Color::gray(128);

#[derive(vision_app::Inputs)]
struct Inputs {
    image: Image,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    boxes: Boxes,
    tokens: Table<Token>,
    sum: u32,
    picture: Image,
}

/// One row of the answer.
#[derive(Serialize)]
struct Token {
    shape: String,
    digit: String,
    sure: f64,
    like: String,
    similarity: f64,
}

/// What stands in a row of the gallery.
#[derive(Deserialize)]
struct Known {
    digit: u32,
    font: String,
}

/// What was read on a shape.
struct Reading {
    /// None on a blank token.
    digit: Option<u32>,
    sure: f32,
    nearest: usize,
    similarity: f32,
}

#[vision_app::main]
fn run(Inputs { image }: Inputs) -> Result<Outputs> {
    let known: Vec<Known> = assets::json("assets/gallery.json")?;
    let shapes = detect::shapes(&image)?;
    let readings = if shapes.is_empty() { Vec::new() } else { read(&image, &shapes, known.len() as u32)? };
    info!("{} shapes, {} of them blank", shapes.len(), readings.iter().filter(|one| one.digit.is_none()).count());

    let sum = readings.iter().filter_map(|reading| reading.digit).sum();
    let (mut boxes, mut tokens, mut frames) = (Vec::new(), Vec::new(), Vec::new());
    for (shape, reading) in shapes.iter().zip(&readings) {
        let digit = reading.digit.map_or_else(|| "blank".to_owned(), |digit| digit.to_string());
        let caption = format!("{} {digit}", shape.label);
        frames.push(Annotation {
            area: shape.area,
            caption: caption.clone(),
            color: if reading.digit.is_some() { WRITTEN } else { BLANK },
        });
        boxes.push(bounding_box(shape, caption));
        let Known { digit: like, font } = &known[reading.nearest];
        tokens.push(Token {
            shape: shape.label.clone(),
            digit,
            sure: round(reading.sure),
            like: format!("{like} in {font}"),
            similarity: round(reading.similarity),
        });
    }
    Ok(Outputs {
        picture: image.draw_boxes(&frames, 3)?,
        boxes: Boxes { width: f64::from(image.width()), height: f64::from(image.height()), boxes },
        tokens: Table(tokens),
        sum,
    })
}

/// All shapes in one call of the model, and each in the gallery.
fn read(image: &Image, shapes: &[Found], known: u32) -> Result<Vec<Reading>> {
    let normalization = Normalization { channels: Channels::Gray, ..Normalization::default() };
    let crops: Vec<_> = shapes
        .iter()
        .map(|shape| image.crop(middle(shape.area))?.resize(SIZE, SIZE)?.to_tensor(&normalization))
        .collect::<Result<_>>()?;
    let answers = Model::load("digits")?.run(&Tensor::stack(&crops)?)?;
    let (digits, embeddings) = (answers.get("logits")?.softmax(1)?, answers.get("embedding")?);
    let width = embeddings.shape()[1];
    let gallery = Tensor::from_bytes(&[known, width], ElementType::Float32, &assets::read("assets/gallery.f32")?)?;
    (0..shapes.len() as u32)
        .map(|row| {
            let best = digits.slice(0, row..row + 1)?.top_k(1)?[0];
            let nearest = cosine_nearest(&embeddings.slice(0, row..row + 1)?.reshape(&[width])?, &gallery, 1)?[0];
            Ok(Reading {
                digit: (nearest.score >= MIN_SIMILARITY).then_some(best.index),
                sure: best.score,
                nearest: nearest.index as usize,
                similarity: nearest.score,
            })
        })
        .collect()
}

/// The square in the middle of a shape where its digit stands.
fn middle(area: Rectangle) -> Rectangle {
    let side = ZOOM * area.width.max(area.height);
    Rectangle {
        x: (area.x + (area.width - side) / 2.0).round(),
        y: (area.y + (area.height - side) / 2.0).round(),
        width: side.round(),
        height: side.round(),
    }
}

fn bounding_box(shape: &Found, label: String) -> BoundingBox {
    let Rectangle { x, y, width, height } = shape.area;
    let [x, y, width, height] = [x, y, width, height].map(|side| (f64::from(side) * 100.0).round() / 100.0);
    BoundingBox { label, score: round(shape.score), x, y, width, height }
}

fn round(score: f32) -> f64 {
    (f64::from(score) * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_a_square_around_the_centre() {
        let cut = middle(Rectangle { x: 100.0, y: 50.0, width: 80.0, height: 100.0 });
        assert_eq!((cut.x, cut.y, cut.width, cut.height), (109.0, 69.0, 62.0, 62.0));
    }
}
