//! The icon: a PNG, or an SVG that does nothing but draw.

/// What SVG has that can run, load or grow.
const ACTIVE: [&str; 6] = ["<script", "<foreignobject", "<!entity", "<iframe", "javascript:", "<animate"];

pub(crate) fn fault(media_type: &str, bytes: &[u8]) -> Option<String> {
    if media_type == "image/png" {
        return (!bytes.starts_with(b"\x89PNG\r\n\x1a\n")).then(|| match crate::sniff::kind(bytes) {
            Some(kind) => format!("is {kind}, not a PNG image"),
            None => "is not a PNG image".to_owned(),
        });
    }
    let Ok(text) = str::from_utf8(bytes) else { return Some("is not an SVG image".to_owned()) };
    let lower = text.to_ascii_lowercase();
    if !lower.contains("<svg") {
        return Some("is not an SVG image".to_owned());
    }
    ACTIVE
        .iter()
        .find(|active| lower.contains(**active))
        .map(|active| format!("holds “{active}”: an icon may only draw"))
}
