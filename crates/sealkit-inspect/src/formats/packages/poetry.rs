//! `poetry.lock` and `pdm.lock`.
//!
//! Source: the lock files that Poetry 1.x and 2.x (lock-version 1.1 to 2.1) and PDM 2.x
//! (lock_version 4.x) write.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::graph::Roots;
use super::out::{Packages, entries, items, text};
use super::pep508::{digest_of, git, python, requirement};
use crate::{InspectError, Scope};

/// Reads `poetry.lock`.
pub(super) fn poetry(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let old_files: BTreeMap<&String, &Json> = match root.get("metadata") {
        Some(metadata) => entries(metadata, "files").collect(),
        None => BTreeMap::new(),
    };
    for (at, entry) in items(root, "package").enumerate() {
        let mut package = python(&named(entry)?);
        package.version = text(entry, "version");
        package.digests = files(items(entry, "files"));
        if let Some(files_of) = old_files.get(&package.name).and_then(|f| f.as_array()) {
            package.digests.extend(files(files_of.iter()));
        }
        package.needs = entries(entry, "dependencies").map(|(name, _)| name.clone()).collect();
        if let Some(source) = entry.get("source") {
            let is_git = text(source, "type").as_deref() == Some("git");
            package.source = text(source, "url");
            if is_git {
                let commit = text(source, "resolved_reference");
                package.source = package.source.map(|url| git(&url, commit.as_deref()));
            }
        }
        let groups: Vec<&str> = items(entry, "groups").filter_map(Json::as_str).collect();
        let is_optional = entry.get("optional").and_then(Json::as_bool) == Some(true);
        package.scope = match text(entry, "category").as_deref() {
            Some("dev") => Scope::Development,
            _ if !groups.is_empty() && !groups.contains(&"main") => Scope::Development,
            _ if is_optional => Scope::Optional,
            _ => Scope::Runtime,
        };
        out.add(format!("/package/{at}"), package)?;
    }
    out.settle(&Roots::default())
}

/// The name of an entry: one without is no package, and the file no lock file of the tool.
fn named(entry: &Json) -> Result<String, InspectError> {
    let missing = || InspectError::malformed("lock file", "a package without a name", 0);
    text(entry, "name").filter(|name| !name.trim().is_empty()).ok_or_else(missing)
}

/// Reads `pdm.lock`.
pub(super) fn pdm(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, entry) in items(root, "package").enumerate() {
        let mut package = python(&named(entry)?);
        package.version = text(entry, "version");
        package.digests = files(items(entry, "files"));
        let needs = items(entry, "dependencies").filter_map(|d| requirement(d.as_str()?));
        package.needs = needs.map(|need| need.name).collect();
        let from_git = text(entry, "git").map(|url| git(&url, text(entry, "revision").as_deref()));
        package.source =
            from_git.or_else(|| ["url", "path"].iter().find_map(|key| text(entry, key)));
        let groups: Vec<&str> = items(entry, "groups").filter_map(Json::as_str).collect();
        if !groups.is_empty() && !groups.contains(&"default") {
            // Which groups are for development stands in the manifest alone.
            let is_dev = groups.iter().all(|group| ["dev", "test", "docs", "lint"].contains(group));
            package.scope = if is_dev { Scope::Development } else { Scope::Optional };
        }
        // A package that is asked for with an extra has a second entry.
        out.merge(format!("/package/{at}"), package)?;
    }
    out.settle(&Roots::default())
}

fn files<'j>(files: impl Iterator<Item = &'j Json>) -> Vec<String> {
    files.filter_map(|file| digest_of(text(file, "hash")?.as_str())).collect()
}
