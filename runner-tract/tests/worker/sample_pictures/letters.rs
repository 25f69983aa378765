//! The letter maker, judged by a reader that knows real letters alone.

use image::{RgbImage, imageops};
use serde_json::json;
use vision_runner::ipc::WireValue;

use super::{DEADLINE_MS, Package, Worker, picture, png, run, samples, serve};

/// How many of 78 letters the reader must know: a little less than of today's.
const READ_OF_78: usize = 74;
const LETTERS: std::ops::RangeInclusive<char> = 'A'..='Z';

fn letter(worker: &mut Worker, letter: char, seed: f64) -> RgbImage {
    let class = ("Class".to_owned(), WireValue::Text(letter.to_string()));
    let inputs = vec![class, ("Seed".to_owned(), WireValue::Number(seed))];
    picture(&worker.run(inputs, &[], DEADLINE_MS).expect("an answer"), "picture")
}

#[test]
fn a_reader_that_knows_real_letters_alone_reads_the_made_ones() {
    let package = Package::sample("generator");
    let mut maker = serve(&package);
    let labels = samples().join("generator/assets/labels.txt");
    let reader =
        Package::classification(&samples().join("training/references/letter-reader.onnx"), Some(labels.as_path()));
    reader.change_manifest(|manifest| {
        manifest["Models"][0]["Input"] = json!({"Width": 64, "Height": 64, "Channels": "GRAY", "Divisor": 255});
    });
    let mut reader = serve(&reader);
    let (mut read, mut wrong) = (0, Vec::new());
    for seed in [1.0, 2.0, 3.0] {
        for wanted in LETTERS {
            let made = letter(&mut maker, wanted, seed);
            let done = run(&mut reader, &png(&made), &[]);
            let WireValue::Json(labels) = &done.outputs[0].1 else { panic!("{:?}", done.outputs) };
            match labels[0]["label"].as_str() {
                Some(label) if label == wanted.to_string() => read += 1,
                other => wrong.push((wanted, seed, other.map(str::to_owned))),
            }
        }
    }
    eprintln!("{read} of 78 read rightly, not {wrong:?}");
    assert!(read >= READ_OF_78, "{wrong:?}");
}

#[test]
fn a_seed_is_a_letter_and_another_seed_another() {
    let package = Package::sample("generator");
    let mut maker = serve(&package);
    let one = letter(&mut maker, 'R', 7.0);
    assert_eq!(one, letter(&mut maker, 'R', 7.0));
    let luma = |picture: &RgbImage| imageops::grayscale(picture);
    // Dark on pale or pale on dark: what counts is where the ink is.
    let ink = |picture: &RgbImage| {
        let gray = luma(picture);
        let paper = i32::from(gray.get_pixel(0, 0).0[0]);
        gray.pixels().map(|pixel| (i32::from(pixel.0[0]) - paper).abs() > 40).collect::<Vec<_>>()
    };
    let first = ink(&one);
    let inked = first.iter().filter(|&&is| is).count();
    for seed in 8..14 {
        let other = ink(&letter(&mut maker, 'R', f64::from(seed)));
        let apart = first.iter().zip(&other).filter(|(one, other)| one != other).count();
        assert!(10 * apart > inked, "seed {seed}: {apart} of {inked} places differ");
    }
}
