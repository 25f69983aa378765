//! Dense arrays. They stay on the host; a [`Tensor`] is a handle, and letting go of it frees the array. Its numbers
//! come over when they are asked for.

use std::ops::Range;

pub use crate::bindings::vision::app::tensors::{ElementType, Kept, ScoredIndex, Suppression};

use crate::{Error, Result, bindings::vision::app::tensors, error::host};

/// A dense array, row-major.
#[derive(Debug)]
pub struct Tensor(pub(crate) tensors::Tensor);

/// A number that a tensor can hold.
pub trait Element: Copy {
    /// Its type.
    const TYPE: ElementType;
    /// From the bytes of one.
    fn read(bytes: &[u8]) -> Self;
    /// Adds the bytes of one.
    fn write(self, bytes: &mut Vec<u8>);
}

macro_rules! element {
    ($($number:ty => $element:ident),*) => {$(
        impl Element for $number {
            const TYPE: ElementType = ElementType::$element;

            fn read(bytes: &[u8]) -> Self {
                bytes.try_into().map_or(<$number>::default(), <$number>::from_le_bytes)
            }

            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

element!(f32 => Float32, u8 => Uint8, i32 => Int32, i64 => Int64);

impl Tensor {
    /// A tensor of these numbers.
    ///
    /// # Errors
    /// If there are not as many as the shape needs.
    #[track_caller]
    pub fn new<T: Element>(shape: &[u32], numbers: &[T]) -> Result<Self> {
        let mut bytes = Vec::with_capacity(size_of_val(numbers));
        for number in numbers {
            number.write(&mut bytes);
        }
        Self::from_bytes(shape, T::TYPE, &bytes)
    }

    /// A tensor of these bytes, little-endian.
    ///
    /// # Errors
    /// If there are not as many as shape and type need.
    #[track_caller]
    pub fn from_bytes(shape: &[u32], element: ElementType, bytes: &[u8]) -> Result<Self> {
        host(tensors::Tensor::from_bytes(shape, element, bytes)).map(Self)
    }

    /// Several tensors behind each other along the first axis, as a model takes a batch.
    ///
    /// # Errors
    /// If there are none, or if they differ in type or in the other axes.
    #[track_caller]
    pub fn stack(tensors: &[Self]) -> Result<Self> {
        let Some(first) = tensors.first() else { return Err(Error::host("there are no tensors to stack".to_owned())) };
        let (element, mut shape) = (first.element(), first.shape());
        let mut bytes = Vec::new();
        let mut length = 0;
        for tensor in tensors {
            let other = tensor.shape();
            if tensor.element() != element || other.get(1..) != shape.get(1..) || other.is_empty() {
                let message = format!(
                    "tensors of {element:?} {shape:?} and {:?} {other:?} cannot be stacked: they may differ in the \
                     first axis only",
                    tensor.element()
                );
                return Err(Error::host(message));
            }
            length += other[0];
            bytes.extend(tensor.bytes());
        }
        shape[0] = length;
        Self::from_bytes(&shape, element, &bytes)
    }

    /// The length of each axis.
    pub fn shape(&self) -> Vec<u32> {
        self.0.shape()
    }

    /// What it holds.
    pub fn element(&self) -> ElementType {
        self.0.element()
    }

    /// All numbers, little-endian.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }

    /// All numbers.
    ///
    /// # Errors
    /// If the tensor holds another type.
    #[track_caller]
    pub fn numbers<T: Element>(&self) -> Result<Vec<T>> {
        let found = self.element();
        if found != T::TYPE {
            let message = format!("the tensor holds {found:?}, not the {:?} that was asked for", T::TYPE);
            return Err(Error::host(message));
        }
        Ok(self.bytes().chunks_exact(size_of::<T>()).map(T::read).collect())
    }

    /// The same numbers under another shape.
    ///
    /// # Errors
    /// If that has more or fewer.
    #[track_caller]
    pub fn reshape(&self, shape: &[u32]) -> Result<Self> {
        host(self.0.reshape(shape)).map(Self)
    }

    /// A part along one axis.
    ///
    /// # Errors
    /// If it does not lie within.
    #[track_caller]
    pub fn slice(&self, axis: u32, part: Range<u32>) -> Result<Self> {
        host(self.0.slice(axis, part.start, part.end)).map(Self)
    }

    /// Softmax along one axis (float32 only).
    ///
    /// # Errors
    /// If there is no such axis.
    #[track_caller]
    pub fn softmax(&self, axis: u32) -> Result<Self> {
        host(self.0.softmax(axis)).map(Self)
    }

    /// Index of the largest number along one axis, which is removed (float32 to int32).
    ///
    /// # Errors
    /// If there is no such axis.
    #[track_caller]
    pub fn argmax(&self, axis: u32) -> Result<Self> {
        host(self.0.argmax(axis)).map(Self)
    }

    /// The `k` largest numbers of the flattened tensor, best first (float32 only).
    ///
    /// # Errors
    /// If the tensor holds another type.
    #[track_caller]
    pub fn top_k(&self, k: u32) -> Result<Vec<ScoredIndex>> {
        host(self.0.top_k(k))
    }
}

impl Default for Suppression {
    fn default() -> Self {
        Self { score_threshold: 0.3, iou_threshold: 0.5, limit: 100, class_agnostic: false }
    }
}

/// Non-maximum suppression over `boxes` `[n, 4]` (x, y, width, height) and `scores` `[n, classes]`, both float32.
///
/// # Errors
/// If they have other shapes or types.
#[track_caller]
pub fn non_maximum_suppression(boxes: &Tensor, scores: &Tensor, options: Suppression) -> Result<Vec<Kept>> {
    host(tensors::non_maximum_suppression(&boxes.0, &scores.0, options))
}

/// Cosine similarity of `query` `[d]` to each row of `gallery` `[n, d]`: the `k` nearest, best first.
///
/// # Errors
/// If they have other shapes or types.
#[track_caller]
pub fn cosine_nearest(query: &Tensor, gallery: &Tensor, k: u32) -> Result<Vec<ScoredIndex>> {
    host(tensors::cosine_nearest(&query.0, &gallery.0, k))
}

/// Outlines of the regions of `mask` `[height, width]` (float32) above `threshold`, as points in pixels.
///
/// # Errors
/// If it has another shape or type.
#[track_caller]
pub fn mask_to_polygons(mask: &Tensor, threshold: f32) -> Result<Vec<Vec<(f32, f32)>>> {
    host(tensors::mask_to_polygons(&mask.0, threshold))
}
