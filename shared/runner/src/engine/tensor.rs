//! Dense arrays, row-major, that glue's handles and engines share without copies.

use std::sync::Arc;

/// A dense array. Clones and reshaped views share their elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Arc<Data>,
}

/// The elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// 32-bit floating point.
    Float32(Vec<f32>),
    /// Bytes, and booleans as 0 and 1.
    Uint8(Vec<u8>),
    /// 32-bit integers.
    Int32(Vec<i32>),
    /// 64-bit integers.
    Int64(Vec<i64>),
}

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floating point.
    Float32,
    /// Bytes, and booleans as 0 and 1.
    Uint8,
    /// 32-bit integers.
    Int32,
    /// 64-bit integers.
    Int64,
}

impl Element {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Self::Uint8 => 1,
            Self::Float32 | Self::Int32 => 4,
            Self::Int64 => 8,
        }
    }

    /// Its name in the interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Uint8 => "uint8",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
        }
    }
}

impl Tensor {
    /// A tensor from its elements.
    ///
    /// # Errors
    /// When their number is not what the shape needs.
    pub fn new(shape: impl Into<Vec<usize>>, data: Data) -> Result<Self, String> {
        let shape = shape.into();
        let wanted = count(&shape)?;
        if wanted != data.len() {
            return Err(format!("the shape {shape:?} needs {wanted} elements, {} were given", data.len()));
        }
        Ok(Self { shape, data: Arc::new(data) })
    }

    /// A tensor of zeros.
    ///
    /// # Errors
    /// When the shape is beyond what memory can address.
    pub fn zeros(shape: impl Into<Vec<usize>>, element: Element) -> Result<Self, String> {
        let shape = shape.into();
        let n = count(&shape)?;
        let data = match element {
            Element::Float32 => Data::Float32(vec![0.0; n]),
            Element::Uint8 => Data::Uint8(vec![0; n]),
            Element::Int32 => Data::Int32(vec![0; n]),
            Element::Int64 => Data::Int64(vec![0; n]),
        };
        Self::new(shape, data)
    }

    /// A tensor from little-endian bytes.
    ///
    /// # Errors
    /// When their number is not what shape and type need.
    pub fn from_bytes(shape: impl Into<Vec<usize>>, element: Element, bytes: Vec<u8>) -> Result<Self, String> {
        let shape = shape.into();
        let wanted = count(&shape)?.checked_mul(element.size()).ok_or("the shape is too large")?;
        if wanted != bytes.len() {
            return Err(format!(
                "the shape {shape:?} of {} needs {wanted} bytes, {} were given",
                element.name(),
                bytes.len()
            ));
        }
        let data = match element {
            Element::Uint8 => Data::Uint8(bytes),
            Element::Float32 => Data::Float32(bytemuck::pod_collect_to_vec(&bytes)),
            Element::Int32 => Data::Int32(bytemuck::pod_collect_to_vec(&bytes)),
            Element::Int64 => Data::Int64(bytemuck::pod_collect_to_vec(&bytes)),
        };
        Self::new(shape, data)
    }

    /// The length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of the elements.
    pub fn element(&self) -> Element {
        match *self.data {
            Data::Float32(_) => Element::Float32,
            Data::Uint8(_) => Element::Uint8,
            Data::Int32(_) => Element::Int32,
            Data::Int64(_) => Element::Int64,
        }
    }

    /// The elements.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The elements, to be kept: taken where no other tensor shares them, else copied.
    pub fn into_data(self) -> Data {
        Arc::unwrap_or_clone(self.data)
    }

    /// The elements as little-endian bytes.
    pub fn bytes(&self) -> &[u8] {
        match &*self.data {
            Data::Float32(data) => bytemuck::cast_slice(data),
            Data::Uint8(data) => data,
            Data::Int32(data) => bytemuck::cast_slice(data),
            Data::Int64(data) => bytemuck::cast_slice(data),
        }
    }

    /// The elements, if they are float32.
    ///
    /// # Errors
    /// A sentence that names the type found.
    pub fn floats(&self) -> Result<&[f32], String> {
        match &*self.data {
            Data::Float32(data) => Ok(data),
            _ => Err(format!("expected a float32 tensor, found {}", self.element().name())),
        }
    }

    /// The same elements under another shape, shared.
    ///
    /// # Errors
    /// When the shape needs another number of elements.
    pub fn reshape(&self, shape: impl Into<Vec<usize>>) -> Result<Self, String> {
        let shape = shape.into();
        if count(&shape)? != self.data.len() {
            return Err(format!("{} elements do not fit the shape {shape:?}", self.data.len()));
        }
        Ok(Self { shape, data: Arc::clone(&self.data) })
    }
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::Float32(data) => data.len(),
            Self::Uint8(data) => data.len(),
            Self::Int32(data) => data.len(),
            Self::Int64(data) => data.len(),
        }
    }
}

fn count(shape: &[usize]) -> Result<usize, String> {
    shape
        .iter()
        .try_fold(1_usize, |product, side| product.checked_mul(*side))
        .filter(|n| *n <= isize::MAX as usize / 8)
        .ok_or_else(|| format!("the shape {shape:?} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_taken_where_they_are_not_shared() {
        let tensor = Tensor::new([2, 2], Data::Float32(vec![1.0; 4])).unwrap();
        let place = tensor.bytes().as_ptr();
        let view = tensor.reshape([4]).unwrap();
        assert_eq!(view.bytes().as_ptr(), place);
        let Data::Float32(copied) = view.into_data() else { panic!("another type") };
        assert_ne!(copied.as_ptr().cast(), place);
        let Data::Float32(taken) = tensor.into_data() else { panic!("another type") };
        assert_eq!(taken.as_ptr().cast(), place);
    }

    #[test]
    fn bytes_become_elements_and_come_back() {
        let bytes: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|n| n.to_le_bytes()).collect();
        let tensor = Tensor::from_bytes([2], Element::Float32, bytes.clone()).unwrap();
        assert_eq!((tensor.floats().unwrap(), tensor.bytes()), (&[1.5, -2.0][..], &bytes[..]));
        assert!(Tensor::from_bytes([3], Element::Float32, bytes).unwrap_err().contains("needs 12 bytes"));
        assert!(Tensor::zeros([usize::MAX, 2], Element::Uint8).is_err());
    }
}
