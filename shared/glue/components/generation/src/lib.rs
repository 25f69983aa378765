//! The standard glue for generation: a picture made of a class and a seed.

mod noise;
mod ports;

use ports::Ports;
use vision_glue_common::{
    bindings::{
        Guest, Value, export,
        vision::app::{
            inference,
            tensors::{ElementType, Tensor},
        },
    },
    labels::Labels,
    manifest::{Channels, Head, Model},
    model::{chosen, compute},
    picture,
    values::bytes,
};

struct Generation;
export!(Generation with_types_in vision_glue_common::bindings);

/// What a person may ask for.
struct Wish {
    class: Option<Value>,
    seed: u64,
}

impl Guest for Generation {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let described = Model::first()?;
        let remark = |fault: String| format!("model “{}”: {fault}", described.name);
        let (output, labels) = (described.output(), Labels::read(described.labels.as_deref())?);
        if let Some(head) = output.head.filter(|&head| head != Head::Picture) {
            return Err(format!("the head {head:?} is not one of generation"));
        }
        let model = inference::Model::load_by_name(&described.name)?;
        let ports = Ports::of(&model.inputs()).map_err(remark)?;
        let wish = Wish::of(inputs);
        let noise = noise::normal(wish.seed, ports.noise.count());
        let noise = Tensor::from_bytes(&ports.noise.shape, ElementType::Float32, &bytes(&noise))?;
        let class = match &ports.class {
            Some(port) => Some((port.name.clone(), port.tensor(number(wish.class, &labels)?).map_err(remark)?)),
            None => None,
        };
        let mut given = vec![(ports.noise.name.clone(), &noise)];
        given.extend(class.iter().map(|(name, tensor)| (name.clone(), tensor)));
        let answers = chosen(compute(&model, &given)?, output.name.as_deref()).map_err(remark)?;
        let [answer] = &answers[..] else {
            return Err(remark("it has several outputs: say with Output.Name which of them is the picture".to_owned()));
        };
        let made = picture::of_answer(answer, &output, output.steps(&described.input()), Channels::Rgb);
        let made = made.map_err(|fault| remark(format!("output “{}”: {fault}", answer.name)))?;
        Ok(vec![("picture".to_owned(), Value::Picture(made))])
    }
}

impl Wish {
    fn of(inputs: Vec<(String, Value)>) -> Self {
        let mut wish = Self { class: None, seed: 0 };
        for (name, value) in inputs {
            match (name.as_str(), value) {
                ("Class", value) => wish.class = Some(value),
                ("Seed", Value::Number(seed)) => wish.seed = seed.abs() as u64,
                _ => {}
            }
        }
        wish
    }
}

/// The number of a class that was given by its number or by its label; the first one if none was given.
fn number(class: Option<Value>, labels: &Labels) -> Result<u32, String> {
    match class {
        None => Ok(0),
        Some(Value::Number(number)) if labels.is_empty() || (number as usize) < labels.len() => Ok(number as u32),
        Some(Value::Number(number)) => {
            Err(format!("Class is {number}, but there are {} classes, from 0", labels.len()))
        }
        Some(Value::Text(label)) => (0..labels.len())
            .find(|&class| labels.name(class) == label)
            .map(|class| class as u32)
            .ok_or_else(|| format!("Class is “{label}”, which is none of the model's labels")),
        Some(_) => Err("Class is neither a number nor a label".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Labels, Value, number};

    #[test]
    fn a_class_is_given_by_number_or_label() {
        let labels = Labels::parse("cat\ndog".to_owned());
        assert_eq!(number(None, &labels), Ok(0));
        assert_eq!(number(Some(Value::Number(1.0)), &labels), Ok(1));
        assert_eq!(number(Some(Value::Text("dog".to_owned())), &labels), Ok(1));
        assert!(number(Some(Value::Number(2.0)), &labels).unwrap_err().contains("there are 2 classes"));
        assert!(number(Some(Value::Text("cow".to_owned())), &labels).unwrap_err().contains("none of the model's"));
    }
}
