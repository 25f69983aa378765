//! Measures the way from a photo's file to a model's input:
//! `cargo run --release --workspace --example pixels -- 224 photo.jpg…` scales the middle to a square, and with
//! `box` before the size the whole into a frame. Prints milliseconds, the median of many, and how far a decoding at a
//! part of the size is from the full one.

#![expect(clippy::print_stdout, reason = "a program that prints")]

use std::{error::Error, fs, hint::black_box, sync::Arc, time::Instant};

use vision_runner::worker::measuring::Photo;

/// Milliseconds that one kind of measurement may take together.
const MOST_MS: f64 = 1_500.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let boxed = arguments.first().is_some_and(|word| word == "box");
    arguments.drain(..usize::from(boxed));
    let Some((side, photos)) = arguments.split_first() else { return Err("usage: pixels [box] SIZE PHOTO…".into()) };
    let side: u32 = side.parse()?;
    println!(
        "{:>6} {:>7} {:>8} {:>6} {:>6} {:>7} {:>6} {:>5}  photo",
        "header", "decode", "reduced", "scale", "scale", "tensor", "mean", "most"
    );
    for path in photos {
        measure(path, side, boxed)?;
    }
    Ok(())
}

fn measure(path: &str, side: u32, boxed: bool) -> Result<(), Box<dyn Error>> {
    let file = Arc::new(fs::read(path)?);
    let view = || -> Result<Photo, String> {
        let photo = Photo::open(&file)?;
        if boxed { Ok(photo) } else { photo.centre(side, side) }
    };
    let scale = |photo: &Photo| if boxed { photo.letterbox(side, side) } else { photo.resize(side, side) };
    let (mut full, mut part) = (Photo::open(&file)?, view()?);
    let (width, height) = part.size();
    let ratio = (f64::from(width) / f64::from(side)).max(f64::from(height) / f64::from(side));
    let target = (f64::from(width) / ratio, f64::from(height) / ratio);
    let target = (target.0.round() as u32, target.1.round() as u32);

    let header = median(|| Photo::open(&file).map(drop))?;
    let decode = median(|| Photo::open(&file)?.decode())?;
    let reduced = median(|| view()?.decode_for(target.0, target.1))?;
    full.decode()?;
    let full = if boxed { full } else { full.centre(side, side)? };
    part.decode_for(target.0, target.1)?;
    let scaling = median(|| scale(&full).map(|photo| drop(black_box(photo))))?;
    let scaling_part = median(|| scale(&part).map(|photo| drop(black_box(photo))))?;
    let (wanted, found) = (scale(&full)?, scale(&part)?);
    let tensor = median(|| found.to_tensor().map(|tensor| drop(black_box(tensor))))?;

    let differences: Vec<u8> = wanted.rgb()?.iter().zip(found.rgb()?).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = differences.iter().map(|d| f64::from(*d)).sum::<f64>() / differences.len() as f64;
    let most = differences.iter().max().copied().unwrap_or_default();
    println!(
        "{header:6.3} {decode:7.2} {reduced:8.2} {scaling:6.2} {scaling_part:6.2} {tensor:7.3} {mean:6.3} {most:5}  {path}"
    );
    Ok(())
}

fn median(mut work: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || begun.elapsed().as_secs_f64() * 1e3 < MOST_MS && times.len() < 1_000 {
        let begun = Instant::now();
        work()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
