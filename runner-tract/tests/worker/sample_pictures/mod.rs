//! The sample apps that answer with pictures, as they are published: the painter, the letter maker, and colours and edges.

mod letters;
mod painter;
mod palette;

use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{ImageFormat, RgbImage};
use vision_protocol::limits::RunLimits;
use vision_runner::ipc::WireValue;

use super::support::{
    package::Package,
    worker::{Done, Worker},
};

const DEADLINE_MS: u64 = 60_000;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-apps")
}

/// A worker that serves a sample app, which has run its examples first. The package must outlive it.
fn serve(package: &Package) -> Worker {
    Worker::serve(package, RunLimits::default())
}

fn run(worker: &mut Worker, photo: &[u8], others: &[(&str, f64)]) -> Done {
    let mut inputs = vec![("Image".to_owned(), WireValue::Picture(0))];
    inputs.extend(others.iter().map(|&(name, number)| (name.to_owned(), WireValue::Number(number))));
    worker.run(inputs, &[photo.to_vec()], DEADLINE_MS).expect("an answer")
}

fn picture(done: &Done, name: &str) -> RgbImage {
    match done.outputs.iter().find(|(output, _)| output == name) {
        Some((_, WireValue::Picture(index))) => open(&done.pictures[*index]),
        other => panic!("{name}: {other:?}"),
    }
}

fn open(file: &[u8]) -> RgbImage {
    image::load_from_memory(file).expect("a picture").to_rgb8()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).expect("memory takes bytes");
    file.into_inner()
}
