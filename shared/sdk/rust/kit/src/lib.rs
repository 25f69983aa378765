#![doc = include_str!("../README.md")]

pub mod assets;
mod error;
mod image;
pub mod log;
mod model;
mod read;
mod results;
mod tensor;
mod write;

pub use error::{Context, Error, Result};
pub use image::{Anchor, Annotation, Channels, Color, Format, Image, Layout, Letterboxed, Normalization, Rectangle};
pub use model::{Answers, Model, Port};
pub use read::{Date, Given, Input, Inputs};
pub use results::{BoundingBox, Boxes, Json, Label, Table};
pub use tensor::{
    Element, ElementType, Kept, ScoredIndex, Suppression, Tensor, cosine_nearest, mask_to_polygons,
    non_maximum_suppression,
};
pub use vision_app_macros::{Inputs, Outputs, main};
pub use write::{Output, Outputs};

/// What crosses between glue and host, as `wit/app.wit` describes it. No part of this crate's interface.
#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "app",
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "::vision_app::bindings",
    });
}

/// What the macros expand to. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        bindings::{Guest, Value},
        write::Written,
    };

    use crate::{Inputs, Outputs, Result, log, read::Given};

    /// One run: inputs read, the app's function called, its results written, and what went wrong told.
    ///
    /// # Errors
    /// What the run's caller is told.
    pub fn run<I: Inputs, O: Outputs>(
        inputs: Vec<(String, Value)>,
        app: impl FnOnce(I) -> Result<O>,
    ) -> Result<Vec<(String, Value)>, String> {
        log::catch_panics();
        let answer = I::read(&mut Given::new(inputs)).and_then(app).and_then(|outputs| {
            let mut written = Written::default();
            outputs.write(&mut written)?;
            Ok(written.into_values())
        });
        answer.map_err(|error| {
            log::error(&error.logged());
            error.told()
        })
    }
}
