//! Checking an archive: every entry by its role, then all of them against the manifest.

use std::io::{Read, Seek};

use serde_json::Value;
use vision_protocol::{Fault, Manifest, fault::shortened, limits::PackageLimits};

use crate::{
    Example, FileEntry, Icon, Package,
    archive::{Archive, bytes},
    component, examples, icon, json,
    layout::{EXPECTED, INPUTS, Role, role},
    model, references, template,
};

/// Reads an archive.
///
/// # Errors
/// Every fault at once, each with its place.
pub fn check(source: impl Read + Seek, limits: &PackageLimits) -> Result<Package, Vec<Fault>> {
    open(source, limits, None).map(|(package, _)| package)
}

/// Reads an archive that may lack `app.json`, because its author filled in `manifest` elsewhere.
/// A manifest in the archive goes first.
///
/// # Errors
/// Every fault at once, each with its place.
pub fn check_with(
    source: impl Read + Seek,
    limits: &PackageLimits,
    manifest: &Manifest,
) -> Result<Package, Vec<Fault>> {
    open(source, limits, Some(manifest)).map(|(package, _)| package)
}

/// Checks an archive and leaves it open for whoever needs its content.
pub(crate) fn open<R: Read + Seek>(
    source: R,
    limits: &PackageLimits,
    manifest: Option<&Manifest>,
) -> Result<(Package, Archive<R>), Vec<Fault>> {
    let mut archive = Archive::open(source, limits).map_err(|fault| vec![fault])?;
    let mut contents = Contents::default();
    let mut faults = std::mem::take(&mut archive.faults);
    for index in 0..archive.entries.len() {
        contents.take(&mut archive, index, limits, &mut faults);
    }
    let paths: Vec<&str> = archive.entries.iter().map(|entry| entry.path.as_str()).collect();
    let mut budget = json::Budget::default();
    let manifest = contents.manifest(manifest, &paths, &mut budget, &mut faults);
    let examples = std::mem::take(&mut contents.examples).read(manifest.as_ref(), &mut budget, &mut faults);
    if let Some(manifest) = &manifest {
        labels(&mut archive, manifest, limits, &mut faults);
    }
    match manifest {
        Some(manifest) if faults.is_empty() => {
            let digest = archive.digest().map_err(|fault| vec![fault])?;
            let files = archive.entries.iter().map(|e| FileEntry { path: e.path.clone(), size: e.size }).collect();
            Ok((contents.package(manifest, digest, files, examples), archive))
        }
        _ => Err(shortened(faults)),
    }
}

/// What the check keeps of the files.
#[derive(Default)]
struct Contents {
    has_manifest: bool,
    manifest: Option<Vec<u8>>,
    template: Option<String>,
    readme: Option<String>,
    icon: Option<Icon>,
    examples: examples::Collected,
}

