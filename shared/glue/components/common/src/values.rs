//! Numbers of a tensor, read where they lie.

/// Little-endian float32 numbers.
#[derive(Clone, Copy)]
pub struct Values<'a>(&'a [[u8; 4]]);

impl<'a> Values<'a> {
    /// The numbers in a tensor's bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// One of them; past the end, 0.
    pub fn at(self, index: usize) -> f32 {
        self.0.get(index).map_or(0.0, |bytes| f32::from_le_bytes(*bytes))
    }

    /// The part of `length` numbers that starts at `start`; past the end, less.
    pub fn part(self, start: usize, length: usize) -> Self {
        Self(self.0.get(start..).map_or(&[], |rest| &rest[..length.min(rest.len())]))
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = f32> + 'a {
        self.0.iter().map(|bytes| f32::from_le_bytes(*bytes))
    }

    /// Place and value of the largest.
    pub fn best(self) -> (usize, f32) {
        self.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
    }
}

/// The bytes of a tensor with these numbers.
pub fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Values, bytes};

    #[test]
    fn numbers_survive_and_ends_are_safe() {
        let stored = bytes(&[1.5, -2.0, 7.0]);
        let values = Values::new(&stored);
        assert_eq!((values.len(), values.at(1), values.at(3)), (3, -2.0, 0.0));
        assert_eq!(values.part(1, 9).iter().collect::<Vec<_>>(), [-2.0, 7.0]);
        assert!(values.part(4, 1).is_empty());
        assert_eq!(values.best(), (2, 7.0));
    }
}
