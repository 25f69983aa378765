//! Photos decoded at a part of their size against the same photos decoded in full.

use std::sync::Arc;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

use super::{Area, Color, DecodeError, Encoded, Picture, Step, View};

const MOST_PIXELS: u64 = 1_000_000;

macro_rules! samples {
    ($($name:literal)*) => { [$(($name, include_bytes!(concat!("samples/", $name, ".jpg")).as_slice())),*] };
}

/// One picture of 93 x 61 pixels in every way that is decoded at a part of its size.
fn plain() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    samples!("plain-1x1" "plain-2x1" "plain-1x2" "plain-2x2" "plain-4x1" "optimized" "gray" "restarts" "restarts-gray" "coarse")
        .into_iter()
}

/// And in those that are not.
fn peculiar() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    samples!("rgb" "progressive" "cmyk" "odd-sampling" "scans").into_iter()
}

/// The JPEG with an EXIF orientation.
fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

fn open(file: &[u8]) -> View {
    View::of_file(Encoded::open(&(Arc::new(file.to_vec()) as _), MOST_PIXELS).unwrap(), "Photo")
}

/// Takes all steps, and returns them.
fn prepare(view: &mut View, next: impl Fn(&View) -> Option<Step>) -> Result<Vec<Step>, DecodeError> {
    let mut steps = Vec::new();
    while let Some(step) = next(view) {
        view.take(step)?;
        steps.push(step);
    }
    Ok(steps)
}

fn whole(file: &[u8]) -> View {
    super::decode(&(Arc::new(file.to_vec()) as _), MOST_PIXELS).unwrap().into()
}

/// Mean and largest difference.
fn difference(a: &Picture, b: &Picture) -> (f64, u8) {
    assert_eq!((a.width, a.height), (b.width, b.height));
    let differences: Vec<u8> = a.rgb.iter().zip(&b.rgb).map(|(a, b)| a.abs_diff(*b)).collect();
    let sum: u64 = differences.iter().map(|d| u64::from(*d)).sum();
    (sum as f64 / differences.len() as f64, differences.into_iter().max().unwrap())
}

fn close(name: &str, found: &Picture, wanted: &Picture) {
    let (mean, most) = difference(found, wanted);
    assert!(mean < 2.0 && most < 32, "{name}: {mean} in the mean, {most} at most");
}

#[test]
fn a_part_of_the_size_shows_the_same_in_every_orientation() {
    for (name, file) in plain() {
        for orientation in 1..=8 {
            let name = format!("{name}, orientation {orientation}");
            let file = oriented(file, orientation);
            let (mut view, wanted) = (open(&file), whole(&file));
            let (width, height) = if orientation > 4 { (7, 11) } else { (11, 7) };
            let steps = prepare(&mut view, |view| view.before_scaling(width, height)).unwrap();
            assert_eq!(steps, [Step::Reduce(4)], "{name}");
            close(&name, &view.resize(width, height).unwrap(), &wanted.resize(width, height).unwrap());

            // A corner that is another one in the file, at half the size.
            let corner = Area { x: 1.0, y: view.height() as f32 - 43.0, width: 41.0, height: 43.0 };
            let (mut view, wanted) = (open(&file).crop(corner).unwrap(), wanted.crop(corner).unwrap());
            let steps = prepare(&mut view, |view| view.before_scaling(10, 10)).unwrap();
            if !name.starts_with("plain-4x1") {
                assert_eq!(steps, [Step::Reduce(2)], "{name}");
            }
            close(&name, &view.resize(10, 10).unwrap(), &wanted.resize(10, 10).unwrap());
        }
    }
}

#[test]
fn a_frame_holds_the_same_in_every_orientation() {
    for orientation in 1..=8 {
        let file = oriented(plain().next().unwrap().1, orientation);
        let (mut view, wanted) = (open(&file), whole(&file));
        let (_, width, height) = view.fitted(20, 16);
        let steps = prepare(&mut view, |view| view.before_scaling(width, height)).unwrap();
        assert!(matches!(steps[..], [Step::Reduce(_)]), "{steps:?}");
        let [found, wanted] = [&view, &wanted].map(|view| view.letterbox(20, 16, Color([1, 2, 3]), true).unwrap());
        assert_eq!((found.scale, found.offset_x, found.offset_y), (wanted.scale, wanted.offset_x, wanted.offset_y));
        close(&format!("orientation {orientation}"), &found.picture, &wanted.picture);
    }
}

