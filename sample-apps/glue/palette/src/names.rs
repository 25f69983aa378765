//! Names of colours, the nearest as seen: those that CSS gives (CSS Color Module Level 4), and more for dark and muted
//! shades, of which photos are full and CSS has few.

use crate::oklab::{self, Lab};

/// A name and a colour in each line.
const NAMES: &str = include_str!("names.txt");

/// The name of the nearest colour that has one.
pub(crate) fn nearest(colour: Lab) -> &'static str {
    let distance = |&(_, named): &(&str, Lab)| oklab::apart(named, colour);
    let best = all().min_by(|one, other| distance(one).total_cmp(&distance(other)));
    best.map_or("", |(name, _)| name)
}

fn all() -> impl Iterator<Item = (&'static str, Lab)> {
    NAMES.lines().filter_map(|line| {
        let (hex, name) = line.split_once(' ')?;
        let rgb = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
        Some((name, oklab::of_rgb([rgb[1], rgb[2], rgb[3]].map(f32::from))))
    })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, all, nearest};
    use crate::oklab;

    #[test]
    fn every_line_is_a_colour_and_the_nearest_is_found() {
        assert_eq!(all().count(), NAMES.lines().count());
        let named = |rgb: [u8; 3]| nearest(oklab::of_rgb(rgb.map(f32::from)));
        assert_eq!(named([255, 0, 0]), "red");
        assert_eq!(named([2, 3, 1]), "black");
        assert_eq!(named([70, 130, 182]), "steel blue");
        assert_eq!(named([250, 128, 113]), "salmon");
    }
}
