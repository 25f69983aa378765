//! The standard glue for attributes: numbers and classes that describe the photo.

use miniserde::{Serialize, json, ser::Fragment};
use vision_glue_common::{
    bindings::{Guest, Value, export},
    json::score,
    manifest::{Attribute, Fit, Head},
    model::{Answer, Net},
    numbers::{sigmoid, softmax},
    photo,
};

struct Attributes;
export!(Attributes with_types_in vision_glue_common::bindings);

/// What is known of one attribute.
#[derive(Debug, PartialEq)]
enum Known {
    /// A number.
    Value(f64),
    /// A class, or several, and how sure that is.
    Class(String, f64),
}

/// A row of the table.
enum Row<'a> {
    Value(ValueRow<'a>),
    Class(ClassRow<'a>),
}

#[derive(Serialize)]
struct ValueRow<'a> {
    attribute: &'a str,
    value: f64,
}

#[derive(Serialize)]
struct ClassRow<'a> {
    attribute: &'a str,
    value: &'a str,
    score: f64,
}

impl Guest for Attributes {
    fn run(inputs: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, String> {
        let photo = photo(inputs)?;
        let net = Net::open()?;
        let answers = net.compute(&net.see(&photo, Fit::Stretch)?)?;
        let outputs = assigned(net.output.attributes(), &answers).map_err(|fault| net.remark(&fault))?;
        let threshold = net.output.stated_score_threshold();
        let mut known = Vec::new();
        for (attribute, answer) in net.output.attributes().iter().zip(outputs) {
            let numbers: Vec<f32> = answer.read(|values| values.iter().collect())?;
            let one = read(attribute, numbers, threshold).map_err(|fault| {
                net.remark(&format!("attribute “{}”, output “{}”: {fault}", attribute.name, answer.name))
            })?;
            known.push((attribute.name.as_str(), one));
        }
        let rows: Vec<_> = known.iter().map(|(attribute, known)| Row::new(attribute, known)).collect();
        Ok(vec![("attributes".to_owned(), Value::Json(json::to_string(&rows)))])
    }
}

/// The output of each attribute: the one of its name, or the next that no attribute names.
fn assigned<'a>(attributes: &[Attribute], answers: &'a [Answer]) -> Result<Vec<&'a Answer>, String> {
    let is_named = |answer: &Answer| attributes.iter().any(|a| a.output.as_deref() == Some(answer.name.as_str()));
    let mut others = answers.iter().filter(|answer| !is_named(answer));
    let output = |attribute: &Attribute| match &attribute.output {
        Some(name) => answers.iter().find(|answer| answer.name == *name).ok_or_else(|| {
            let known: Vec<_> = answers.iter().map(|answer| answer.name.as_str()).collect();
            format!(
                "the attribute “{}” is read from “{name}”, but the outputs are {}",
                attribute.name,
                known.join(", ")
            )
        }),
        None => others.next().ok_or_else(|| {
            let (attributes, answers) = (attributes.len(), answers.len());
            format!("there are {attributes} Attributes, but only {answers} outputs that they could be read from")
        }),
    };
    attributes.iter().map(output).collect()
}

