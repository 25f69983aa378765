//! What the standard glue components share: the bindings to the host, the part of the manifest
//! that they read, and the way from a photo to a model's input.

pub mod json;
pub mod labels;
pub mod manifest;
pub mod model;
pub mod numbers;
pub mod photo;
pub mod picture;
pub mod shape;
pub mod values;

/// The interface between glue and host, generated from `shared/wit`.
#[expect(missing_docs, reason = "documented in shared/wit/app.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "app",
        pub_export_macro: true,
        default_bindings_module: "vision_glue_common::bindings",
    });
}

use bindings::{
    Value,
    vision::app::{
        images::Image,
        logging::{self, Level},
    },
};

/// The parameter that standard glue reads.
pub const PHOTO: &str = "Image";

/// The photo among the inputs of a run.
///
/// # Errors
/// If there is none.
pub fn photo(inputs: Vec<(String, Value)>) -> Result<Image, String> {
    inputs
        .into_iter()
        .find_map(|(name, value)| match value {
            Value::Picture(photo) if name == PHOTO => Some(photo),
            _ => None,
        })
        .ok_or_else(|| format!("the input “{PHOTO}” is missing, or is not an image"))
}

/// Tells the app's author about something that is probably a mistake.
pub fn warn(message: &str) {
    logging::log(Level::Warn, message);
}
