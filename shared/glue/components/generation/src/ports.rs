//! Which input of a model takes the noise, and which the class.

use vision_glue_common::{
    bindings::vision::app::{
        inference,
        tensors::{ElementType, Tensor},
    },
    shape,
    values::bytes,
};

/// The inputs of a generator.
#[derive(Debug)]
pub(crate) struct Ports {
    pub(crate) noise: Port,
    pub(crate) class: Option<Port>,
}

/// An input with no open dimension.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) shape: Vec<u32>,
    pub(crate) element: ElementType,
}

/// Words that the name of a class's input holds.
const CLASS_NAMES: [&str; 5] = ["class", "label", "cond", "onehot", "one_hot"];

impl Ports {
    /// Whole numbers are the class; of two inputs of floating point the one with such a name, or the shorter.
    pub(crate) fn of(inputs: &[inference::Port]) -> Result<Self, String> {
        let ports: Vec<_> = inputs.iter().map(Port::closed).collect();
        let misfit = || {
            let found: Vec<_> = inputs.iter().map(|port| format!("{} {}", port.name, shape::display(&port.shape))).collect();
            format!("expected an input of noise, float32, and perhaps one of the class, found {}", found.join(", "))
        };
        let is_float = |port: &Port| port.element == ElementType::Float32;
        match &ports[..] {
            [noise] if is_float(noise) => Ok(Self { noise: noise.clone(), class: None }),
            [first, second] => {
                let (noise, class) = if is_class(first, second) { (second, first) } else { (first, second) };
                if is_float(noise) {
                    Ok(Self { noise: noise.clone(), class: Some(class.clone()) })
                } else {
                    Err(misfit())
                }
            }
            _ => Err(misfit()),
        }
    }
}

/// Whether the first of two inputs is the class rather than the second.
fn is_class(first: &Port, second: &Port) -> bool {
    let is_float = |port: &Port| port.element == ElementType::Float32;
    let is_called_class = |port: &Port| CLASS_NAMES.iter().any(|name| port.name.to_lowercase().contains(name));
    match (is_float(first), is_float(second)) {
        (false, true) => true,
        (true, false) => false,
        _ if is_called_class(first) != is_called_class(second) => is_called_class(first),
        _ => first.count() < second.count(),
    }
}

impl Port {
    /// A dimension left open is 1: one picture at a time.
    fn closed(port: &inference::Port) -> Self {
        let shape = port.shape.iter().map(|&side| side.max(1)).collect();
        Self { name: port.name.clone(), shape, element: port.element }
    }

    /// How many numbers it takes.
    pub(crate) fn count(&self) -> usize {
        self.shape.iter().map(|&side| side as usize).product()
    }

    /// A class as the model takes it: as a whole number, or as a 1 among zeros.
    pub(crate) fn tensor(&self, class: u32) -> Result<Tensor, String> {
        Tensor::from_bytes(&self.shape, self.element, &self.bytes(class)?)
    }

    fn bytes(&self, class: u32) -> Result<Vec<u8>, String> {
        let one = self.count() == 1;
        match self.element {
            ElementType::Int64 if one => Ok(i64::from(class).to_le_bytes().to_vec()),
            ElementType::Int32 if one => Ok((class as i32).to_le_bytes().to_vec()),
            ElementType::Float32 if one => Ok(bytes(&[class as f32])),
            ElementType::Float32 if (class as usize) < self.count() => {
                let mut numbers = vec![0.0; self.count()];
                numbers[class as usize] = 1.0;
                Ok(bytes(&numbers))
            }
            ElementType::Float32 => Err(format!("Class is {class}, but it knows {} classes, from 0", self.count())),
            other => Err(format!(
                "expected the input “{}” to take a class as one whole number, or as one of several float32, found \
                 {other:?} {}",
                self.name,
                shape::display(&self.shape)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ElementType, Port, Ports, inference};
    use vision_glue_common::values::bytes;

    fn port(name: &str, shape: &[u32], element: ElementType) -> inference::Port {
        inference::Port { name: name.to_owned(), shape: shape.to_vec(), element }
    }

    #[test]
    fn noise_and_class_are_told_apart() {
        let noise = || port("z", &[0, 64], ElementType::Float32);
        let order = |inputs: &[inference::Port]| {
            let ports = Ports::of(inputs).unwrap();
            (ports.noise.name, ports.class.map(|port| port.name))
        };
        let class = || Some("y".to_owned());
        assert_eq!(order(&[noise()]), ("z".to_owned(), None));
        assert_eq!(order(&[port("y", &[1], ElementType::Int64), noise()]), ("z".to_owned(), class()));
        assert_eq!(order(&[noise(), port("y", &[1, 10], ElementType::Float32)]), ("z".to_owned(), class()));
        let named = port("labels", &[1, 1000], ElementType::Float32);
        assert_eq!(order(&[noise(), named]), ("z".to_owned(), Some("labels".to_owned())));
        let fault = Ports::of(&[port("y", &[1], ElementType::Int64)]).unwrap_err();
        assert!(fault.ends_with("found y [1]"), "{fault}");
    }

    #[test]
    fn a_class_is_a_number_or_a_one_among_zeros() {
        let of = |shape: &[u32], element| Port { name: "y".to_owned(), shape: shape.to_vec(), element };
        assert_eq!(of(&[1], ElementType::Int64).bytes(3).unwrap(), 3_i64.to_le_bytes());
        assert_eq!(of(&[1, 1], ElementType::Int32).bytes(3).unwrap(), 3_i32.to_le_bytes());
        assert_eq!(of(&[1, 3], ElementType::Float32).bytes(2).unwrap(), bytes(&[0.0, 0.0, 1.0]));
        assert!(of(&[1, 3], ElementType::Float32).bytes(3).unwrap_err().contains("knows 3 classes"));
        assert!(of(&[2], ElementType::Int64).bytes(0).is_err());
    }
}
