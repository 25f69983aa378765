//! Finds products on a shelf or a table and says which they are. One package, three models: products are found, each is cut
//! out, all crops go through the model that knows kinds and the one that makes vectors in one call each, and every vector is
//! looked up in a gallery of known products.

mod detect;
mod lookup;

use std::collections::BTreeMap;

use serde::Serialize;
use vision_app::{BoundingBox, Boxes, Image, Rectangle, Result, Table, assets, info};

use detect::Found;
use lookup::{Entry, Seen};

#[derive(vision_app::Inputs)]
struct Inputs {
    image: Image,
    /// What is less similar to everything in the gallery is unknown.
    #[vision(default = 0.6)]
    min_similarity: f32,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    boxes: Boxes,
    products: Table<Row>,
    total: f64,
}

/// One product of the answer, however often it is on the photo.
#[derive(Debug, PartialEq, Serialize)]
struct Row {
    product: String,
    kind: String,
    count: u32,
    /// Of one; none for what is unknown.
    price: Option<f64>,
    /// The greatest of those found.
    similarity: f64,
}

#[vision_app::main]
fn run(Inputs { image, min_similarity }: Inputs) -> Result<Outputs> {
    let gallery: Vec<Entry> = assets::json("assets/gallery.json")?;
    let found = detect::products(&image)?;
    let seen = if found.is_empty() { Vec::new() } else { lookup::look_up(&image, &found, &gallery)? };
    let rows: Vec<Row> = seen.iter().map(|one| row(one, &gallery, min_similarity)).collect();
    info!("{} products, {} of them unknown", rows.len(), rows.iter().filter(|row| row.price.is_none()).count());

    let boxes = found.iter().zip(&rows).map(|(one, row)| bounding_box(one, row.product.clone())).collect();
    Ok(Outputs {
        boxes: Boxes { width: f64::from(image.width()), height: f64::from(image.height()), boxes },
        total: cents(rows.iter().filter_map(|row| row.price).sum()),
        products: Table(counted(rows)),
    })
}

/// What is said of one thing: the product it is most like, or that it is unknown.
fn row(seen: &Seen, gallery: &[Entry], min_similarity: f32) -> Row {
    let known = gallery.get(seen.entry).filter(|_| seen.similarity >= min_similarity);
    Row {
        product: known.map_or_else(|| format!("unknown {}", seen.kind), |entry| entry.product.clone()),
        kind: seen.kind.clone(),
        count: 1,
        price: known.map(|entry| entry.price),
        similarity: (f64::from(seen.similarity) * 1e3).round() / 1e3,
    }
}

/// One row for each product, by name, what is unknown last.
fn counted(rows: Vec<Row>) -> Vec<Row> {
    let mut products: BTreeMap<(bool, String), Row> = BTreeMap::new();
    for row in rows {
        let key = (row.price.is_none(), row.product.clone());
        match products.get_mut(&key) {
            Some(first) => {
                first.count += 1;
                first.similarity = first.similarity.max(row.similarity);
            }
            None => {
                products.insert(key, row);
            }
        }
    }
    products.into_values().collect()
}

fn bounding_box(found: &Found, label: String) -> BoundingBox {
    let Rectangle { x, y, width, height } = found.area;
    let [x, y, width, height] = [x, y, width, height].map(|side| (f64::from(side) * 10.0).round() / 10.0);
    BoundingBox { label, score: (f64::from(found.score) * 1e4).round() / 1e4, x, y, width, height }
}

fn cents(sum: f64) -> f64 {
    (sum * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(kind: &str, entry: usize, similarity: f32) -> Seen {
        Seen { kind: kind.to_owned(), entry, similarity }
    }

    #[test]
    fn equal_products_are_counted_and_strangers_come_last() {
        let gallery = [("Voro sugar", 1.5), ("Alvo tonic", 0.99)]
            .map(|(product, price)| Entry { product: product.to_owned(), price });
        let all = [seen("bag", 0, 0.9), seen("can", 1, 0.3), seen("can", 1, 0.8), seen("bag", 0, 0.95)];
        let rows = counted(all.iter().map(|one| row(one, &gallery, 0.5)).collect());
        let said: Vec<_> = rows.iter().map(|row| (row.product.as_str(), row.count, row.price)).collect();
        assert_eq!(said, [("Alvo tonic", 1, Some(0.99)), ("Voro sugar", 2, Some(1.5)), ("unknown can", 1, None)]);
        assert_eq!(rows[1].similarity, 0.95);
    }
}
