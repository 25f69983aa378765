//! The apps that a runner is given.

use std::io;

use serde_json::{Value, json};
use vision_protocol::Digest;

use crate::local::Input;

/// A package and the inputs of a run that goes well.
pub struct App {
    /// The zip.
    pub zip: Vec<u8>,
    /// The inputs, by name.
    pub inputs: Vec<(String, Input)>,
}

/// Photos that differ.
pub(super) const PHOTO: &[u8] = include_bytes!("photo.png");
pub(super) const OTHER_PHOTO: &[u8] = include_bytes!("other.png");
/// What the built-in app is given, and gives back. Not all of it is ASCII.
pub(super) const WORDS: &str = "“Grüße” \\ 言葉 & <b>";

/// What the built-in apps do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Glue {
    /// Answers with its inputs.
    Echo,
    /// The same, after many lines in its log.
    Logs,
    /// Never answers.
    Endless,
    /// Fails as a programming error does.
    Trap,
    /// Wants the network, which no app gets.
    Sockets,
}

impl Glue {
    fn component(self) -> &'static [u8] {
        match self {
            Self::Echo => include_bytes!("../../../tests/fixtures/components/echo.wasm"),
            Self::Logs => include_bytes!("../../../tests/fixtures/components/log-flood.wasm"),
            Self::Endless => include_bytes!("../../../tests/fixtures/components/loop-forever.wasm"),
            Self::Trap => include_bytes!("../../../tests/fixtures/components/trap.wasm"),
            Self::Sockets => include_bytes!("../../../tests/fixtures/components/wasi-sockets.wasm"),
        }
    }

    /// The package. `parameters` are its inputs and its results alike.
    fn pack(self, parameters: &[(&str, &str)]) -> io::Result<Vec<u8>> {
        let list = |kind: &str| -> Value {
            parameters.iter().map(|(of, name)| json!({ kind: of, "Name": name, "Label": name })).collect()
        };
        let manifest = json!({
            "Name": format!("Conformance: {self:?}"), "Version": "1.0.0",
            "AppParameters": list("ParameterType"), "ResultVariables": list("ResultType"),
        });
        let mut zip = Vec::new();
        let files = [("app.json", manifest.to_string().into_bytes()), ("app.wasm", self.component().to_vec())];
        vision_package::pack_files(files.iter().map(|(path, bytes)| (*path, &**bytes)), &mut zip)?;
        Ok(zip)
    }

    /// An app that takes only a text, which no runner has to fetch.
    pub(super) fn text_app(self) -> io::Result<App> {
        Ok(App { zip: self.pack(&[("Text", "Words")])?, inputs: vec![words()] })
    }
}

/// The built-in app: a photo and a text go in, and come out again.
pub(super) fn built_in() -> io::Result<App> {
    let zip = Glue::Echo.pack(&[("Image", "Image"), ("Text", "Words")])?;
    Ok(App { zip, inputs: vec![("Image".to_owned(), Input::Photo(PHOTO.to_vec())), words()] })
}

fn words() -> (String, Input) {
    ("Words".to_owned(), Input::Plain(Value::from(WORDS)))
}

/// The release under which a package is published: ten digits that follow from its bytes, so that a runner that is
/// checked again gets the same package under the same number.
pub(super) fn release_of(zip: &[u8]) -> i64 {
    let digest = Digest::of(zip).0;
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    1_000_000_000 + i64::from(number % 1_000_000_000)
}
