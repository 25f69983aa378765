//! The second and third stage: of which kind each product is, and which of the gallery it is.

use serde::Deserialize;
use vision_app::{
    Anchor, Color, ElementType, Image, Model, Normalization, Rectangle, Result, Tensor, assets, bail, cosine_nearest,
};

use crate::detect::Found;

const SIZE: u32 = 64;
/// What is shown around a box, as a share of its sides.
const MARGIN: f32 = 0.06;

/// What a row of the gallery shows. A product has several rows, one for each view.
#[derive(Deserialize)]
pub(crate) struct Entry {
    pub(crate) product: String,
    pub(crate) price: f64,
}

/// What was seen in a box.
pub(crate) struct Seen {
    pub(crate) kind: String,
    /// The most similar row of the gallery, and its cosine.
    pub(crate) entry: usize,
    pub(crate) similarity: f32,
}

/// All crops in one call of each model, and each in the gallery.
pub(crate) fn look_up(image: &Image, products: &[Found], gallery: &[Entry]) -> Result<Vec<Seen>> {
    let kinds = assets::lines("assets/labels.txt")?;
    let crops = products.iter().map(|product| crop(image, product.area)).collect::<Result<Vec<_>>>()?;
    let crops = Tensor::stack(&crops)?;
    let (logits, vectors) = (Model::load("kinds")?.run(&crops)?, Model::load("vectors")?.run(&crops)?);
    let (best, vectors) = (logits.first()?.argmax(1)?.numbers::<i32>()?, vectors.first()?);
    let Some(&width) = vectors.shape().get(1) else { bail!("the model “vectors” answers with no vectors") };
    let rows = gallery.len() as u32;
    let known = Tensor::from_bytes(&[rows, width], ElementType::Float32, &assets::read("assets/gallery.f32")?)?;
    let mut seen = Vec::new();
    for (row, kind) in (0..products.len() as u32).zip(best) {
        let Some(kind) = usize::try_from(kind).ok().and_then(|kind| kinds.get(kind)) else {
            bail!("assets/labels.txt names {} kinds, but the model “kinds” knows more", kinds.len())
        };
        let vector = vectors.slice(0, row..row + 1)?.reshape(&[width])?;
        let Some(nearest) = cosine_nearest(&vector, &known, 1)?.into_iter().next() else {
            bail!("the gallery is empty: add products to assets/gallery.f32 and assets/gallery.json")
        };
        seen.push(Seen { kind: kind.clone(), entry: nearest.index as usize, similarity: nearest.score });
    }
    Ok(seen)
}

/// A product with a little around it, in a square frame.
fn crop(image: &Image, area: Rectangle) -> Result<Tensor> {
    let fill = Color::gray(114);
    image.crop(widened(area))?.letterbox(SIZE, SIZE, fill, Anchor::Center)?.picture.to_tensor(&Normalization::default())
}

/// A box with a margin, its edges on whole pixels.
fn widened(area: Rectangle) -> Rectangle {
    let (across, down) = (MARGIN * area.width, MARGIN * area.height);
    let (left, top) = ((area.x - across).round().max(0.0), (area.y - down).round().max(0.0));
    let (right, bottom) = ((area.x + area.width + across).round(), (area.y + area.height + down).round());
    Rectangle { x: left, y: top, width: (right - left).max(1.0), height: (bottom - top).max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_gets_its_margin_and_whole_edges() {
        let wide = widened(Rectangle { x: 100.0, y: 2.0, width: 50.0, height: 100.0 });
        assert_eq!((wide.x, wide.y, wide.width, wide.height), (97.0, 0.0, 56.0, 108.0));
    }
}
