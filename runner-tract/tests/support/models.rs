//! Where real models lie.

use std::path::PathBuf;

/// The folder of real models; `None` where they are not at hand.
pub(crate) fn real_models() -> Option<PathBuf> {
    match std::env::var_os("VISION_TEST_DATA") {
        Some(folder) => Some(PathBuf::from(folder).join("models")),
        None if std::env::var_os("CI").is_some_and(|ci| ci == "true") => {
            panic!("VISION_TEST_DATA must name the folder of test models and images")
        }
        None => {
            eprintln!("skipped: VISION_TEST_DATA does not name a folder of models and images");
            None
        }
    }
}
