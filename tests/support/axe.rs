//! Looking for faults that keep people out of a page: axe-core, within the browser.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{Missing, browser::Browser, python::tests_folder};

/// What is wrong with a page, and how badly: only what axe calls serious or critical counts.
const LOOK: &str = "
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const told = axe.run(document, { iframes: false, resultTypes: ['violations'], runOnly: tags });
    return told.then((result) => result.violations
        .filter((fault) => ['serious', 'critical'].includes(fault.impact))
        .flatMap((fault) => fault.nodes.slice(0, 3).map((node) =>
            `${fault.id} (${fault.impact}): ${node.target.join(' ')}: ${node.any.concat(node.all, node.none).map((check) => check.message).join('; ')}`)));";

/// The script.
pub(crate) struct Axe(String);

impl Axe {
    /// The script, if it is there.
    pub(crate) fn find() -> Result<Self, Missing> {
        let path = match std::env::var_os("VISION_TEST_AXE") {
            Some(path) => PathBuf::from(path),
            None => tests_folder().join("../target/axe/node_modules/axe-core/axe.min.js"),
        };
        let missing = |error| Missing(format!("{}: {error} (tests/run installs it, with npm)", path.display()));
        fs::read_to_string(&path).map(Self).map_err(missing)
    }

    /// The faults of the page that is open, a line each.
    pub(crate) async fn faults(&self, browser: &Browser) -> Vec<String> {
        browser.script(&self.0).await;
        let faults = browser.script(LOOK).await;
        let faults = faults.as_array().unwrap_or_else(|| panic!("axe answers with a list: {faults}"));
        faults.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    }
}
