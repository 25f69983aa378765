//! A class for each part of the photo.

use std::cmp::Reverse;

use vision_glue_common::{
    bindings::vision::app::images::Image,
    json::score,
    model::Net,
    photo::{Shown, View},
    picture,
};

use crate::{Form, Share};

/// The map painted, and what the classes cover.
pub(crate) fn answer(net: &Net, view: &View, form: Form, classes: &[u32]) -> Result<(Image, Vec<Share>), String> {
    let shown = view.shown(net.frame, form.width, form.height);
    let pixels = painted(classes, form.width, shown);
    let counted = counted(classes, form.width, shown);
    let all = f64::from(shown.columns) * f64::from(shown.rows);
    let shares = counted.into_iter().map(|(class, count)| (class, (f64::from(count) / all) as f32));
    let shares = shares
        .filter(|&(_, share)| share >= 0.001)
        .map(|(class, share)| Share { label: net.labels.name(class as usize), score: score(share) })
        .collect();
    Ok((picture::of_pixels(shown.width, shown.height, &pixels)?, shares))
}

/// The classes that the map shows, the largest first.
fn counted(classes: &[u32], width: u32, shown: Shown) -> Vec<(u32, u32)> {
    let mut counts: Vec<(u32, u32)> = Vec::new();
    let mut last = 0;
    for row in rows(classes, width, shown) {
        for &class in row {
            // Neighbours are mostly of one class.
            if counts.get(last).is_none_or(|&(known, _)| known != class) {
                last = counts.iter().position(|&(known, _)| known == class).unwrap_or_else(|| {
                    counts.push((class, 0));
                    counts.len() - 1
                });
            }
            counts[last].1 += 1;
        }
    }
    counts.sort_by_key(|&(class, count)| (Reverse(count), class));
    counts
}

/// The part of each row that shows the photo.
fn rows(classes: &[u32], width: u32, shown: Shown) -> impl Iterator<Item = &[u32]> {
    let columns = shown.left as usize..(shown.left + shown.columns) as usize;
    let rows = classes.chunks_exact(width as usize).skip(shown.top as usize).take(shown.rows as usize);
    rows.map(move |row| &row[columns.clone()])
}

/// The colours of the map in the photo's aspect ratio, each pixel of the class that lies nearest.
fn painted(classes: &[u32], width: u32, shown: Shown) -> Vec<u8> {
    let nearest = |place: u32, length: u32, cells: u32| {
        ((2 * u64::from(place) + 1) * u64::from(cells) / (2 * u64::from(length))) as usize
    };
    let rows: Vec<_> = rows(classes, width, shown).collect();
    let across: Vec<_> = (0..shown.width).map(|x| nearest(x, shown.width, shown.columns)).collect();
    let mut pixels = vec![0; 3 * shown.width as usize * shown.height as usize];
    let (mut last, mut paint) = (0, color(0));
    for (line, y) in pixels.chunks_exact_mut(3 * across.len()).zip(0..) {
        let row = rows[nearest(y, shown.height, shown.rows)];
        for (pixel, &x) in line.as_chunks_mut::<3>().0.iter_mut().zip(&across) {
            if row[x] != last {
                (last, paint) = (row[x], color(row[x]));
            }
            *pixel = paint;
        }
    }
    pixels
}

/// The colours of PASCAL VOC's class maps: the bits of the class, three at a time, become the high bits of red, green
/// and blue (devkit of the VOC challenge, `VOClabelcolormap`). Class 0, the background, is black.
fn color(class: u32) -> [u8; 3] {
    let mut channels = [0_u8; 3];
    for step in 0..8 {
        for (channel, value) in channels.iter_mut().enumerate() {
            *value |= (((class >> (3 * step + channel as u32)) & 1) as u8) << (7 - step);
        }
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::{Shown, color, counted, painted};

    #[test]
    fn the_first_classes_have_the_colours_of_voc() {
        assert_eq!(color(0), [0, 0, 0]);
        assert_eq!(color(1), [128, 0, 0]);
        assert_eq!(color(2), [0, 128, 0]);
        assert_eq!(color(15), [192, 128, 128]);
        assert_eq!(color(20), [0, 64, 128]);
    }

    #[test]
    fn only_what_shows_the_photo_counts() {
        let map = [9, 1, 2, 9, 1, 1];
        let shown = Shown { left: 1, top: 0, columns: 2, rows: 2, width: 4, height: 2 };
        assert_eq!(counted(&map, 3, shown), [(1, 3), (2, 1)]);
        let red = painted(&map, 3, shown).chunks(3).map(|pixel| pixel[0]).collect::<Vec<_>>();
        assert_eq!(red, [128, 128, 0, 0, 128, 128, 128, 128]);
    }
}
