//! Photos with all that cameras write, whole, in pieces of every size, cut off everywhere and changed at random.

use futures_util::{StreamExt, stream};
use image::{ImageDecoder as _, ImageFormat, ImageReader, RgbImage, metadata::Orientation};
use std::io::Cursor;

use super::*;

/// What must not be found afterwards, wherever it stood.
const SECRET: &[u8] = b"48.8584 N 2.2945 E";

/// EXIF with an orientation and, in a directory for it, a place.
fn exif_with_place(turn: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([turn, 0, 0, 0]);
    // The directory of the place, at 38.
    tiff.extend(b"\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0");
    // One text of 18 letters, at 56.
    tiff.extend(b"\x01\0\x1d\0\x02\0\x12\0\0\0\x38\0\0\0\0\0\0\0");
    tiff.extend(SECRET);
    tiff
}

fn plain(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(37, 23, |x, y| image::Rgb([(x * 6) as u8, (y * 9) as u8, 90]));
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn segment(code: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, code], &length[..], &content].concat()
}

fn jpeg() -> Vec<u8> {
    let file = plain(ImageFormat::Jpeg);
    let added = [
        segment(0xE1, &[b"Exif\0\0", &exif_with_place(6)]),
        segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>", SECRET]),
        segment(0xED, &[b"Photoshop 3.0\08BIM", SECRET]),
        segment(0xE2, &[b"MPF\0", SECRET]),
        segment(0xE7, &[b"Maker", SECRET]),
        segment(0xFE, &[b"Taken at ", SECRET]),
    ];
    // Behind the picture: a second one, as phones add.
    [&file[..2], &added.concat(), SECRET, &file[2..], b"\xff\xd8\xff\xe1", SECRET].concat()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [kind, content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat()
}

fn png() -> Vec<u8> {
    let file = plain(ImageFormat::Png);
    let added = [
        chunk(b"eXIf", &exif_with_place(8)),
        chunk(b"tEXt", &[b"Comment\0", SECRET].concat()),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat()),
        chunk(b"tIME", &[7, 234, 1, 1, 1, 1, 1]),
        chunk(b"maKe", SECRET),
        chunk(b"gAMA", &45455_u32.to_be_bytes()),
    ];
    // The first chunk ends at 33.
    [&file[..33], &added.concat(), &file[33..], SECRET].concat()
}

fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let pad = vec![0; content.len() % 2];
    [&kind[..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content, &pad].concat()
}

fn webp() -> Vec<u8> {
    let file = plain(ImageFormat::WebP);
    // EXIF and XMP follow; 37 × 23.
    let chunks = [
        riff(b"VP8X", &[0b1100, 0, 0, 0, 36, 0, 0, 22, 0, 0]),
        file[12..].to_vec(),
        riff(b"EXIF", &exif_with_place(3)),
        riff(b"XMP ", &[b"<x:xmpmeta>", SECRET].concat()),
        riff(b"Cam!", SECRET),
    ];
    let chunks = chunks.concat();
    let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", &chunks, SECRET].concat()
}

fn gif() -> Vec<u8> {
    let file = plain(ImageFormat::Gif);
    let colours = if file[10] & 0x80 == 0 { 0 } else { 3 << ((file[10] & 7) + 1) };
    let length = u8::try_from(SECRET.len()).unwrap();
    let added = [
        [b"\x21\xFE", &[length][..], SECRET, &[0]].concat(),
        [b"\x21\xFF\x0BXMP DataXMP", &[length][..], SECRET, &[0]].concat(),
        b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0".to_vec(),
    ];
    [&file[..13 + colours], &added.concat(), &file[13 + colours..], SECRET].concat()
}

fn cleaned_in(file: &[u8], pieces: usize) -> Result<Vec<u8>, Damaged> {
    let (mut cleaner, mut out) = (Cleaner::new(), Vec::new());
    for piece in file.chunks(pieces) {
        cleaner.push(piece, &mut out)?;
    }
    cleaner.finish(&mut out)?;
    Ok(out)
}

fn has(file: &[u8], what: &[u8]) -> bool {
    file.windows(what.len()).any(|window| window == what)
}

fn opened(file: &[u8]) -> (Orientation, Vec<u8>) {
    let mut decoder = ImageReader::new(Cursor::new(file)).with_guessed_format().unwrap().into_decoder().unwrap();
    let turn = decoder.orientation().unwrap();
    (turn, image::DynamicImage::from_decoder(decoder).unwrap().to_rgba8().into_raw())
}

/// Each file with the orientation that it must keep.
fn photos() -> [(Vec<u8>, Orientation); 4] {
    [
        (jpeg(), Orientation::Rotate90),
        (png(), Orientation::Rotate270),
        (webp(), Orientation::Rotate180),
        (gif(), Orientation::NoTransforms),
    ]
}

