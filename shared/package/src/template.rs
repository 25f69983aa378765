//! The author's result layout: one environment for checking and for rendering it.

use minijinja::{AutoEscape, Environment};
use vision_protocol::{Fault, Manifest};

/// Steps that one rendering may take.
pub const FUEL: u64 = 50_000;

/// The environment in which layouts are parsed and rendered: everything is escaped as HTML, nothing can be
/// included, and a rendering that goes on too long is stopped.
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    environment.set_debug(false);
    environment
}

/// What is wrong with a layout, with its line.
pub fn check(source: &str) -> Vec<Fault> {
    let environment = environment();
    match environment.template_from_named_str(Manifest::TEMPLATE, source) {
        Ok(_) => Vec::new(),
        Err(error) => {
            let place = match error.line() {
                Some(line) => format!("{}: line {line}", Manifest::TEMPLATE),
                None => Manifest::TEMPLATE.to_owned(),
            };
            let message = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
            vec![Fault::new(place, message)]
        }
    }
}