fn read(attribute: &Attribute, mut numbers: Vec<f32>, threshold: Option<f32>) -> Result<Known, String> {
    let classes = attribute.classes();
    let default = if classes.is_empty() { Head::Value } else { Head::Logits };
    let head = attribute.head.unwrap_or(default);
    let expected = if head == Head::Value { 1 } else { classes.len() };
    // Two classes may share one number.
    let is_binary = classes.len() == 2 && numbers.len() == 1 && matches!(head, Head::Sigmoid | Head::SigmoidLogits);
    if numbers.len() != expected && !is_binary {
        return Err(format!("expected {expected} numbers, found {}", numbers.len()));
    }
    match head {
        Head::Value => return Ok(Known::Value(score(attribute.value(numbers[0])))),
        Head::Logits => softmax(&mut numbers),
        Head::SigmoidLogits => numbers.iter_mut().for_each(|number| *number = sigmoid(*number)),
        Head::Softmax | Head::Sigmoid => {}
        other => return Err(format!("the head {other:?} is not one of attributes")),
    }
    if is_binary {
        numbers.insert(0, 1.0 - numbers[0]);
    }
    if is_binary || matches!(head, Head::Logits | Head::Softmax) {
        let (class, best) = largest(&numbers);
        return Ok(Known::Class(classes[class].clone(), score(best)));
    }
    let fits: Vec<_> = numbers.iter().enumerate().filter(|&(_, &number)| number >= threshold.unwrap_or(0.5)).collect();
    let names: Vec<_> = fits.iter().map(|&(class, _)| classes[class].as_str()).collect();
    // As sure as of the least sure of them; or that none fits.
    let weakest = fits.iter().map(|&(_, &number)| number).reduce(f32::min);
    Ok(Known::Class(names.join(", "), score(weakest.unwrap_or(1.0 - largest(&numbers).1))))
}

fn largest(numbers: &[f32]) -> (usize, f32) {
    numbers
        .iter()
        .copied()
        .enumerate()
        .fold((0, f32::NEG_INFINITY), |best, next| if next.1 > best.1 { next } else { best })
}

impl<'a> Row<'a> {
    fn new(attribute: &'a str, known: &'a Known) -> Self {
        match known {
            Known::Value(value) => Self::Value(ValueRow { attribute, value: *value }),
            Known::Class(class, score) => Self::Class(ClassRow { attribute, value: class, score: *score }),
        }
    }
}

impl Serialize for Row<'_> {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Self::Value(row) => row.begin(),
            Self::Class(row) => row.begin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Known, Row, read};
    use miniserde::json;

    fn attribute(text: &str) -> Attribute {
        json::from_str(text).unwrap()
    }

    #[test]
    fn a_number_is_scaled_and_classes_are_compared() {
        let age = attribute(r#"{"Name":"age","Scale":100,"Offset":1}"#);
        assert_eq!(read(&age, vec![0.25], None), Ok(Known::Value(26.0)));
        let mood = attribute(r#"{"Name":"mood","Head":"Softmax","Classes":["happy","sad"]}"#);
        assert_eq!(read(&mood, vec![0.25, 0.75], None), Ok(Known::Class("sad".to_owned(), 0.75)));
        let mood = attribute(r#"{"Name":"mood","Classes":["happy","sad"]}"#);
        assert_eq!(read(&mood, vec![3.0, 3.0], None), Ok(Known::Class("happy".to_owned(), 0.5)));
        assert_eq!(read(&mood, vec![0.0; 3], None), Err("expected 2 numbers, found 3".to_owned()));
    }

    #[test]
    fn several_classes_may_fit_or_none() {
        let wears = attribute(r#"{"Name":"wears","Head":"Sigmoid","Classes":["hat","scarf","glasses"]}"#);
        let of = |numbers: [f32; 3], threshold| read(&wears, numbers.to_vec(), threshold);
        assert_eq!(of([0.75, 0.25, 0.5], None), Ok(Known::Class("hat, glasses".to_owned(), 0.5)));
        assert_eq!(of([0.75, 0.25, 0.5], Some(0.6)), Ok(Known::Class("hat".to_owned(), 0.75)));
        assert_eq!(of([0.25, 0.0, 0.0], None), Ok(Known::Class(String::new(), 0.75)));
        let gender = attribute(r#"{"Name":"gender","Head":"Sigmoid","Classes":["male","female"]}"#);
        assert_eq!(read(&gender, vec![0.25], None), Ok(Known::Class("male".to_owned(), 0.75)));
    }

    #[test]
    fn rows_have_the_keys_that_they_need() {
        let rows = [Known::Value(31.5), Known::Class("female".to_owned(), 0.98)];
        let rows: Vec<_> = rows.iter().map(|known| Row::new("x", known)).collect();
        let expected = r#"[{"attribute":"x","value":31.5},{"attribute":"x","value":"female","score":0.98}]"#;
        assert_eq!(json::to_string(&rows), expected);
    }
}