#[test]
fn nothing_is_left_but_the_picture_and_which_side_is_up() {
    for (photo, turn) in photos() {
        let kind = picture_type(&photo).unwrap();
        assert!(has(&photo, SECRET), "{kind}");
        let (turned, pixels) = opened(&photo);
        assert_eq!(turned, turn, "{kind}: the photo of the test is right");
        let cleaned = cleaned_in(&photo, photo.len()).unwrap();
        assert!(!has(&cleaned, SECRET), "{kind}");
        for name in [&b"GPS"[..], b"xmpmeta", b"Photoshop", b"Maker", b"MPF"] {
            assert!(!has(&cleaned, name), "{kind}: {}", String::from_utf8_lossy(name));
        }
        assert_eq!(opened(&cleaned), (turn, pixels), "{kind}: the same picture, the same way up");
        if let Ok(exif) = exif_of(&cleaned) {
            assert_eq!(exif.fields().count(), 1, "{kind}: the orientation alone");
        }
        assert_eq!(cleaned_in(&cleaned, 7).unwrap(), cleaned, "{kind}: what is clean stays as it is");
    }
}

fn exif_of(file: &[u8]) -> Result<::exif::Exif, ::exif::Error> {
    ::exif::Reader::new().read_from_container(&mut Cursor::new(file))
}

#[test]
fn a_photo_without_metadata_passes_byte_by_byte() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp] {
        let photo = plain(format);
        assert_eq!(cleaned_in(&photo, 11).unwrap(), photo, "{format:?}");
    }
    assert_eq!(cleaned_in(b"no picture", 3).unwrap(), b"no picture");
    assert_eq!(cleaned_in(b"", 3).unwrap(), b"");
}

#[test]
fn pictures_of_every_kind_stay_what_they_show() {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files: Vec<_> = std::fs::read_dir(repository.join("fuzz/seeds/image")).unwrap().collect();
    files.extend(std::fs::read_dir(repository.join("sample-apps/shape-finder/examples/paper-cut-outs")).unwrap());
    let mut compared = 0;
    for path in files.into_iter().map(|file| file.unwrap().path()) {
        let file = std::fs::read(&path).unwrap();
        if picture_type(&file).is_none() {
            continue;
        }
        let cleaned = cleaned_in(&file, 1000).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(opened(&cleaned), opened(&file), "{}", path.display());
        compared += 1;
    }
    assert!(compared > 10, "only {compared}");
}

#[test]
fn pieces_of_any_size_make_the_same() {
    for (photo, _) in photos() {
        let whole = cleaned_in(&photo, photo.len()).unwrap();
        for size in [1, 2, 3, 5, 16, 17, 64, 1000] {
            assert_eq!(cleaned_in(&photo, size).unwrap(), whole, "{:?} in pieces of {size}", picture_type(&photo));
        }
    }
}

#[test]
fn a_file_that_breaks_off_is_refused_or_clean() {
    for (photo, _) in photos() {
        let whole = cleaned_in(&photo, photo.len()).unwrap();
        let mut refused = 0;
        for end in 12..photo.len() {
            match cleaned_in(&photo[..end], 50) {
                Ok(cleaned) => {
                    assert!(!has(&cleaned, &SECRET[..6]), "cut off at {end}");
                    assert!(cleaned.len() <= whole.len(), "cut off at {end}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().starts_with("is damaged"), "{error}");
                }
            }
        }
        assert!(refused > 20, "{:?}: a file that ends before its picture is none", picture_type(&photo));
    }
}

#[test]
fn whatever_comes_nothing_breaks() {
    // A small generator: the same files each time.
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    for (photo, _) in photos() {
        for _ in 0..400 {
            let mut changed = photo.clone();
            for _ in 0..=next(4) {
                let place = 12 + next(changed.len() - 12);
                changed[place] = u8::try_from(next(256)).unwrap();
            }
            changed.truncate(12 + next(changed.len() - 11));
            if let Ok(cleaned) = cleaned_in(&changed, 1 + next(300)) {
                // A chunk that keeps its place is never longer than it was; JPEG gains a block at most.
                assert!(cleaned.len() <= changed.len() + 40);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_what_is_wrong() {
    let pieces = |file: &[u8]| {
        stream::iter(file.chunks(9).map(|p| Ok::<_, String>(Bytes::copy_from_slice(p))).collect::<Vec<_>>())
    };
    let photo = png();
    let mut source = pieces(&photo);
    let cleaned: Vec<Bytes> = clean(&mut source).map(Result::unwrap).collect().await;
    assert_eq!(cleaned.concat(), cleaned_in(&photo, 9).unwrap());
    let mut source = pieces(b"\x89PNG\r\n\x1a\nand then something else");
    let last = clean(&mut source).collect::<Vec<_>>().await.pop().unwrap();
    assert!(matches!(last, Err(CleanError::Damaged(_))));
    let mut source = stream::iter([Ok(Bytes::from_static(b"\xff\xd8\xff")), Err("the line is dead".to_owned())]);
    let last = clean(&mut source).collect::<Vec<_>>().await.pop().unwrap();
    assert!(matches!(last, Err(CleanError::Source(text)) if text == "the line is dead"));
}
