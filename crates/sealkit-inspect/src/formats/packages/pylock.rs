//! `pylock.toml`.
//!
//! Source: PyPA "pylock.toml Specification" (PEP 751), lock-version 1.0.

use serde_json::Value as Json;

use super::graph::Roots;
use super::out::{Packages, entries, items, text};
use super::pep508::{digest, git, python};
use crate::InspectError;

/// Reads a lock file of PEP 751.
pub(super) fn lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, entry) in items(root, "packages").enumerate() {
        let mut package = python(text(entry, "name").unwrap_or_default().as_str());
        package.version = text(entry, "version");
        let folder = entry.get("directory").and_then(|directory| text(directory, "path"));
        // The project itself.
        if folder.as_deref() == Some(".") {
            continue;
        }
        let archives = ["sdist", "archive"].iter().filter_map(|key| entry.get(key));
        for archive in archives.chain(items(entry, "wheels")) {
            let hashes = entries(archive, "hashes");
            package.digests.extend(hashes.filter_map(|(name, hex)| digest(name, hex.as_str()?)));
        }
        package.needs = items(entry, "dependencies").filter_map(|d| text(d, "name")).collect();
        if let Some(vcs) = entry.get("vcs") {
            package.source = text(vcs, "url").or_else(|| text(vcs, "path"));
            if text(vcs, "type").as_deref() == Some("git") {
                let commit = text(vcs, "commit-id");
                package.source = package.source.map(|url| git(&url, commit.as_deref()));
            }
        }
        for key in ["archive", "directory"] {
            if let Some(from) = entry.get(key) {
                package.source = text(from, "url").or_else(|| text(from, "path"));
            }
        }
        out.add(format!("/packages/{at}"), package)?;
    }
    out.settle(&Roots::default())
}
