//! Arithmetic on a few numbers; what is done to whole tensors is the host's.

/// From any number to a probability.
pub fn sigmoid(number: f32) -> f32 {
    1.0 / (1.0 + (-number).exp())
}

/// From any numbers to probabilities that are 1 all together.
pub fn softmax(numbers: &mut [f32]) {
    let largest = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for number in numbers.iter_mut() {
        *number = (*number - largest).exp();
        sum += *number;
    }
    for number in numbers {
        *number /= sum;
    }
}

/// Whether these are probabilities that are 1 all together.
pub fn are_probabilities(numbers: impl Iterator<Item = f32>) -> bool {
    let (mut count, mut sum) = (0, 0.0);
    for number in numbers {
        if !(0.0..=1.0).contains(&number) {
            return false;
        }
        count += 1;
        sum += number;
    }
    count > 1 && (sum - 1.0).abs() < 1e-3
}

#[cfg(test)]
mod tests {
    use super::{are_probabilities, sigmoid, softmax};

    #[test]
    fn probabilities_are_known_by_their_sum() {
        let are = |numbers: &[f32]| are_probabilities(numbers.iter().copied());
        assert!(are(&[0.25, 0.75]));
        assert!(!are(&[0.25, 0.5]));
        assert!(!are(&[-0.5, 1.5]));
        assert!(!are(&[1.0]));
        assert!(!are(&[f32::NAN, 1.0]));
    }

    #[test]
    fn any_numbers_become_probabilities() {
        let mut numbers = [1000.0, 1000.0, -1000.0];
        softmax(&mut numbers);
        assert_eq!(numbers, [0.5, 0.5, 0.0]);
        assert_eq!((sigmoid(0.0), sigmoid(-1e9), sigmoid(1e9)), (0.5, 0.0, 1.0));
    }
}
