//! From a worker's outputs to the protocol's result: checked against the manifest, pictures put aside.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Number, Value};
use vision_protocol::{
    messages::ErrorCode,
    results::{ResultType, ResultVariable},
};

use super::{failure::Failure, process::Outputs};
use crate::ipc::WireValue;

/// A result whose pictures still have to go somewhere.
#[derive(Debug)]
pub(super) struct Assembled {
    /// Everything but the pictures.
    pub(super) result: Map<String, Value>,
    /// The pictures.
    pub(super) pictures: Vec<Picture>,
    /// Bytes of all that, as text.
    pub(super) bytes: usize,
}

/// An encoded picture among the results.
#[derive(Debug)]
pub(super) struct Picture {
    /// The result variable.
    pub(super) name: String,
    /// Its place among the variables of type Image.
    pub(super) slot: usize,
    pub(super) bytes: Bytes,
}

/// Checks what an app answered with against what its manifest promises.
pub(super) fn assemble(
    variables: &[ResultVariable],
    mut outputs: Outputs,
    result_bytes: u64,
) -> Result<Assembled, Failure> {
    let mut assembled = Assembled { result: Map::new(), pictures: Vec::new(), bytes: 0 };
    for (position, (name, value)) in outputs.values.iter().enumerate() {
        let Some(variable) = variables.iter().find(|variable| variable.name == *name) else {
            return Err(wrong(name, "is not among the ResultVariables of the manifest"));
        };
        if outputs.values[..position].iter().any(|(earlier, _)| earlier == name) {
            return Err(wrong(name, "was given more than once"));
        }
        match (variable.result_type, value) {
            (ResultType::Image, WireValue::Picture(index)) => {
                let bytes = outputs.attachments.get_mut(*index).map(std::mem::take).unwrap_or_default();
                if media_type(&bytes).is_none() {
                    return Err(wrong(name, "is not a JPEG, PNG, WebP or GIF picture"));
                }
                let images = variables.iter().filter(|variable| variable.result_type == ResultType::Image);
                let slot = images.take_while(|variable| variable.name != *name).count();
                assembled.pictures.push(Picture { name: name.clone(), slot, bytes: bytes.into() });
            }
            // A text would pass for a picture's address, and could lead anywhere.
            (ResultType::Image, _) => return Err(wrong(name, "expected an image")),
            (_, WireValue::Picture(_)) => {
                return Err(wrong(name, &format!("expected {:?}, not an image", variable.result_type)));
            }
            (result_type, value) => {
                let value = json(name, value)?;
                result_type.check(&value).map_err(|why| wrong(name, &why))?;
                assembled.result.insert(name.clone(), value);
            }
        }
    }
    let given = |variable: &&ResultVariable| !outputs.values.iter().any(|(name, _)| *name == variable.name);
    if let Some(missing) = variables.iter().find(given) {
        return Err(wrong(&missing.name, "is missing"));
    }
    let pictures: usize = assembled.pictures.iter().map(|picture| picture.bytes.len()).sum();
    let text = serde_json::to_vec(&assembled.result).map_or(0, |text| text.len());
    assembled.bytes = pictures + text;
    if assembled.bytes as u64 > result_bytes {
        let message = format!("the result has {} bytes; a run may answer with {result_bytes}", assembled.bytes);
        return Err(Failure::new(ErrorCode::LimitExceeded, message));
    }
    Ok(assembled)
}

fn json(name: &str, value: &WireValue) -> Result<Value, Failure> {
    Ok(match value {
        WireValue::Text(text) | WireValue::Date(text) => Value::String(text.clone()),
        WireValue::Number(number) => {
            Value::Number(Number::from_f64(*number).ok_or_else(|| wrong(name, "is not a finite number"))?)
        }
        WireValue::Boolean(boolean) => Value::Bool(*boolean),
        WireValue::Json(value) => value.clone(),
        WireValue::Picture(_) => Value::Null,
    })
}

fn wrong(name: &str, why: &str) -> Failure {
    Failure::new(ErrorCode::AppFailed, format!("result “{name}”: {why}"))
}

impl Picture {
    /// The picture's media type, by its first bytes.
    pub(super) fn media_type(&self) -> &'static str {
        media_type(&self.bytes).unwrap_or("application/octet-stream")
    }

    /// The picture as a `data:` URI.
    pub(super) fn data_uri(&self) -> String {
        format!("data:{};base64,{}", self.media_type(), BASE64_STANDARD.encode(&self.bytes))
    }
}

fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variable(result_type: ResultType, name: &str) -> ResultVariable {
        ResultVariable { result_type, name: name.to_owned(), label: String::new(), description: String::new() }
    }

    fn check(values: Vec<(&str, WireValue)>) -> Result<Assembled, String> {
        let variables = [
            variable(ResultType::Image, "before"),
            variable(ResultType::Image, "after"),
            variable(ResultType::Number, "score"),
        ];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let attachments = vec![b"\x89PNG-1".to_vec(), b"\xff\xd8\xff-2".to_vec()];
        assemble(&variables, Outputs { values, attachments }, 100).map_err(|failure| failure.message)
    }

    #[test]
    fn pictures_keep_the_slot_of_their_variable() {
        let assembled = check(vec![
            ("after", WireValue::Picture(1)),
            ("score", WireValue::Number(0.5)),
            ("before", WireValue::Picture(0)),
        ])
        .unwrap();
        assert_eq!(Value::Object(assembled.result), json!({"score": 0.5}));
        assert_eq!((assembled.pictures[0].slot, assembled.pictures[0].media_type()), (1, "image/jpeg"));
        assert_eq!(assembled.pictures[1].slot, 0);
        assert!(assembled.pictures[1].data_uri().starts_with("data:image/png;base64,"));
    }

    #[test]
    fn what_the_manifest_does_not_promise_is_refused_by_name() {
        let picture = || ("before", WireValue::Picture(0));
        let number = || ("score", WireValue::Number(1.0));
        for (values, message) in [
            (vec![("other", WireValue::Number(1.0))], "result “other”: is not among"),
            (vec![picture(), number()], "result “after”: is missing"),
            (vec![number(), number()], "result “score”: was given more than once"),
            (vec![("score", WireValue::Number(f64::NAN))], "result “score”: is not a finite number"),
            (vec![("score", WireValue::Picture(0))], "result “score”: expected Number"),
            (vec![("score", WireValue::Text("1".to_owned()))], "result “score”: expected a number"),
            (vec![("before", WireValue::Text("http://elsewhere/".to_owned()))], "result “before”: expected an image"),
            (vec![("before", WireValue::Picture(9))], "result “before”: is not a JPEG"),
        ] {
            let error = check(values).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
