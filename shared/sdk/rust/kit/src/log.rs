//! Lines for the app's author, kept with the run.

use std::panic;

use crate::bindings::vision::app::logging;

/// How much a line matters.
pub use crate::bindings::vision::app::logging::Level;

/// Writes a line. The macros [`debug!`](crate::debug), [`info!`](crate::info), [`warn!`](crate::warn),
/// [`error!`](crate::error) and [`println!`](crate::println) do this with the words of `format!`.
pub fn log(level: Level, message: &str) {
    logging::log(level, message);
}

pub(crate) fn error(message: &str) {
    log(Level::Error, message);
}

/// Has panics written into the log, with their file and line. A panic ends the run, and the host tells its last words.
pub(crate) fn catch_panics() {
    panic::set_hook(Box::new(|panic| error(&panic.to_string().replacen(":\n", ": ", 1))));
}

/// Writes a line of the level `debug`: `debug!("{} boxes", boxes.len())`.
#[macro_export]
macro_rules! debug {
    ($($words:tt)*) => { $crate::log::log($crate::log::Level::Debug, &::std::format!($($words)*)) };
}

/// Writes a line of the level `info`: `info!("{} boxes", boxes.len())`.
#[macro_export]
macro_rules! info {
    ($($words:tt)*) => { $crate::log::log($crate::log::Level::Info, &::std::format!($($words)*)) };
}

/// Writes a line of the level `warn`: `warn!("{} boxes", boxes.len())`.
#[macro_export]
macro_rules! warn {
    ($($words:tt)*) => { $crate::log::log($crate::log::Level::Warn, &::std::format!($($words)*)) };
}

/// Writes a line of the level `error`: `error!("{} boxes", boxes.len())`.
#[macro_export]
macro_rules! error {
    ($($words:tt)*) => { $crate::log::log($crate::log::Level::Error, &::std::format!($($words)*)) };
}

/// The same as [`info!`](crate::info). What the standard library's `println!` writes goes nowhere in an app:
/// `use vision_app::println;` takes this one instead.
#[macro_export]
macro_rules! println {
    ($($words:tt)*) => { $crate::info!($($words)*) };
}
