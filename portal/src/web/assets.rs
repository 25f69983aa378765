//! The files of `static/`, carried in the binary. Pages name them with a hash of their content, so that a browser
//! keeps a file for good and yet fetches a changed one at once.

use std::sync::LazyLock;

use vision_protocol::ids::Digest;

/// A file of `static/`.
pub struct Asset {
    /// Its name.
    pub name: &'static str,
    /// For example `text/css; charset=utf-8`.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
    /// Changes with the content.
    pub version: String,
}

macro_rules! asset {
    ($name:literal, $media_type:literal) => {
        ($name, $media_type, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../static/", $name)).as_slice())
    };
}

const FILES: &[(&str, &str, &[u8])] = &[
    asset!("again.js", "text/javascript; charset=utf-8"),
    asset!("app.css", "text/css; charset=utf-8"),
    asset!("camera.js", "text/javascript; charset=utf-8"),
    asset!("compare.js", "text/javascript; charset=utf-8"),
    asset!("editor.css", "text/css; charset=utf-8"),
    asset!("editor.js", "text/javascript; charset=utf-8"),
    asset!("examples.js", "text/javascript; charset=utf-8"),
    asset!("feedback.css", "text/css; charset=utf-8"),
    asset!("feedback.js", "text/javascript; charset=utf-8"),
    asset!("find.css", "text/css; charset=utf-8"),
    asset!("form.js", "text/javascript; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("icon-180.png", "image/png"),
    asset!("icon-192.png", "image/png"),
    asset!("icon-512.png", "image/png"),
    asset!("icon-maskable-512.png", "image/png"),
    asset!("layout-frame.js", "text/javascript; charset=utf-8"),
    asset!("layout.css", "text/css; charset=utf-8"),
    asset!("live.js", "text/javascript; charset=utf-8"),
    asset!("lightbox.js", "text/javascript; charset=utf-8"),
    asset!("progress.js", "text/javascript; charset=utf-8"),
    asset!("results.css", "text/css; charset=utf-8"),
    asset!("save-picture.js", "text/javascript; charset=utf-8"),
    asset!("site.css", "text/css; charset=utf-8"),
    asset!("site.js", "text/javascript; charset=utf-8"),
    asset!("sw.js", "text/javascript; charset=utf-8"),
    asset!("tables.js", "text/javascript; charset=utf-8"),
    asset!("viewer.js", "text/javascript; charset=utf-8"),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let asset = |&(name, media_type, bytes): &(&'static str, &'static str, &'static [u8])| {
        let version = Digest::of(bytes).to_string()[..12].to_owned();
        Asset { name, media_type, bytes, version }
    };
    FILES.iter().map(asset).collect()
});

/// The file of that name.
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The address of a file, for templates.
///
/// # Panics
/// If there is no such file; the test that renders every template would notice.
pub fn url(name: &str) -> String {
    let asset = find(name).unwrap_or_else(|| panic!("static/{name} is not in the table of assets"));
    format!("/static/{name}?v={}", asset.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_table() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../static");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(find(&name).is_some(), "static/{name} is not in the table of assets");
        }
    }
}
