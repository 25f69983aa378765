//! From a model's outputs to candidate boxes, one module per form of output.

pub(crate) mod fastestdet;
pub(crate) mod nanodet;
pub(crate) mod ssd;
pub(crate) mod yolov10;
pub(crate) mod yolov2;
pub(crate) mod yolov5;
pub(crate) mod yolov8;
pub(crate) mod yolox;
pub(crate) mod yunet;

/// Rows and columns of a table, with or without a batch of one around it.
fn table(shape: &[u32]) -> Option<(usize, usize)> {
    match *shape {
        [1, rows, columns] | [rows, columns] => Some((rows as usize, columns as usize)),
        _ => None,
    }
}

/// Whether an output lies the wrong way round, so that its numbers would make boxes without sense: `numbers` is the side
/// that should hold what is known of one box, and `labelled` how much that is if every class has a label.
fn is_transposed(numbers: usize, boxes: usize, labelled: usize) -> bool {
    if numbers == labelled || boxes == labelled { numbers != labelled } else { numbers > boxes }
}

#[cfg(test)]
mod tests {
    use super::{is_transposed, table};

    #[test]
    fn a_table_may_have_a_batch_of_one() {
        assert_eq!(table(&[1, 4420, 2]), Some((4420, 2)));
        assert_eq!(table(&[4420, 2]), Some((4420, 2)));
        assert_eq!(table(&[2, 4420, 2]), None);
    }

    #[test]
    fn the_labels_tell_which_way_round_an_output_lies() {
        assert!(!is_transposed(84, 8400, 84));
        assert!(is_transposed(8400, 84, 84));
        assert!(is_transposed(8400, 84, 4));
        assert!(!is_transposed(84, 21, 84));
    }
}
