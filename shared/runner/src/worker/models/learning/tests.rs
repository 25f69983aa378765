use super::{super::batching::Loading, *};
use crate::engine::{Element, EngineError, Port};

/// Adds one to everything, or takes away the mean of all items.
struct Simple {
    ports: Vec<Port>,
    mixes: bool,
}

impl Model for Simple {
    fn inputs(&self) -> &[Port] {
        &self.ports
    }

    fn outputs(&self) -> &[Port] {
        &self.ports
    }

    fn infer(&self, inputs: Named) -> Result<Named, EngineError> {
        let tensor = &inputs[0].1;
        let values = tensor.floats().unwrap();
        let shift = if self.mixes { -values.iter().sum::<f32>() / values.len() as f32 } else { 1.0 };
        let values = values.iter().map(|value| value + shift).collect();
        Ok(vec![("x".to_owned(), Tensor::new(tensor.shape(), Data::Float32(values)).unwrap())])
    }

    fn memory_bytes(&self) -> u64 {
        77
    }
}

fn simple(side: usize, mixes: bool) -> (Simple, Named) {
    let port = Port { name: "x".to_owned(), shape: vec![side, 3], element: Element::Float32 };
    (Simple { ports: vec![port], mixes }, vec![("x".to_owned(), Tensor::zeros([1, 3], Element::Float32).unwrap())])
}

/// With a price in milliseconds for every call and one for every item, and a kibibyte for each.
fn chosen(largest: usize, most_bytes: u64, call_ms: f64, item_ms: f64) -> (usize, u64, Vec<usize>) {
    let mut tried = Vec::new();
    let found = choose(largest, most_bytes, |items, _| {
        tried.push(items);
        Some((1_024 * items as u64, call_ms / items as f64 + item_ms))
    });
    assert_eq!(found.infer_ms, call_ms + item_ms);
    (found.batch, found.batch_bytes, tried)
}

#[test]
fn the_largest_batch_that_is_worth_it_is_chosen() {
    assert_eq!(chosen(LARGEST, u64::MAX, 8.0, 0.0), (32, 32 << 10, vec![1, 2, 4, 8, 16, 32]));
    // 11.2, 10.6, 10.3, 10.15: a twentieth is not gained again after the first step, nor in the next two together.
    assert_eq!(chosen(LARGEST, u64::MAX, 1.2, 10.0), (2, 2 << 10, vec![1, 2, 4, 8]));
}

#[test]
fn what_gains_nothing_is_not_batched_nor_tried_for_long() {
    assert_eq!(chosen(LARGEST, u64::MAX, 0.0, 10.0), (1, 1 << 10, vec![1, 2, 4]));
}

#[test]
fn memory_and_a_fixed_first_side_bound_a_batch() {
    assert_eq!(chosen(LARGEST, 8 << 10, 8.0, 0.0), (8, 8 << 10, vec![1, 2, 4, 8]));
    assert_eq!(chosen(1, u64::MAX, 8.0, 0.0), (1, 1 << 10, vec![1]));
    let declined = choose(LARGEST, u64::MAX, |items, expected| {
        assert_eq!(expected, if items == 1 { 0.0 } else { 6.0 });
        (items == 1).then_some((5, 3.0))
    });
    assert_eq!((declined.batch, declined.batch_bytes, declined.infer_ms), (1, 5, 3.0));
}

#[test]
fn only_models_with_open_first_sides_batch() {
    assert!(batches(&simple(0, false).0) && !batches(&simple(1, false).0));
}

#[test]
fn items_that_see_each_other_are_told_from_others() {
    let (model, one) = simple(0, false);
    assert!(computes_apart(&model, &one, 4));
    let (model, one) = simple(0, true);
    assert!(!computes_apart(&model, &one, 4));
}

#[test]
fn a_model_is_measured_as_it_is() {
    watch_memory();
    let (model, one) = simple(1, false);
    let loading = Loading { ms: 5.0, ..Loading::default() };
    let known = learn(&Shared::new(Box::new(model), 1, loading), &one, u64::MAX, || true);
    assert_eq!((known.batch, known.memory_bytes, known.load_ms), (1, 77, 5.0));
    assert!(resident() > 1 << 20, "{}", resident());
}
