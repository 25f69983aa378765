//! Version numbers.

use semver::Version;

/// The first version after this one that is not taken: the next patch.
pub(in crate::domain) fn free(version: &str, taken: &[String]) -> String {
    let Ok(mut next) = Version::parse(version) else { return version.to_owned() };
    while taken.iter().any(|known| *known == next.to_string()) {
        next = Version::new(next.major, next.minor, next.patch.saturating_add(1));
    }
    next.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_free_version_is_found() {
        let taken = ["1.0.0".to_owned(), "1.0.1".to_owned()];
        assert_eq!(free("1.0.0", &taken), "1.0.2");
        assert_eq!(free("2.0.0-beta.1", &taken), "2.0.0-beta.1");
        assert_eq!(free("not a version", &taken), "not a version");
    }
}
