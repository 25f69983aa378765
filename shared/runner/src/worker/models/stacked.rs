//! Tensors of several requests as one, along the first dimension, and back.

use super::Named;
use crate::engine::{Data, Tensor};

/// One tensor per input, with the items of all parts behind each other. The parts are alike but for their first side.
pub(super) fn stack(parts: &[&Named]) -> Result<Named, String> {
    let Some(first) = parts.first() else { return Err("nothing to compute".to_owned()) };
    let inputs = first.iter().enumerate().map(|(index, (name, _))| {
        let tensors: Vec<&Tensor> = parts.iter().map(|part| &part[index].1).collect();
        Ok((name.clone(), joined(&tensors)?))
    });
    inputs.collect()
}

/// Each request's share of the outputs; `None` if the first dimension of one of them is not that of all shares.
pub(super) fn split(outputs: &Named, shares: &[usize]) -> Option<Vec<Named>> {
    let items: usize = shares.iter().sum();
    if outputs.iter().any(|(_, tensor)| tensor.shape().first() != Some(&items)) {
        return None;
    }
    let mut begin = 0;
    let answers = shares.iter().map(|share| {
        let part = outputs.iter().map(|(name, tensor)| Some((name.clone(), cut(tensor, begin, *share)?)));
        let part = part.collect();
        begin += share;
        part
    });
    answers.collect()
}

fn joined(tensors: &[&Tensor]) -> Result<Tensor, String> {
    let mut shape = tensors.first().map(|tensor| tensor.shape().to_vec()).unwrap_or_default();
    if let Some(side) = shape.first_mut() {
        *side = tensors.iter().filter_map(|tensor| tensor.shape().first()).sum();
    }
    macro_rules! join {
        ($kind:ident) => {{
            let mut all = Vec::with_capacity(shape.iter().product());
            for tensor in tensors {
                match tensor.data() {
                    Data::$kind(data) => all.extend_from_slice(data),
                    _ => return Err("tensors of two types".to_owned()),
                }
            }
            Data::$kind(all)
        }};
    }
    let data = match tensors.first().map(|tensor| tensor.data()) {
        Some(Data::Float32(_)) => join!(Float32),
        Some(Data::Uint8(_)) => join!(Uint8),
        Some(Data::Int32(_)) => join!(Int32),
        Some(Data::Int64(_)) => join!(Int64),
        None => return Err("nothing to compute".to_owned()),
    };
    Tensor::new(shape, data)
}

fn cut(tensor: &Tensor, begin: usize, items: usize) -> Option<Tensor> {
    let mut shape = tensor.shape().to_vec();
    let each: usize = shape.iter().skip(1).product();
    *shape.first_mut()? = items;
    let range = begin * each..(begin + items) * each;
    let data = match tensor.data() {
        Data::Float32(data) => Data::Float32(data.get(range)?.to_vec()),
        Data::Uint8(data) => Data::Uint8(data.get(range)?.to_vec()),
        Data::Int32(data) => Data::Int32(data.get(range)?.to_vec()),
        Data::Int64(data) => Data::Int64(data.get(range)?.to_vec()),
    };
    Tensor::new(shape, data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, shape: &[usize], data: Data) -> (String, Tensor) {
        (name.to_owned(), Tensor::new(shape, data).unwrap())
    }

    #[test]
    fn what_is_stacked_comes_apart_again() {
        let one = vec![named("a", &[1, 2], Data::Float32(vec![1.0, 2.0])), named("b", &[1], Data::Int64(vec![7]))];
        let two = vec![
            named("a", &[2, 2], Data::Float32(vec![3.0, 4.0, 5.0, 6.0])),
            named("b", &[2], Data::Int64(vec![8, 9])),
        ];
        let all = stack(&[&one, &two]).unwrap();
        assert_eq!(all[0], named("a", &[3, 2], Data::Float32(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])));
        assert_eq!(all[1], named("b", &[3], Data::Int64(vec![7, 8, 9])));
        assert_eq!(split(&all, &[1, 2]).unwrap(), [one, two]);
    }

    #[test]
    fn outputs_that_do_not_grow_with_the_batch_are_not_split() {
        let outputs = vec![named("a", &[1, 4], Data::Uint8(vec![0; 4]))];
        assert_eq!(split(&outputs, &[1, 1]), None);
        assert_eq!(split(&vec![named("a", &[], Data::Uint8(vec![0]))], &[1]), None);
    }
}
