//! What exporters write into a file's metadata: the names of the classes, the size of the picture.

use std::collections::BTreeMap;

/// The names of the classes, as Ultralytics writes them: `{0: 'person', 1: "traffic light"}`.
pub(crate) fn of_metadata(metadata: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let mut rest = metadata.get("names")?.trim().strip_prefix('{')?;
    let mut names = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\n']);
        if rest.starts_with('}') {
            return (!names.is_empty()).then_some(names);
        }
        let (number, value) = rest.split_once(':')?;
        if number.trim().trim_matches(['\'', '"']).parse() != Ok(names.len()) {
            return None;
        }
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (name, behind) = value[1..].split_once(quote)?;
        names.push(name.trim().to_owned());
        rest = behind;
    }
}

/// Width and height of the picture, as Ultralytics writes them: `[480, 640]`, height first.
pub(super) fn size_of_metadata(metadata: &BTreeMap<String, String>) -> Option<(u32, u32)> {
    let sides = metadata.get("imgsz")?.trim().strip_prefix('[')?.strip_suffix(']')?;
    let (height, width) = sides.split_once(',')?;
    Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_size_are_read() {
        let metadata = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let names = of_metadata(&metadata("names", r#"{0: 'person', 1: "driver's licence", 2: 'b}'}"#)).unwrap();
        assert_eq!(names, ["person", "driver's licence", "b}"]);
        for odd in ["", "{}", "{1: 'x'}", "{0: 'x'", "{0: x}", "[1]"] {
            assert_eq!(of_metadata(&metadata("names", odd)), None, "{odd}");
        }
        assert_eq!(size_of_metadata(&metadata("imgsz", "[480, 640]")), Some((640, 480)));
        assert_eq!(size_of_metadata(&metadata("imgsz", "640")), None);
    }
}
