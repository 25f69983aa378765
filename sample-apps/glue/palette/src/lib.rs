//! The main colours of a photo with their shares and names, a drawing of its edges, and its histogram. No model: all of it
//! is counted and computed here, and the same photo gives the same answer each time.

mod clusters;
mod edges;
mod histogram;
mod names;
mod oklab;

use serde::Serialize;
use vision_app::{Channels, ElementType, Image, Layout, Normalization, Rectangle, Result, Table, Tensor, ensure, info};

/// The longer side at which colours are counted: enough for shares, and little to loop over.
const COUNTED: u32 = 256;
/// The longer side of the drawing.
const DRAWN: u32 = 720;
/// Colours that a person may ask for, as app.json says.
const COLOURS: std::ops::RangeInclusive<u32> = 2..=12;

#[derive(vision_app::Inputs)]
struct Inputs {
    image: Image,
    #[vision(default = 6_u32)]
    colours: u32,
    #[vision(default = 25.0_f32)]
    edge_threshold: f32,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    palette: Table<Swatch>,
    edges: Image,
    histogram: Image,
}

/// One main colour.
#[derive(Serialize)]
struct Swatch {
    colour: String,
    hex: String,
    percent: f64,
}

#[vision_app::main]
fn run(Inputs { image, colours, edge_threshold }: Inputs) -> Result<Outputs> {
    ensure!(COLOURS.contains(&colours), "{colours} colours were asked for: ask for 2 to 12");
    ensure!((1.0..=100.0).contains(&edge_threshold), "the edge threshold is {edge_threshold}: it lies in 1 to 100");
    let small = pixels(&within(&image, COUNTED)?)?;
    let clusters = clusters::of(&small, colours as usize);
    info!("{} colours of {} pixels", clusters.len(), small.len());
    let palette = clusters.iter().map(|cluster| {
        let [red, green, blue] = oklab::to_rgb(cluster.centre);
        Swatch {
            colour: names::nearest(cluster.centre).to_owned(),
            hex: format!("#{red:02x}{green:02x}{blue:02x}"),
            percent: (f64::from(cluster.share) * 1000.0).round() / 10.0,
        }
    });
    Ok(Outputs {
        palette: Table(palette.collect()),
        edges: drawing(&within(&image, DRAWN)?, edge_threshold)?,
        histogram: picture(histogram::WIDTH, histogram::HEIGHT, &histogram::drawn(&small))?,
    })
}

/// The picture, its longer side no longer than this.
fn within(image: &Image, longest: u32) -> Result<Image> {
    let (width, height) = (image.width(), image.height());
    let scale = (longest as f32 / width.max(height) as f32).min(1.0);
    let scaled = |side: u32| ((side as f32 * scale).round() as u32).max(1);
    if scale < 1.0 {
        return image.resize(scaled(width), scaled(height));
    }
    image.crop(Rectangle { x: 0.0, y: 0.0, width: width as f32, height: height as f32 })
}

/// Red, green and blue of every pixel.
fn pixels(image: &Image) -> Result<Vec<[u8; 3]>> {
    let numbers = image.to_tensor(&plain(Channels::Rgb))?.numbers::<f32>()?;
    Ok(numbers.as_chunks().0.iter().map(|pixel: &[f32; 3]| pixel.map(|channel| channel as u8)).collect())
}

/// Edges as dark lines on paper.
fn drawing(image: &Image, threshold: f32) -> Result<Image> {
    let (width, height) = (image.width(), image.height());
    let luma = image.to_tensor(&plain(Channels::Gray))?.numbers::<f32>()?;
    let lines = edges::canny(&luma, width as usize, height as usize, threshold);
    let rgb: Vec<u8> = lines.iter().flat_map(|&line| if line { edges::INK } else { edges::PAPER }).collect();
    picture(width, height, &rgb)
}

fn picture(width: u32, height: u32, rgb: &[u8]) -> Result<Image> {
    Image::from_tensor(&Tensor::from_bytes(&[height, width, 3], ElementType::Uint8, rgb)?, &plain(Channels::Rgb))
}

/// Pixels as they are, row by row.
fn plain(channels: Channels) -> Normalization {
    Normalization { layout: Layout::Nhwc, channels, divisor: 1.0, ..Normalization::default() }
}
