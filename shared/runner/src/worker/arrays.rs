//! What hosts compute on tensors for the glue: slices, softmax, top-k, non-maximum suppression, outlines.

mod outlines;
mod suppression;

pub(crate) use outlines::polygons;
pub(crate) use suppression::{Suppression, non_maximum_suppression};

use std::cmp::Ordering;

use crate::engine::{Data, Tensor};

/// An index with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    pub(crate) index: u32,
    pub(crate) score: f32,
}

/// A tensor seen along one axis: `outer` blocks of `length` rows of `inner` elements.
struct Along {
    outer: usize,
    length: usize,
    inner: usize,
}

fn along(tensor: &Tensor, axis: u32) -> Result<Along, String> {
    let shape = tensor.shape();
    let axis = axis as usize;
    let length =
        *shape.get(axis).ok_or_else(|| format!("a tensor of shape {shape:?} has no axis {axis} (the first is 0)"))?;
    Ok(Along { outer: shape[..axis].iter().product(), length, inner: shape[axis + 1..].iter().product() })
}

/// The part from `start` up to, not including, `end` along one axis.
pub(crate) fn slice(tensor: &Tensor, axis: u32, start: u32, end: u32) -> Result<Tensor, String> {
    fn part<T: Copy>(data: &[T], along: &Along, start: usize, end: usize) -> Vec<T> {
        let block = along.length * along.inner;
        (0..along.outer)
            .flat_map(|n| &data[n * block + start * along.inner..n * block + end * along.inner])
            .copied()
            .collect()
    }
    let along = along(tensor, axis)?;
    let (start, end) = (start as usize, end as usize);
    if start > end || end > along.length {
        return Err(format!("{start}..{end} does not lie within axis {axis} of shape {:?}", tensor.shape()));
    }
    let mut shape = tensor.shape().to_vec();
    shape[axis as usize] = end - start;
    let data = match tensor.data() {
        Data::Float32(data) => Data::Float32(part(data, &along, start, end)),
        Data::Uint8(data) => Data::Uint8(part(data, &along, start, end)),
        Data::Int32(data) => Data::Int32(part(data, &along, start, end)),
        Data::Int64(data) => Data::Int64(part(data, &along, start, end)),
    };
    Tensor::new(shape, data)
}

/// Softmax along one axis.
pub(crate) fn softmax(tensor: &Tensor, axis: u32) -> Result<Tensor, String> {
    let Along { outer, length, inner } = along(tensor, axis)?;
    let mut data = tensor.floats()?.to_vec();
    for block in 0..outer {
        for lane in 0..inner {
            let at = |n: usize| (block * length + n) * inner + lane;
            let largest = (0..length).map(|n| data[at(n)]).fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for n in 0..length {
                data[at(n)] = (data[at(n)] - largest).exp();
                sum += data[at(n)];
            }
            for n in 0..length {
                data[at(n)] /= sum;
            }
        }
    }
    Tensor::new(tensor.shape(), Data::Float32(data))
}

/// Index of the largest element along one axis, which is removed; of equal ones the first.
pub(crate) fn argmax(tensor: &Tensor, axis: u32) -> Result<Tensor, String> {
    let Along { outer, length, inner } = along(tensor, axis)?;
    let data = tensor.floats()?;
    if length == 0 {
        return Err(format!("axis {axis} of shape {:?} is empty", tensor.shape()));
    }
    let mut shape = tensor.shape().to_vec();
    shape.remove(axis as usize);
    if inner == 1 {
        return Tensor::new(shape, Data::Int32(data.chunks_exact(length).map(largest_of).collect()));
    }
    let mut winners = Vec::with_capacity(outer * inner);
    let mut best = vec![0.0; inner];
    for block in data.chunks_exact((length * inner).max(1)) {
        let start = winners.len();
        winners.resize(start + inner, 0_i32);
        best.copy_from_slice(&block[..inner]);
        for (n, row) in block.chunks_exact(inner.max(1)).enumerate().skip(1) {
            for ((winner, best), value) in winners[start..].iter_mut().zip(&mut best).zip(row) {
                if value > best {
                    *best = *value;
                    *winner = n as i32;
                }
            }
        }
    }
    Tensor::new(shape, Data::Int32(winners))
}

/// Index of the first of the largest elements of a row; NaN is larger than nothing, and nothing larger than it. The
/// largest is found eight at a time, which a compiler cannot do with a loop that keeps the index.
fn largest_of(row: &[f32]) -> i32 {
    const LANES: usize = 8;
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (most, value) in lanes.iter_mut().zip(chunk) {
            *most = if *value > *most { *value } else { *most };
        }
    }
    let most =
        lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |most, value| if *value > most { *value } else { most });
    if row[0].is_nan() { 0 } else { row.iter().position(|value| *value == most).unwrap_or(0) as i32 }
}

/// The `k` largest elements of the flattened tensor, best first.
pub(crate) fn top_k(tensor: &Tensor, k: u32) -> Result<Vec<Scored>, String> {
    Ok(best(tensor.floats()?.iter().copied(), k))
}

/// Cosine similarity of `query` [d] to each row of `gallery` [n, d], the `k` nearest, best first.
pub(crate) fn cosine_nearest(query: &Tensor, gallery: &Tensor, k: u32) -> Result<Vec<Scored>, String> {
    let (wanted, rows) = (query.floats()?, gallery.floats()?);
    let [_, width] = gallery.shape()[..] else {
        return Err(format!("a gallery has the shape [n, d], not {:?}", gallery.shape()));
    };
    if width != wanted.len() || width == 0 {
        return Err(format!("the query has {} numbers, a row of the gallery {width}", wanted.len()));
    }
    let length = |row: &[f32]| row.iter().map(|n| n * n).sum::<f32>().sqrt();
    let reach = length(wanted);
    let similarities = rows.chunks_exact(width).map(|row| {
        let dot: f32 = row.iter().zip(wanted).map(|(a, b)| a * b).sum();
        let lengths = length(row) * reach;
        if lengths > 0.0 { dot / lengths } else { 0.0 }
    });
    Ok(best(similarities, k))
}

