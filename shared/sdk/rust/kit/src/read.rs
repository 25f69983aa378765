//! Inputs of a run, as an app's own types.

use std::fmt::{self, Display, Formatter};

use crate::{Error, Image, Result, bindings::Value};

/// What an app reads of its inputs. Derive it:
///
/// ```
/// # use vision_app::Image;
/// #[derive(vision_app::Inputs)]
/// struct Inputs {
///     image: Image,                  // the parameter “Image”
///     #[vision(default = 0.5)]
///     min_score: f64,                // the parameter “MinScore”, 0.5 where it was left empty
///     #[vision(name = "Taken on")]
///     day: Option<vision_app::Date>, // none where it was left empty
/// }
/// ```
pub trait Inputs: Sized {
    /// Takes its inputs.
    ///
    /// # Errors
    /// If one is missing, or of another type.
    fn read(given: &mut Given) -> Result<Self>;
}

/// An app without parameters.
impl Inputs for () {
    fn read(_: &mut Given) -> Result<Self> {
        Ok(())
    }
}

/// What came with a run.
pub struct Given(Vec<(String, Value)>);

/// A type that one input can be read as.
pub trait Input: Sized {
    /// What it is called in messages.
    const KIND: &str;

    /// Reads it.
    ///
    /// # Errors
    /// What it is instead.
    #[doc(hidden)]
    fn from_value(value: Value) -> Result<Self, String>;

    /// What stands for an input that was left empty, if anything does.
    #[doc(hidden)]
    fn absent() -> Option<Self> {
        None
    }
}

impl Given {
    pub(crate) fn new(inputs: Vec<(String, Value)>) -> Self {
        Self(inputs)
    }

    /// Takes an input out, if it is there.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn find<T: Input>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(place) = self.0.iter().position(|(other, _)| other == name) else { return Ok(T::absent()) };
        let (_, value) = self.0.swap_remove(place);
        let wrong = |found| {
            Error::new(format!(
                "the input “{name}” is {found}, but the app's code reads {}: compare its Inputs with app.json",
                T::KIND
            ))
        };
        T::from_value(value).map(Some).map_err(wrong)
    }

    /// Takes an input out.
    ///
    /// # Errors
    /// If it is missing, or of another type.
    pub fn take<T: Input>(&mut self, name: &str) -> Result<T> {
        self.find(name)?.ok_or_else(|| {
            let names: Vec<_> = self.0.iter().map(|(name, _)| format!("“{name}”")).collect();
            let others = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Error::new(format!("the input “{name}” is missing; the other inputs are: {others}"))
        })
    }
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Display for Date {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl Date {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? })
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Text(_) => "a text",
        Value::Number(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Date(_) => "a date",
        Value::Picture(_) => "an image",
        Value::Json(_) => "JSON",
    }
    .to_owned()
}

impl Input for Image {
    const KIND: &str = "an image";

    fn from_value(value: Value) -> Result<Self, String> {
        if let Value::Picture(picture) = value { Ok(Self(picture)) } else { Err(kind(&value)) }
    }
}

impl Input for String {
    const KIND: &str = "a text";

    fn from_value(value: Value) -> Result<Self, String> {
        if let Value::Text(text) = value { Ok(text) } else { Err(kind(&value)) }
    }
}

impl Input for bool {
    const KIND: &str = "true or false";

    fn from_value(value: Value) -> Result<Self, String> {
        if let Value::Boolean(yes) = value { Ok(yes) } else { Err(kind(&value)) }
    }
}

impl Input for f64 {
    const KIND: &str = "a number";

    fn from_value(value: Value) -> Result<Self, String> {
        if let Value::Number(number) = value { Ok(number) } else { Err(kind(&value)) }
    }
}

impl Input for f32 {
    const KIND: &str = "a number";

    fn from_value(value: Value) -> Result<Self, String> {
        f64::from_value(value).map(|number| number as Self)
    }
}

impl Input for Date {
    const KIND: &str = "a date";

    fn from_value(value: Value) -> Result<Self, String> {
        match &value {
            Value::Date(text) => Self::parse(text).ok_or_else(|| format!("the date {text}")),
            _ => Err(kind(&value)),
        }
    }
}

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl Input for $number {
            const KIND: &str = concat!("a whole number (", stringify!($number), ")");

            fn from_value(value: Value) -> Result<Self, String> {
                let number = f64::from_value(value)?;
                let whole = number as Self;
                if whole as f64 == number { Ok(whole) } else { Err(format!("the number {number}")) }
            }
        }
    )*};
}

whole!(u8, u16, u32, u64, i32, i64);

impl<T: Input> Input for Option<T> {
    const KIND: &str = T::KIND;

    fn from_value(value: Value) -> Result<Self, String> {
        T::from_value(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given {
        Given::new(vec![
            ("Age".to_owned(), Value::Number(7.0)),
            ("Share".to_owned(), Value::Number(0.5)),
            ("Day".to_owned(), Value::Date("2026-03-09".to_owned())),
            ("Name".to_owned(), Value::Text("Ada".to_owned())),
        ])
    }

    #[test]
    fn inputs_are_read_by_name_and_type() {
        let mut given = given();
        assert_eq!(given.take::<u32>("Age").unwrap(), 7);
        assert_eq!(given.take::<f32>("Share").unwrap(), 0.5);
        assert_eq!(given.take::<Date>("Day").unwrap().to_string(), "2026-03-09");
        assert_eq!(given.take::<Option<String>>("Name").unwrap().as_deref(), Some("Ada"));
        assert_eq!(given.take::<Option<String>>("Name").unwrap(), None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut given = given();
        let words = |error: Error| error.to_string();
        assert!(
            words(given.take::<u8>("Share").unwrap_err())
                .starts_with("the input “Share” is the number 0.5, but the app's code reads a whole number (u8)")
        );
        assert!(words(given.take::<Image>("Name").unwrap_err()).contains("“Name” is a text"));
        assert_eq!(
            words(given.take::<String>("Color").unwrap_err()),
            "the input “Color” is missing; the other inputs are: “Age”, “Day”"
        );
    }
}