#[test]
fn what_is_not_plain_is_decoded_in_full_with_equal_results() {
    for (name, file) in peculiar() {
        let mut view = open(file);
        let steps = prepare(&mut view, |view| view.before_scaling(11, 7)).unwrap();
        assert_eq!(steps, [Step::Reduce(4), Step::Decode], "{name}");
        assert_eq!(view.resize(11, 7).unwrap(), whole(file).resize(11, 7).unwrap(), "{name}");
    }
    let arithmetic = include_bytes!("samples/arithmetic.jpg").to_vec();
    assert!(super::decode(&(Arc::new(arithmetic) as _), MOST_PIXELS).is_err());
}

#[test]
fn every_way_of_coding_shows_the_same_picture() {
    let wanted = whole(plain().next().unwrap().1).resize(93, 61).unwrap();
    for (name, file) in plain().chain(peculiar()) {
        if name.contains("gray") {
            let view = whole(file).resize(93, 61).unwrap();
            assert!(view.rgb.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b), "{name}");
        } else if !matches!(name, "coarse" | "cmyk" | "scans") {
            // The full decoder mixes up halved chroma that comes in a scan of its own.
            let (mean, _) = difference(&whole(file).resize(93, 61).unwrap(), &wanted);
            assert!(mean < 8.0, "{name}: {mean}");
        }
    }
}

#[test]
fn all_pixels_are_decoded_once_and_shared() {
    let mut view = open(plain().next().unwrap().1);
    let file_bytes = view.own_bytes();
    assert_eq!((view.width(), view.height()), (93, 61));
    // Hardly smaller than the photo: a part of its size would show less.
    assert_eq!(view.before_scaling(60, 40), Some(Step::Decode));
    let mut corner = view.crop(Area { x: 0.0, y: 0.0, width: 30.0, height: 20.0 }).unwrap();
    assert_eq!((view.own_bytes(), corner.own_bytes()), (0, 0));
    assert_eq!(prepare(&mut view, View::before_pixels).unwrap(), [Step::Decode]);
    assert_eq!(view.before_scaling(11, 7), None);
    assert_eq!(corner.before_pixels(), Some(Step::Cut));
    assert_eq!(corner.take(Step::Cut).unwrap(), 30 * 20 * 3);
    assert_eq!(corner.own_bytes(), 30 * 20 * 3);
    assert_eq!(view.own_bytes(), file_bytes + 93 * 61 * 3);
    assert_eq!(corner.picture().unwrap().rgb[..90], view.picture().unwrap().rgb[..90]);
    // The last view of a photo frees it when it takes its part.
    let mut last = view.crop(Area { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }).unwrap();
    drop(view);
    assert_eq!(last.take(Step::Cut).unwrap(), 3 - (file_bytes + 93 * 61 * 3) as i64);
}

#[test]
fn a_second_finer_look_decodes_all() {
    let mut view = open(plain().next().unwrap().1);
    assert_eq!(prepare(&mut view, |view| view.before_scaling(5, 3)).unwrap(), [Step::Reduce(8)]);
    assert_eq!(view.before_scaling(5, 3), None);
    assert_eq!(view.before_scaling(20, 14), Some(Step::Decode));
    assert_eq!(view.bytes_for(Step::Reduce(8), false), 12 * 8 * 3);
}

#[test]
fn decoding_is_charged_for_what_it_takes() {
    let bytes = |file: &[u8], thrifty| open(file).bytes_for(Step::Decode, thrifty);
    let picture = 93 * 61 * 3;
    let (_, jpeg) = plain().next().unwrap();
    assert_eq!(bytes(jpeg, true), picture);
    assert!(bytes(jpeg, false) > picture);
    assert_eq!(bytes(&oriented(jpeg, 6), true), 2 * picture);
    let (_, progressive) = peculiar().nth(1).unwrap();
    assert!(bytes(progressive, true) >= picture + 93 * 61 * 6);
}

fn png(color: ExtendedColorType, bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(bytes, 2, 1, color).unwrap();
    file
}

#[test]
fn other_files_become_eight_bit_rgb() {
    let rgb = |file: &[u8]| super::decode(&(Arc::new(file.to_vec()) as _), MOST_PIXELS).unwrap().rgb;
    assert_eq!(rgb(&png(ExtendedColorType::L8, &[7, 200])), [7, 7, 7, 200, 200, 200]);
    assert_eq!(rgb(&png(ExtendedColorType::La8, &[7, 255, 200, 0])), [7, 7, 7, 255, 255, 255]);
    // The encoder takes 16-bit values in the machine's order.
    let deep: Vec<u8> = [0_u16, 0x8080, 0xffff, 0x0101, 0x4040, 0xfefe].iter().flat_map(|n| n.to_ne_bytes()).collect();
    assert_eq!(rgb(&png(ExtendedColorType::Rgb16, &deep)), [0, 0x80, 0xff, 1, 0x40, 0xfe]);
    let frame = |color: [u8; 4]| image::Frame::new(image::RgbaImage::from_pixel(2, 1, image::Rgba(color)));
    let mut gif = Vec::new();
    image::codecs::gif::GifEncoder::new(&mut gif)
        .encode_frames([frame([255, 0, 0, 255]), frame([0, 255, 0, 255])])
        .unwrap();
    assert_eq!(rgb(&gif), [255, 0, 0, 255, 0, 0]);
}