/// NaN is never among the best; of equal scores the earlier index comes first.
fn best(scores: impl Iterator<Item = f32>, k: u32) -> Vec<Scored> {
    let mut all: Vec<Scored> = scores
        .enumerate()
        .filter(|(_, score)| !score.is_nan())
        .map(|(index, score)| Scored { index: index as u32, score })
        .collect();
    let k = (k as usize).min(all.len());
    if k == 0 {
        return Vec::new();
    }
    all.select_nth_unstable_by(k - 1, best_first);
    all.truncate(k);
    all.sort_unstable_by(best_first);
    all
}

fn best_first(a: &Scored, b: &Scored) -> Ordering {
    b.score.total_cmp(&a.score).then(a.index.cmp(&b.index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(shape: &[usize], data: &[f32]) -> Tensor {
        Tensor::new(shape, Data::Float32(data.to_vec())).unwrap()
    }

    #[test]
    fn a_slice_is_cut_along_its_axis() {
        let tensor = Tensor::new([2, 3, 2], Data::Int64((0..12).collect())).unwrap();
        let cut = slice(&tensor, 1, 1, 3).unwrap();
        assert_eq!(cut.shape(), [2, 2, 2]);
        assert_eq!(cut.data(), &Data::Int64(vec![2, 3, 4, 5, 8, 9, 10, 11]));
        assert_eq!(slice(&tensor, 2, 1, 1).unwrap().shape(), [2, 3, 0]);
        assert!(slice(&tensor, 1, 2, 4).unwrap_err().contains("2..4"));
        assert!(slice(&tensor, 3, 0, 1).unwrap_err().contains("no axis 3"));
    }

    #[test]
    fn softmax_sums_to_one_along_its_axis() {
        let tensor = floats(&[2, 2], &[0.0, 1000.0, 3.0_f32.ln(), 1000.0]);
        let soft = softmax(&tensor, 0).unwrap();
        for (found, expected) in soft.floats().unwrap().iter().zip([0.25, 0.5, 0.75, 0.5]) {
            assert!((found - expected).abs() < 1e-6, "{soft:?}");
        }
        let rows = softmax(&tensor, 1).unwrap();
        assert_eq!(rows.floats().unwrap(), [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn argmax_removes_its_axis() {
        let tensor = floats(&[1, 3, 2], &[1.0, 9.0, 5.0, 9.0, 2.0, 3.0]);
        let winners = argmax(&tensor, 1).unwrap();
        assert_eq!((winners.shape(), winners.data()), (&[1, 2][..], &Data::Int32(vec![1, 0])));
        assert_eq!(argmax(&tensor, 2).unwrap().data(), &Data::Int32(vec![1, 1, 1]));
        // Along the last axis it goes another way, which must not show.
        let rows = [[f32::NAN, 5.0], [3.0, f32::NAN], [f32::NEG_INFINITY; 2], [-0.0, 0.0], [2.0, 2.0]];
        let long: Vec<f32> = (0..19).map(|n| if n == 7 || n == 18 { 4.0 } else { n as f32 / 10.0 }).collect();
        for row in rows.iter().map(|row| row.to_vec()).chain([long]) {
            let [last, other] = [vec![1, row.len()], vec![row.len(), 1]].map(|shape| floats(&shape, &row));
            let twice: Vec<f32> = row.iter().flat_map(|value| [*value; 2]).collect();
            let other =
                [argmax(&other, 0), argmax(&floats(&[row.len(), 2], &twice), 0).map(|t| slice(&t, 0, 0, 1).unwrap())];
            for winner in other {
                assert_eq!(winner.unwrap().data(), argmax(&last, 1).unwrap().data(), "{row:?}");
            }
        }
    }

    #[test]
    fn the_largest_come_first_and_nan_never() {
        let tensor = floats(&[2, 3], &[0.1, f32::NAN, 0.7, 0.7, -1.0, 0.2]);
        let indices = |k| top_k(&tensor, k).unwrap().into_iter().map(|s| s.index).collect::<Vec<_>>();
        assert_eq!(indices(3), [2, 3, 5]);
        assert_eq!(indices(99), [2, 3, 5, 0, 4]);
        assert_eq!(indices(0), [0_u32; 0]);
        let bytes = Tensor::new([1], Data::Uint8(vec![1])).unwrap();
        assert!(top_k(&bytes, 1).unwrap_err().contains("expected a float32 tensor, found uint8"));
    }

    #[test]
    fn the_nearest_rows_are_found_by_cosine() {
        let gallery = floats(&[4, 2], &[1.0, 0.0, 0.0, 5.0, 3.0, 3.0, 0.0, 0.0]);
        let nearest = cosine_nearest(&floats(&[2], &[0.0, 2.0]), &gallery, 2).unwrap();
        assert_eq!(nearest[0], Scored { index: 1, score: 1.0 });
        assert_eq!(nearest[1].index, 2);
        assert!((nearest[1].score - 0.5_f32.sqrt()).abs() < 1e-6);
        assert!(cosine_nearest(&floats(&[3], &[0.0; 3]), &gallery, 2).is_err());
    }
}
