//! `inference`.

use std::time::Duration;

use wasmtime::component::Resource;

use crate::{
    engine,
    worker::{
        bindings::vision::app::inference::{Host as Interface, HostModel, Port},
        calls::tensors::{element_type, sides},
        host::{self, HeldModel, HeldTensor, Host},
        models::{Answer, Unfinished},
    },
};

impl Interface for Host {}

impl HostModel for Host {
    fn load_by_name(&mut self, name: String) -> host::Answer<Resource<HeldModel>> {
        self.check()?;
        self.stopwatch.asks();
        let model = self.models.get(&name);
        self.stopwatch.loaded();
        Ok(match model {
            Some(Ok(model)) => Ok(self.hold_model(model)?),
            Some(Err(error)) => Err(format!("the model “{name}” cannot be loaded: {error}")),
            None => {
                let known = self.models.names().collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { "no models".to_owned() } else { known };
                Err(format!("app.json names no model “{name}” under Models; it names: {known}"))
            }
        })
    }

    fn inputs(&mut self, model: Resource<HeldModel>) -> wasmtime::Result<Vec<Port>> {
        Ok(ports(self.model(&model)?.model().inputs()))
    }

    fn outputs(&mut self, model: Resource<HeldModel>) -> wasmtime::Result<Vec<Port>> {
        Ok(ports(self.model(&model)?.model().outputs()))
    }

    fn compute(
        &mut self,
        model: Resource<HeldModel>,
        inputs: Vec<(String, Resource<HeldTensor>)>,
    ) -> host::Answer<Vec<(String, Resource<HeldTensor>)>> {
        self.check()?;
        let model = self.model(&model)?.clone();
        let mut tensors = Vec::with_capacity(inputs.len());
        for (name, handle) in inputs {
            tensors.push((name, self.tensor(&handle)?.clone()));
        }
        self.stopwatch.asks();
        let answer = model.compute(tensors, &self.clock);
        let (batch, waited) = answer.as_ref().map_or((0, Duration::ZERO), |answer| (answer.batch, answer.waited));
        self.stopwatch.computed(batch, waited);
        match answer {
            Err(Unfinished::Stopped(stopped)) => Err(stopped.into()),
            Err(Unfinished::Failed(error)) => Ok(Err(error.to_string())),
            Ok(Answer { outputs, .. }) => {
                let held = outputs.into_iter().map(|(name, tensor)| Ok((name, self.hold_tensor(tensor)?)));
                held.collect::<wasmtime::Result<_>>().map(Ok)
            }
        }
    }

    fn drop(&mut self, model: Resource<HeldModel>) -> wasmtime::Result<()> {
        self.release_model(model)
    }
}

fn ports(ports: &[engine::Port]) -> Vec<Port> {
    ports
        .iter()
        .map(|port| Port { name: port.name.clone(), shape: sides(&port.shape), element: element_type(port.element) })
        .collect()
}
