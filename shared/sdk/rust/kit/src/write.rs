//! Results of a run, from an app's own types.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::{Boxes, Date, Error, Image, Json, Label, Result, Table, bindings::Value};

/// What an app answers with. Derive it:
///
/// ```
/// # use vision_app::{Boxes, Image};
/// #[derive(vision_app::Outputs)]
/// struct Outputs {
///     boxes: Boxes,           // the result variable “boxes”
///     #[vision(name = "Photo with frames")]
///     photo: Option<Image>,   // left away where there is none
/// }
/// ```
pub trait Outputs {
    /// Hands its results over.
    ///
    /// # Errors
    /// If one cannot be written.
    fn write(self, written: &mut Written) -> Result<()>;
}

/// Results that were handed over.
#[derive(Default)]
pub struct Written(Vec<(String, Value)>);

/// A type that one result can be written from.
pub trait Output {
    /// Writes it, unless there is nothing.
    ///
    /// # Errors
    /// If it cannot be written.
    #[doc(hidden)]
    fn into_value(self) -> Result<Option<Value>>;
}

impl Written {
    /// Hands one result over.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, name: &str, output: impl Output) -> Result<()> {
        let value = output.into_value().map_err(|error| error.context(format!("result “{name}”")))?;
        self.0.extend(value.map(|value| (name.to_owned(), value)));
        Ok(())
    }

    pub(crate) fn into_values(self) -> Vec<(String, Value)> {
        self.0
    }
}

/// JSON in which a whole number is written without a fraction, as JavaScript does: the result of an app is the same in
/// whichever language it was written.
struct Plain;

impl Formatter for Plain {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() < EXACT {
            write!(writer, "{}", value as i64)
        } else {
            // The shortest text that reads as this number, and null for what is none.
            serde_json::ser::CompactFormatter.write_f64(writer, value)
        }
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(writer, f64::from(value))
    }
}

fn json(value: &impl Serialize) -> Result<Option<Value>> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Plain))?;
    let text = String::from_utf8(text).map_err(Error::from)?;
    Ok(Some(Value::Json(text)))
}

macro_rules! output {
    ($($type:ty: $value:ident => $made:expr;)*) => {$(
        impl Output for $type {
            fn into_value(self) -> Result<Option<Value>> {
                let $value = self;
                Ok(Some($made))
            }
        }
    )*};
}

output! {
    String: text => Value::Text(text);
    &str: text => Value::Text(text.to_owned());
    bool: yes => Value::Boolean(yes);
    f64: number => Value::Number(number);
    f32: number => Value::Number(f64::from(number));
    u8: number => Value::Number(f64::from(number));
    u16: number => Value::Number(f64::from(number));
    u32: number => Value::Number(f64::from(number));
    i32: number => Value::Number(f64::from(number));
    u64: number => Value::Number(number as f64);
    i64: number => Value::Number(number as f64);
    usize: number => Value::Number(number as f64);
    Date: day => Value::Date(day.to_string());
    Image: image => Value::Picture(image.0);
}

impl Output for Vec<Label> {
    fn into_value(self) -> Result<Option<Value>> {
        json(&self)
    }
}

impl Output for Boxes {
    fn into_value(self) -> Result<Option<Value>> {
        json(&self)
    }
}

impl<T: Serialize> Output for Table<T> {
    fn into_value(self) -> Result<Option<Value>> {
        json(&self.0)
    }
}

impl<T: Serialize> Output for Json<T> {
    fn into_value(self) -> Result<Option<Value>> {
        json(&self.0)
    }
}

impl<T: Output> Output for Option<T> {
    fn into_value(self) -> Result<Option<Value>> {
        self.map_or(Ok(None), Output::into_value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        let Ok(Some(Value::Json(text))) = Json([1.0, -0.0, 0.1, 4e15]).into_value() else { panic!("expected JSON") };
        assert_eq!(text, "[1,0,0.1,4000000000000000]");
    }

    #[test]
    fn nothing_is_left_away() {
        let mut written = Written::default();
        written.add("answer", None::<String>).unwrap();
        written.add("count", 3_u32).unwrap();
        let values = written.into_values();
        assert_eq!(values.len(), 1);
        assert!(matches!(&values[0], (name, Value::Number(3.0)) if name == "count"));
    }
}
