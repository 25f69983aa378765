//! `tensors`.

use wasmtime::component::Resource;

use crate::{
    engine::{Element, Tensor},
    worker::{
        arrays,
        bindings::vision::app::tensors::{
            ElementType, Host as Interface, HostTensor, Kept, Rectangle, ScoredIndex, Suppression,
        },
        host::{Answer, HeldTensor, Host},
        pixels::Area,
    },
};

impl Host {
    /// A new tensor made from one that is held, no larger than it.
    fn derived(
        &mut self,
        handle: &Resource<HeldTensor>,
        make: impl FnOnce(&Tensor) -> Result<Tensor, String>,
    ) -> Answer<Resource<HeldTensor>> {
        self.check()?;
        let tensor = self.tensor(handle)?;
        self.room_for(tensor.bytes().len() as u64)?;
        match make(tensor) {
            Ok(made) => self.hold_tensor(made).map(Ok),
            Err(message) => Ok(Err(message)),
        }
    }
}

impl HostTensor for Host {
    fn from_bytes(&mut self, shape: Vec<u32>, element: ElementType, bytes: Vec<u8>) -> Answer<Resource<HeldTensor>> {
        self.check()?;
        self.room_for(bytes.len() as u64)?;
        let element = match element {
            ElementType::Float32 => Element::Float32,
            ElementType::Uint8 => Element::Uint8,
            ElementType::Int32 => Element::Int32,
            ElementType::Int64 => Element::Int64,
        };
        match Tensor::from_bytes(lengths(&shape), element, bytes) {
            Ok(tensor) => self.hold_tensor(tensor).map(Ok),
            Err(message) => Ok(Err(message)),
        }
    }

    fn shape(&mut self, tensor: Resource<HeldTensor>) -> wasmtime::Result<Vec<u32>> {
        Ok(sides(self.tensor(&tensor)?.shape()))
    }

    fn element(&mut self, tensor: Resource<HeldTensor>) -> wasmtime::Result<ElementType> {
        Ok(element_type(self.tensor(&tensor)?.element()))
    }

    fn bytes(&mut self, tensor: Resource<HeldTensor>) -> wasmtime::Result<Vec<u8>> {
        self.check()?;
        Ok(self.tensor(&tensor)?.bytes().to_vec())
    }

    fn reshape(&mut self, tensor: Resource<HeldTensor>, shape: Vec<u32>) -> Answer<Resource<HeldTensor>> {
        self.derived(&tensor, |tensor| tensor.reshape(lengths(&shape)))
    }

    fn slice(&mut self, tensor: Resource<HeldTensor>, axis: u32, start: u32, end: u32) -> Answer<Resource<HeldTensor>> {
        self.derived(&tensor, |tensor| arrays::slice(tensor, axis, start, end))
    }

    fn softmax(&mut self, tensor: Resource<HeldTensor>, axis: u32) -> Answer<Resource<HeldTensor>> {
        self.derived(&tensor, |tensor| arrays::softmax(tensor, axis))
    }

    fn argmax(&mut self, tensor: Resource<HeldTensor>, axis: u32) -> Answer<Resource<HeldTensor>> {
        self.derived(&tensor, |tensor| arrays::argmax(tensor, axis))
    }

    fn top_k(&mut self, tensor: Resource<HeldTensor>, k: u32) -> Answer<Vec<ScoredIndex>> {
        self.check()?;
        Ok(arrays::top_k(self.tensor(&tensor)?, k).map(scored))
    }

    fn drop(&mut self, tensor: Resource<HeldTensor>) -> wasmtime::Result<()> {
        self.release_tensor(tensor)
    }
}

impl Interface for Host {
    fn non_maximum_suppression(
        &mut self,
        boxes: Resource<HeldTensor>,
        scores: Resource<HeldTensor>,
        options: Suppression,
    ) -> Answer<Vec<Kept>> {
        self.check()?;
        let options = arrays::Suppression {
            score_threshold: options.score_threshold,
            iou_threshold: options.iou_threshold,
            limit: options.limit,
            class_agnostic: options.class_agnostic,
        };
        let kept = arrays::non_maximum_suppression(self.tensor(&boxes)?, self.tensor(&scores)?, options);
        Ok(kept.map(|kept| {
            kept.into_iter()
                .map(|kept| {
                    let Area { x, y, width, height } = kept.area;
                    let area = Rectangle { x, y, width, height };
                    Kept { index: kept.index, class: kept.class, score: kept.score, area }
                })
                .collect()
        }))
    }

    fn cosine_nearest(
        &mut self,
        query: Resource<HeldTensor>,
        gallery: Resource<HeldTensor>,
        k: u32,
    ) -> Answer<Vec<ScoredIndex>> {
        self.check()?;
        Ok(arrays::cosine_nearest(self.tensor(&query)?, self.tensor(&gallery)?, k).map(scored))
    }

    fn mask_to_polygons(&mut self, mask: Resource<HeldTensor>, threshold: f32) -> Answer<Vec<Vec<(f32, f32)>>> {
        self.check()?;
        Ok(arrays::polygons(self.tensor(&mask)?, threshold))
    }
}

fn scored(list: Vec<arrays::Scored>) -> Vec<ScoredIndex> {
    list.into_iter().map(|scored| ScoredIndex { index: scored.index, score: scored.score }).collect()
}

fn lengths(shape: &[u32]) -> Vec<usize> {
    shape.iter().map(|side| *side as usize).collect()
}

/// A shape as the interface has it.
pub(super) fn sides(shape: &[usize]) -> Vec<u32> {
    shape.iter().map(|side| u32::try_from(*side).unwrap_or(u32::MAX)).collect()
}

pub(super) fn element_type(element: Element) -> ElementType {
    match element {
        Element::Float32 => ElementType::Float32,
        Element::Uint8 => ElementType::Uint8,
        Element::Int32 => ElementType::Int32,
        Element::Int64 => ElementType::Int64,
    }
}
