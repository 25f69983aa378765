//! Colours as they are seen: Oklab (Ottosson, 2020), in which equal distances look about equally far apart.

/// Lightness 0..1, and how green or red and how blue or yellow it is.
pub(crate) type Lab = [f32; 3];

/// Of red, green and blue in 0..=255 of sRGB.
pub(crate) fn of_rgb(rgb: [f32; 3]) -> Lab {
    let [r, g, b] = rgb.map(|channel| {
        let c = channel / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    });
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// The nearest colour of sRGB.
pub(crate) fn to_rgb([lightness, a, b]: Lab) -> [u8; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|c| {
        let c = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        (255.0 * c).round().clamp(0.0, 255.0) as u8
    })
}

/// Of a difference in lightness: a shade of red is still red to whom names it.
const LIGHTNESS: f32 = 0.25;

/// Square of the distance, in which lightness counts for less than hue and chroma.
pub(crate) fn apart(one: Lab, other: Lab) -> f32 {
    let [lightness, a, b] = std::array::from_fn(|axis| (one[axis] - other[axis]).powi(2));
    LIGHTNESS * lightness + a + b
}

#[cfg(test)]
mod tests {
    use super::{of_rgb, to_rgb};

    #[test]
    fn published_colours_are_met() {
        let near = |rgb: [f32; 3], lab: [f32; 3]| {
            let found = of_rgb(rgb);
            assert!(found.iter().zip(lab).all(|(a, b)| (a - b).abs() < 1e-3), "{rgb:?}: {found:?}, not {lab:?}");
        };
        near([255.0, 255.0, 255.0], [1.0, 0.0, 0.0]);
        near([255.0, 0.0, 0.0], [0.62796, 0.22486, 0.12585]);
        near([0.0, 0.0, 255.0], [0.45201, -0.03246, -0.31153]);
    }

    #[test]
    fn colours_return() {
        for rgb in [[0, 0, 0], [255, 255, 255], [12, 200, 77], [255, 0, 128], [3, 4, 5]] {
            assert_eq!(to_rgb(of_rgb(rgb.map(f32::from))), rgb);
        }
    }
}
