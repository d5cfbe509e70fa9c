//! `uv.lock`.
//!
//! Source: the lock files that uv 0.4 to 0.9 write (version 1, revisions 0 to 3).

use serde_json::Value as Json;

use super::graph::Roots;
use super::out::{Packages, entries, items, text};
use super::pep508::{digest_of, git, python};
use crate::{InspectError, PackageInfo};

/// Reads `uv.lock`.
pub(super) fn lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let members: Vec<&str> = root
        .get("manifest")
        .into_iter()
        .flat_map(|manifest| items(manifest, "members"))
        .filter_map(Json::as_str)
        .collect();
    let mut roots = Roots::default();
    for (at, entry) in items(root, "package").enumerate() {
        let name = text(entry, "name").unwrap_or_default();
        let here = ["editable", "virtual", "directory"].iter().any(|kind| {
            entry.get("source").and_then(|source| text(source, kind)).is_some_and(|at| at == ".")
        });
        if here || members.contains(&name.as_str()) {
            roots_of(entry, &mut roots);
            continue;
        }
        out.add(format!("/package/{at}"), package(&name, entry))?;
    }
    out.settle(&roots)
}

fn roots_of(entry: &Json, roots: &mut Roots) {
    roots.runtime.extend(names(items(entry, "dependencies")));
    let groups = [
        ("optional-dependencies", &mut roots.optional),
        ("dev-dependencies", &mut roots.development),
    ];
    for (key, set) in groups {
        for (_, list) in entries(entry, key) {
            set.extend(names(list.as_array().into_iter().flatten()));
        }
    }
}

fn names<'j>(list: impl Iterator<Item = &'j Json>) -> impl Iterator<Item = String> {
    list.filter_map(|item| text(item, "name"))
}

fn package(name: &str, entry: &Json) -> PackageInfo {
    let mut package = python(name);
    package.version = text(entry, "version");
    let archives = entry.get("sdist").into_iter().chain(items(entry, "wheels"));
    package.digests = archives.filter_map(|a| digest_of(text(a, "hash")?.as_str())).collect();
    package.needs = names(items(entry, "dependencies")).collect();
    // An extra that is asked for brings its own; which one is asked stands on the other end.
    for (_, list) in entries(entry, "optional-dependencies") {
        for need in names(list.as_array().into_iter().flatten()) {
            if !package.needs.contains(&need) {
                package.needs.push(need);
            }
        }
    }
    let Some(source) = entry.get("source") else { return package };
    if let Some(url) = text(source, "git") {
        let commit = url.split_once('#').map(|(_, commit)| commit);
        package.source = Some(git(&url, commit));
        return package;
    }
    let keys = ["url", "path", "directory", "editable", "virtual", "registry"];
    package.source = keys.iter().find_map(|key| text(source, key));
    package
}