impl Contents {
    /// Checks one file by its role.
    fn take<R: Read + Seek>(
        &mut self,
        archive: &mut Archive<R>,
        index: usize,
        limits: &PackageLimits,
        faults: &mut Vec<Fault>,
    ) {
        let path = archive.entries[index].path.clone();
        let role = role(&path);
        if let Role::Unknown(advice) = role {
            return faults.push(Fault::new(path, advice));
        }
        self.has_manifest |= role == Role::Manifest;
        let content = match content(archive, index, &role, limits) {
            Ok(content) => content,
            Err(fault) => {
                faults.extend(fault);
                None
            }
        };
        let text = |bytes: Vec<u8>, faults: &mut Vec<Fault>| match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) => {
                faults.push(Fault::new(&path, "is not UTF-8 text"));
                None
            }
        };
        match (role, content) {
            (Role::Example { name, file }, content) => self.examples.note(&name, &file, content),
            (_, None) | (Role::Asset | Role::Unknown(_), _) => {}
            (Role::Manifest, Some(bytes)) => self.manifest = Some(bytes),
            (Role::Component, Some(bytes)) => faults.extend(component::check(&bytes)),
            (Role::Readme, Some(bytes)) => self.readme = text(bytes, faults),
            (Role::Template, Some(bytes)) => {
                self.template = text(bytes, faults);
                faults.extend(self.template.as_deref().map(template::check).unwrap_or_default());
            }
            (Role::Icon(media_type), Some(bytes)) => {
                faults.extend(icon::fault(media_type, &bytes).map(|message| Fault::new(&path, message)));
                self.icon = Some(Icon { media_type, bytes });
            }
            (Role::Model, Some(head)) => {
                let message = model::fault(&head, archive.entries[index].size);
                faults.extend(message.map(|message| Fault::new(&path, message)));
            }
        }
    }

    /// The manifest, checked by itself and against the files that are there.
    fn manifest(
        &self,
        given: Option<&Manifest>,
        paths: &[&str],
        budget: &mut json::Budget,
        faults: &mut Vec<Fault>,
    ) -> Option<Manifest> {
        let text = match (&self.manifest, given) {
            (Some(text), _) => text.clone(),
            (None, Some(given)) if !self.has_manifest => given.to_json().into_bytes(),
            (None, _) if self.has_manifest => return None,
            (None, _) => {
                faults
                    .push(Fault::new(Manifest::FILE, "is missing: a package needs a manifest of this name at its top"));
                return None;
            }
        };
        if let Err(message) = budget.take(&text) {
            faults.push(Fault::new(Manifest::FILE, message));
            return None;
        }
        let manifest = Manifest::parse(&text).map_err(|found| faults.extend(found)).ok();
        // A manifest with faults still names files; one without is taken as it was understood.
        let written = match &manifest {
            Some(manifest) => serde_json::to_value(manifest),
            None => serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text)),
        };
        if let Ok(written @ Value::Object(_)) = written {
            references::check(&written, paths, faults);
        }
        manifest
    }

    fn package(
        self,
        manifest: Manifest,
        digest: vision_protocol::Digest,
        files: Vec<FileEntry>,
        examples: Vec<Example>,
    ) -> Package {
        let Self { template, readme, icon, .. } = self;
        Package { manifest, digest, files, examples, template, icon, readme }
    }
}

/// What is needed of a file's content; `Err(None)` if it cannot be read and that has been reported.
fn content<R: Read + Seek>(
    archive: &mut Archive<R>,
    index: usize,
    role: &Role,
    limits: &PackageLimits,
) -> Result<Option<Vec<u8>>, Option<Fault>> {
    let entry = &archive.entries[index];
    let whole = match role {
        Role::Manifest | Role::Template | Role::Readme => Some(limits.text_bytes),
        Role::Example { file, .. } if file == INPUTS || file == EXPECTED => Some(limits.text_bytes),
        Role::Component => Some(limits.component_bytes),
        Role::Icon(_) => Some(limits.icon_bytes),
        Role::Model | Role::Asset | Role::Example { .. } | Role::Unknown(_) => None,
    };
    if let Some(limit) = whole.filter(|limit| entry.size > *limit) {
        let message = format!("has {}; at most {} are allowed", bytes(entry.size), bytes(limit));
        return Err(Some(Fault::new(&entry.path, message)));
    }
    if !archive.is_readable(index) {
        return Err(None);
    }
    let keep = whole.unwrap_or(if *role == Role::Model { model::HEAD } else { 0 });
    // Of a bomb only the parts that tell something are inflated.
    let read = match whole {
        None if !archive.within_limit => archive.peek(index, keep),
        _ => archive.read(index, keep),
    };
    read.map(Some).map_err(Some)
}

/// Checks that the labels of models are text.
fn labels<R: Read + Seek>(
    archive: &mut Archive<R>,
    manifest: &Manifest,
    limits: &PackageLimits,
    faults: &mut Vec<Fault>,
) {
    for labels in manifest.models.iter().filter_map(|model| model.labels.as_deref()) {
        let Some(index) = archive.entries.iter().position(|entry| entry.path == labels) else { continue };
        let size = archive.entries[index].size;
        let mut fault = |message: String| faults.push(Fault::new(labels, message));
        if size > limits.text_bytes {
            fault(format!("has {}; labels may have at most {}", bytes(size), bytes(limits.text_bytes)));
        } else if archive.is_readable(index) {
            match archive.read(index, limits.text_bytes) {
                Ok(text) if text.trim_ascii().is_empty() => {
                    fault("is empty: it must hold one label per line".to_owned());
                }
                Ok(text) if str::from_utf8(&text).is_err() => fault("is not UTF-8 text, one label per line".to_owned()),
                // What is damaged has been reported when the file was read as an asset.
                Ok(_) | Err(_) => {}
            }
        }
    }
}
