//! Reads the printed text in a photo. A detector maps where lines of text run; each line is straightened into a strip;
//! all strips, cut into windows, are read by a recogniser in a few calls; the texts are put together as one reads.

mod find;
mod order;
mod read;
mod strip;

use serde::Serialize;
use vision_app::{Color, Image, Json, Result, Tensor, info};

use find::{Line, Map};
use strip::Photo;

/// The longer side of the picture that is shown, in pixels, at most.
const SHOWN: u32 = 1280;
const MARKER: Color = Color::new(255, 214, 10);
/// Each line is read at these sizes, as parts of the one that its band tells of, and what is read most surely counts.
const SIZES: [f32; 2] = [1.0, 0.88];
/// What is read less surely than this is no text.
const LEAST_SURE: f32 = 0.65;
/// A line holds at least one character on so many heights of a capital.
const SPARSEST: f32 = 3.0;

#[derive(vision_app::Inputs)]
struct Inputs {
    image: Image,
}

#[derive(vision_app::Outputs)]
struct Outputs {
    text: String,
    lines: Json<Lines>,
    picture: Image,
}

/// A result of the type `Polygons`.
#[derive(Serialize)]
struct Lines {
    width: f64,
    height: f64,
    polygons: Vec<Outlined>,
}

#[derive(Serialize)]
struct Outlined {
    label: String,
    score: f64,
    points: Vec<[f64; 2]>,
}

/// A line with what it says.
struct ReadLine {
    line: Line,
    text: String,
    sure: f32,
}

impl ReadLine {
    /// Whether it is text, and not something that only looks like it.
    fn is_text(&self) -> bool {
        let room = (self.line.right - self.line.left) / self.line.capital;
        self.sure >= LEAST_SURE && self.text.chars().count() as f32 * SPARSEST >= room
    }
}

#[vision_app::main]
fn run(Inputs { image }: Inputs) -> Result<Outputs> {
    let map = Map::of(&image)?;
    let found = find::lines(&map)?;
    let count = found.len();
    let mut photo = Photo::new(&image);
    let sized = found.iter().flat_map(|line| SIZES.map(|size| line.sized(size)));
    let strips = sized.map(|line| photo.strip(&line)).collect::<Result<Vec<_>>>()?;
    let texts = read::strips(&strips)?;
    let surest = texts.chunks(SIZES.len()).filter_map(|texts| texts.iter().max_by(|a, b| a.1.total_cmp(&b.1)));
    let lines: Vec<ReadLine> = found
        .into_iter()
        .zip(surest)
        .map(|(line, (text, sure))| ReadLine { line, text: text.trim().to_owned(), sure: *sure })
        .filter(ReadLine::is_text)
        .collect();
    info!("{count} lines found, {} of them read", lines.len());

    let rows = order::rows(&lines.iter().map(|one| one.line.frame()).collect::<Vec<_>>());
    let words = |row: &Vec<usize>| row.iter().map(|&place| &*lines[place].text).collect::<Vec<_>>().join(" ");
    Ok(Outputs {
        text: rows.iter().map(words).collect::<Vec<_>>().join("\n"),
        picture: marked(&image, &map, &lines)?,
        lines: Json(Lines {
            width: f64::from(image.width()),
            height: f64::from(image.height()),
            polygons: rows.into_iter().flatten().map(|place| outlined(&lines[place])).collect(),
        }),
    })
}

fn outlined(one: &ReadLine) -> Outlined {
    let points = one.line.outline().into_iter().map(|(x, y)| [rounded(x, 10.0), rounded(y, 10.0)]);
    Outlined { label: one.text.clone(), score: rounded(one.sure, 1e4), points: points.collect() }
}

fn rounded(number: f32, parts: f64) -> f64 {
    (f64::from(number) * parts).round() / parts
}

/// The photo, not too large, with its lines marked as with a highlighter.
fn marked(image: &Image, map: &Map, lines: &[ReadLine]) -> Result<Image> {
    let (width, height) = map.seen();
    let mut mask = vec![0.0_f32; (width * height) as usize];
    for one in lines {
        one.line.paint(&mut mask, width as usize, map.pixels());
    }
    let mask = Tensor::new(&[height, width], &mask)?;
    let longer = image.width().max(image.height());
    if longer <= SHOWN {
        return image.draw_mask(&mask, MARKER, 0.4);
    }
    let reduced = |side: u32| (u64::from(side) * u64::from(SHOWN) / u64::from(longer)).max(1) as u32;
    image.resize(reduced(image.width()), reduced(image.height()))?.draw_mask(&mask, MARKER, 0.4)
}
