//! Which file lies where in a package.

use vision_protocol::Manifest;

pub(crate) const MODELS: &str = "models";
pub(crate) const ASSETS: &str = "assets";
pub(crate) const EXAMPLES: &str = "examples";
pub(crate) const INPUTS: &str = "inputs.json";
pub(crate) const EXPECTED: &str = "expected.json";
pub(crate) const README: &str = "README.md";
const FOLDERS: [&str; 3] = [MODELS, ASSETS, EXAMPLES];

/// What a file is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Manifest,
    Component,
    Template,
    Readme,
    /// With its media type.
    Icon(&'static str),
    Model,
    Asset,
    Example {
        name: String,
        file: String,
    },
    /// With what to do about it.
    Unknown(String),
}

/// What the file at `path` is for.
pub(crate) fn role(path: &str) -> Role {
    if let Some(left_over) = left_over(path) {
        return Role::Unknown(left_over);
    }
    match path {
        Manifest::FILE => return Role::Manifest,
        Manifest::COMPONENT => return Role::Component,
        Manifest::TEMPLATE => return Role::Template,
        README => return Role::Readme,
        "icon.png" => return Role::Icon("image/png"),
        "icon.svg" => return Role::Icon("image/svg+xml"),
        _ => {}
    }
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [MODELS, .., name] if name.ends_with(".onnx") => Role::Model,
        [MODELS, _, ..] => Role::Unknown(format!(
            "is not a model: {MODELS}/ holds .onnx files only (a model with external data must be saved as one file)"
        )),
        [ASSETS, _, ..] => Role::Asset,
        [EXAMPLES, name, file] => Role::Example { name: (*name).to_owned(), file: (*file).to_owned() },
        [EXAMPLES, ..] => Role::Unknown(format!("examples lie in folders of their own: {EXAMPLES}/<name>/{INPUTS}")),
        _ => Role::Unknown(unknown(path)),
    }
}

fn unknown(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let known = [Manifest::FILE, Manifest::COMPONENT, Manifest::TEMPLATE, README, "icon.png", "icon.svg"];
    if let Some(meant) = known.iter().find(|known| known.to_ascii_lowercase() == lower) {
        return format!("must be called {meant}");
    }
    if lower.ends_with(".onnx") {
        return format!("models belong into {MODELS}/");
    }
    if lower.ends_with(".wasm") {
        return format!("the component must be called {} and lie at the top", Manifest::COMPONENT);
    }
    if let Some(folder) = FOLDERS.iter().find(|folder| lower.split('/').next() == Some(folder)) {
        return format!("the folder must be called {folder}");
    }
    format!("does not belong into a package: remove it, or move it into {ASSETS}/ if the glue reads it")
}

/// Advice about files that a system left behind.
fn left_over(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    if parts.next() == Some("__MACOSX") || name == ".DS_Store" || name.starts_with("._") {
        return Some(
            "was left by macOS: remove it with `zip -d app.zip '__MACOSX/*' '*.DS_Store'`, or make the archive with \
             `zip -rX app.zip . -x '*.DS_Store'`"
                .to_owned(),
        );
    }
    if name.eq_ignore_ascii_case("thumbs.db") || name.eq_ignore_ascii_case("desktop.ini") {
        return Some("was left by Windows: remove it".to_owned());
    }
    None
}

/// The one folder that everything lies in, when somebody zipped the folder instead of what is in it.
pub(crate) fn wrapper<'a>(paths: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut wrapper = None;
    for path in paths.filter(|path| left_over(path).is_none()) {
        let (first, _) = path.split_once('/')?;
        if FOLDERS.contains(&first) || *wrapper.get_or_insert(first) != first {
            return None;
        }
    }
    wrapper.map(ToOwned::to_owned)
}
