//! A loaded model: its sessions, each of which computes for one caller at a time.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use ort::{
    memory::{AllocationDevice, AllocatorType, MemoryInfo, MemoryType},
    session::{Session, SessionInputValue, SessionOutputs},
    value::{Outlet, TensorElementType},
};
use vision_runner::engine::{EngineError, Model, Port, Tensor};

use super::{convert, diagnosis::explain, onnx::Content};
use crate::device::Device;

/// Bytes of weights that all sessions of one model may hold together; the first is made in any case.
const WEIGHTS_BYTES: u64 = 1 << 30;

/// Makes another session of the same model.
type Make = Box<dyn Fn() -> Result<Session, EngineError> + Send + Sync>;

/// A model and the sessions that compute it.
pub(super) struct OrtModel {
    inputs: Vec<(Port, TensorElementType)>,
    input_ports: Vec<Port>,
    outputs: Vec<Port>,
    remarks: Vec<String>,
    file_bytes: u64,
    sessions: Sessions,
    /// Where a GPU leaves its answers; nowhere else than where it computes, on a processor.
    answers: Option<MemoryInfo<'static>>,
}

impl OrtModel {
    pub(super) fn new(
        first: Session,
        make: Make,
        device: Device,
        file_bytes: u64,
        content: &Content,
    ) -> Result<Self, EngineError> {
        let inputs = first.inputs().iter().map(convert::port).collect::<Result<Vec<_>, _>>()?;
        let name = |outlet: &Outlet| convert::port(outlet).map(|(port, _)| port);
        let outputs = first.outputs().iter().map(name).collect::<Result<_, _>>()?;
        Ok(Self {
            input_ports: inputs.iter().map(|(port, _)| port.clone()).collect(),
            inputs,
            outputs,
            remarks: remarks(content, device),
            file_bytes,
            sessions: Sessions::new(first, make, WEIGHTS_BYTES / file_bytes.max(1)),
            answers: answers(device).map_err(|error| explain(&error))?,
        })
    }

    fn values<'a>(
        &'a self,
        inputs: &'a [(String, Tensor)],
    ) -> Result<Vec<(&'a str, SessionInputValue<'a>)>, EngineError> {
        inputs
            .iter()
            .map(|(name, tensor)| {
                let (port, kind) = self
                    .inputs
                    .iter()
                    .find(|(port, _)| port.name == *name)
                    .ok_or_else(|| EngineError::new(format!("the model has no input “{name}”")))?;
                Ok((port.name.as_str(), convert::into_ort(tensor, *kind)?))
            })
            .collect()
    }

    fn collect(&self, outputs: &SessionOutputs<'_>) -> Result<Vec<(String, Tensor)>, EngineError> {
        self.outputs
            .iter()
            .map(|port| {
                let value = outputs.get(&port.name).ok_or_else(|| {
                    EngineError::new(format!("the model did not answer with its output “{}”", port.name))
                })?;
                Ok((port.name.clone(), convert::from_ort(value)?))
            })
            .collect()
    }

    /// On a GPU: inputs are copied there from the runner's own buffers, answers into memory that the GPU can write
    /// without another copy.
    fn compute_bound(
        &self,
        session: &mut Session,
        inputs: &[(&str, SessionInputValue<'_>)],
        answers: &MemoryInfo<'static>,
    ) -> Result<Vec<(String, Tensor)>, EngineError> {
        let failed = |error: ort::Error| explain(&error);
        let mut binding = session.create_binding().map_err(failed)?;
        for (name, value) in inputs {
            binding.bind_input(*name, value).map_err(failed)?;
        }
        for port in &self.outputs {
            binding.bind_output_to_device(port.name.as_str(), answers).map_err(failed)?;
        }
        binding.synchronize_inputs().map_err(failed)?;
        let outputs = session.run_binding(&binding).map_err(failed)?;
        binding.synchronize_outputs().map_err(failed)?;
        self.collect(&outputs)
    }
}

impl Model for OrtModel {
    fn inputs(&self) -> &[Port] {
        &self.input_ports
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn infer(&self, inputs: Vec<(String, Tensor)>) -> Result<Vec<(String, Tensor)>, EngineError> {
        let inputs = self.values(&inputs)?;
        self.sessions.with(|session| match &self.answers {
            Some(answers) => self.compute_bound(session, &inputs, answers),
            None => {
                let outputs = session.run(inputs).map_err(|error| explain(&error))?;
                self.collect(&outputs)
            }
        })
    }

    fn memory_bytes(&self) -> u64 {
        self.file_bytes * self.sessions.state().made
    }

    fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

/// Page-locked memory of this process, which a GPU reaches by itself.
fn answers(device: Device) -> ort::Result<Option<MemoryInfo<'static>>> {
    let Some(number) = device.gpu() else { return Ok(None) };
    MemoryInfo::new(AllocationDevice::CUDA_PINNED, number, AllocatorType::Device, MemoryType::CPUOutput).map(Some)
}

fn remarks(content: &Content, device: Device) -> Vec<String> {
    if content.halves == 0 || device != Device::Cpu {
        return Vec::new();
    }
    vec![format!(
        "{} weights are 16-bit floating point; a processor computes them in 32 bits, so results may differ in the last \
         digits from those of a GPU",
        content.halves
    )]
}

/// The sessions of a model: one at first, more when more callers come at once.
struct Sessions {
    make: Make,
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Session>,
    made: u64,
    most: u64,
}

impl Sessions {
    fn new(first: Session, make: Make, most: u64) -> Self {
        let state = State { idle: vec![first], made: 1, most: most.max(1) };
        Self { make, state: Mutex::new(state), returned: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Computes with a session that is this caller's alone meanwhile. One whose caller panicked is whole: ONNX Runtime
    /// keeps nothing between runs.
    fn with<R>(&self, work: impl FnOnce(&mut Session) -> R) -> R {
        let mut session = self.take();
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut session)));
        self.state().idle.push(session);
        self.returned.notify_one();
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn take(&self) -> Session {
        let mut state = self.state();
        loop {
            if let Some(session) = state.idle.pop() {
                return session;
            }
            if state.made < state.most {
                state.made += 1;
                drop(state);
                let made = (self.make)();
                state = self.state();
                match made {
                    Ok(session) => return session,
                    // There is no memory for another: the ones that there are must do.
                    Err(_) => {
                        state.made -= 1;
                        state.most = state.made;
                    }
                }
            } else {
                state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}
