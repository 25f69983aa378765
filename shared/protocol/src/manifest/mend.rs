//! Reading a manifest although some of its values cannot be read, so that one fault does not hide the next.

use serde_json::{Value, json};
use serde_path_to_error::Segment;

use super::Manifest;
use crate::fault::Fault;

/// Most faults that are looked for.
const MOST_FAULTS: usize = 100;

/// A manifest, with stand-ins where it could not be read.
pub(super) struct Mended {
    /// `None` if even stand-ins did not help.
    pub(super) manifest: Option<Manifest>,
    /// What could not be read.
    pub(super) faults: Vec<Fault>,
    /// Where it stood.
    pub(super) places: Places,
}

/// Places in a manifest, written like `Models[0].File`, with how often each was mended.
#[derive(Default)]
pub(super) struct Places(Vec<(String, usize)>);

impl Places {
    /// Whether what is said about `place` may come of a stand-in: at that place, above it, or below it.
    pub(super) fn touch(&self, place: &str) -> bool {
        self.0.iter().any(|(mended, _)| is_within(place, mended) || is_within(mended, place))
    }

    fn count(&mut self, place: &str) -> usize {
        match self.0.iter_mut().find(|(known, _)| known == place) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.0.push((place.to_owned(), 0));
                0
            }
        }
    }
}

fn is_within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Serde stops at the first error. So each offending value is noted and taken out, or replaced by a stand-in if it
/// is needed, and reading starts again.
pub(super) fn read(mut value: Value) -> Mended {
    let (mut faults, mut places) = (Vec::new(), Places::default());
    while faults.len() < MOST_FAULTS {
        let error = match serde_path_to_error::deserialize::<_, Manifest>(&value) {
            Ok(manifest) => return Mended { manifest: Some(manifest), faults, places },
            Err(error) => error,
        };
        let message = error.inner().to_string();
        let mut path: Vec<Segment> = error.path().iter().cloned().collect();
        while matches!(path.last(), Some(Segment::Enum { .. } | Segment::Unknown)) {
            path.pop();
        }
        let missing = message.starts_with("missing field");
        if missing || message.starts_with("unknown field") {
            let key = message.split('`').nth(1).unwrap_or_default().to_owned();
            if missing || !matches!(path.last(), Some(Segment::Map { key: last }) if *last == key) {
                path.push(Segment::Map { key });
            }
        }
        let place = written(&path);
        let is_consequence = places.0.iter().any(|(mended, _)| is_within(&place, mended));
        if !is_consequence {
            let message = if missing { "is missing".to_owned() } else { message };
            faults.push(Fault::new(located(&place), message));
        }
        let attempt = places.count(&place);
        if mend(&mut value, &path, attempt, missing).is_none() {
            break;
        }
    }
    Mended { manifest: None, faults, places }
}

fn located(place: &str) -> String {
    if place.is_empty() { Manifest::FILE.to_owned() } else { format!("{}: {place}", Manifest::FILE) }
}

fn written(path: &[Segment]) -> String {
    let mut place = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => place.push_str(&format!("[{index}]")),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(name);
            }
            Segment::Unknown => place.push('?'),
        }
    }
    place
}

/// Takes the value at `path` out, or puts the next stand-in there; `None` if nothing is left to try.
fn mend(value: &mut Value, path: &[Segment], attempt: usize, missing: bool) -> Option<()> {
    let (last, parents) = path.split_last()?;
    let mut parent = value;
    for segment in parents {
        parent = match segment {
            Segment::Map { key } => parent.get_mut(key)?,
            Segment::Seq { index } => parent.get_mut(index)?,
            Segment::Enum { .. } | Segment::Unknown => return None,
        };
    }
    // One of these suits every key that must be there: a version is text too, and Text is a type.
    let mut stand_ins = [json!("0.0.0"), json!("Text"), json!({}), json!(1), json!([])].into_iter();
    match last {
        Segment::Map { key } => {
            let object = parent.as_object_mut()?;
            if attempt == 0 && !missing {
                object.remove(key)?;
            } else {
                object.insert(key.clone(), stand_ins.nth(attempt.saturating_sub(1))?);
            }
        }
        Segment::Seq { index } => *parent.get_mut(index)? = stand_ins.nth(attempt.saturating_sub(1))?,
        Segment::Enum { .. } | Segment::Unknown => return None,
    }
    Some(())
}