#[test]
fn what_is_broken_behind_its_header_fails_when_it_is_needed() {
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&[9; 64 * 64 * 3], 64, 64, ExtendedColorType::Rgb8).unwrap();
    let mut view = open(&file[..file.len() * 2 / 3]);
    assert_eq!((view.width(), view.height(), view.name()), (64, 64, "Photo"));
    let error = prepare(&mut view, |view| view.before_scaling(8, 8)).unwrap_err();
    assert!(error.to_string().starts_with("cannot be decoded"), "{error}");
}

#[test]
fn a_cut_off_jpeg_shows_what_there_is_either_way() {
    for (name, file) in plain() {
        let file = &file[..file.len() * 4 / 5];
        let mut view = open(file);
        match prepare(&mut view, |view| view.before_scaling(11, 7)) {
            Ok(steps) => {
                assert_eq!(steps, [Step::Reduce(4), Step::Decode], "{name}");
                assert_eq!(view.resize(11, 7).unwrap(), whole(file).resize(11, 7).unwrap(), "{name}");
            }
            Err(error) => assert!(error.to_string().starts_with("cannot be decoded"), "{name}: {error}"),
        }
    }
}

#[test]
fn damaged_files_end_in_pixels_or_in_words() {
    let mut seed = 1_u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for (name, file) in plain().chain(peculiar()) {
        for _ in 0..200 {
            let mut file = file.to_vec();
            for _ in 0..=random(3) {
                let at = random(file.len());
                file[at] = random(256) as u8;
            }
            let Ok(encoded) = Encoded::open(&(Arc::new(file) as _), MOST_PIXELS) else { continue };
            let mut view = View::of_file(encoded, name);
            let (width, height) = (view.width().div_ceil(8), view.height().div_ceil(8));
            if prepare(&mut view, |view| view.before_scaling(width, height)).is_ok() {
                assert_eq!(view.resize(width, height).unwrap().rgb.len(), (width * height * 3) as usize);
            }
        }
    }
}

#[test]
fn a_rectangle_is_cut_as_far_as_it_lies_within() {
    let rgb = (0..6).flat_map(|y| (0..8).flat_map(move |x| [x * 10, y * 10, 7])).collect();
    let view = View::from(Picture::from_rgb(8, 6, rgb).unwrap());
    let cut = |area| {
        let mut cut: View = view.crop(area)?;
        prepare(&mut cut, View::before_pixels).map_err(|error| error.to_string())?;
        Ok::<_, String>(cut.picture().unwrap().clone())
    };
    let found = cut(Area { x: 5.6, y: -2.0, width: 9.0, height: 3.4 }).unwrap();
    assert_eq!((found.width, found.height), (2, 1));
    assert_eq!(found.rgb, [60, 0, 7, 70, 0, 7]);
    assert!(cut(Area { x: 8.0, y: 0.0, width: 4.0, height: 4.0 }).is_err());
    assert!(cut(Area { x: f32::NAN, y: 0.0, width: 4.0, height: 4.0 }).is_err());
}

#[test]
fn brightness_is_that_of_all_pixels_and_of_a_reduced_picture() {
    for (color, expected) in [([0, 0, 0], 0.0), ([255, 255, 255], 1.0), ([255, 0, 0], 0.299), ([0, 0, 255], 0.114)] {
        let brightness = Picture::filled(300, 200, Color(color)).brightness();
        assert!((brightness - expected).abs() < 1e-9, "{color:?}: {brightness}");
    }
    let (_, jpeg) = plain().next().unwrap();
    let facts = |step| {
        let file = Encoded::open(&(Arc::new(jpeg.to_vec()) as _), MOST_PIXELS).unwrap();
        let mut view = View::of_file(file, "Image");
        assert_eq!(view.facts(), None, "nothing is known before it is decoded");
        view.take(step).unwrap();
        view.facts().unwrap()
    };
    let (whole, reduced) = (facts(Step::Decode), facts(Step::Reduce(2)));
    assert_eq!((whole.name.as_str(), whole.width, whole.height), ("Image", 93, 61));
    assert!((whole.brightness - reduced.brightness).abs() < 0.01, "{whole:?} {reduced:?}");
}
