//! The names of seeded apps, and dice that always fall the same.

pub(crate) const FIRST: [&str; 25] = [
    "Street", "Leaf", "Digit", "Crystal", "Bird", "Rust", "Cloud", "Cell", "Face", "Pallet", "Weld", "Fruit", "Tyre",
    "Coin", "Plate", "Fish", "Brick", "Seed", "Screw", "Tooth", "Label", "Wheel", "Glacier", "Insect", "Textile",
];
pub(crate) const SECOND: [&str; 20] = [
    "finder",
    "reader",
    "counter",
    "checker",
    "grader",
    "sorter",
    "watcher",
    "mapper",
    "measurer",
    "detector",
    "tracker",
    "scanner",
    "inspector",
    "estimator",
    "painter",
    "namer",
    "picker",
    "guard",
    "meter",
    "guide",
];
pub(crate) const THIRD: [&str; 20] = [
    "pro",
    "mini",
    "for farms",
    "for clinics",
    "at night",
    "in rain",
    "by drone",
    "by phone",
    "plus",
    "nano",
    "for schools",
    "for docks",
    "of Lisbon",
    "of Oslo",
    "of Lagos",
    "of Quito",
    "light",
    "deep",
    "fast",
    "exact",
];
pub(crate) const SHELVES: [&str; 14] = [
    "Agriculture",
    "Medicine",
    "Traffic",
    "Industry",
    "Nature",
    "Reading",
    "Sports",
    "Retail",
    "Safety",
    "Astronomy",
    "Geology",
    "Household",
    "Art",
    "Counting",
];

/// Numbers that look random and are always the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `most`, the small ones far more often.
    pub(crate) fn skewed(&mut self, most: i64) -> i64 {
        let part = self.part();
        ((part * part * part * most as f64) as i64).min(most - 1)
    }

    pub(crate) fn below(&mut self, most: i64) -> i64 {
        ((self.part() * most as f64) as i64).min(most - 1)
    }
}
