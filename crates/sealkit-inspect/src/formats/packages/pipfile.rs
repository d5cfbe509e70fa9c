//! `Pipfile` and `Pipfile.lock`.
//!
//! Source: pipenv documentation, "Pipfile & Pipfile.lock" (lock format 6).

use serde_json::Value as Json;

use super::out::{Packages, entries, items, step, text};
use super::pep508::{digest_of, git, python, specify};
use crate::{InspectError, PackageInfo, Scope};

/// Reads `Pipfile`.
pub(super) fn manifest(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (section, scope) in [("packages", Scope::Runtime), ("dev-packages", Scope::Development)] {
        for (name, wanted) in entries(root, section) {
            let mut package = entry(name, wanted);
            (package.direct, package.scope) = (true, scope);
            out.add(format!("/{section}/{}", step(name)), package)?;
        }
    }
    Ok(())
}

/// Reads `Pipfile.lock`.
pub(super) fn lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (section, scope) in [("default", Scope::Runtime), ("develop", Scope::Development)] {
        for (name, locked) in entries(root, section) {
            let mut package = entry(name, locked);
            package.digests =
                items(locked, "hashes").filter_map(|h| digest_of(h.as_str()?)).collect();
            package.scope = scope;
            out.add(format!("/{section}/{}", step(name)), package)?;
        }
    }
    Ok(())
}

/// A version as text, or a table with one, or with the address of a repository. Poetry's
/// manifests have the same form.
pub(super) fn entry(name: &str, wanted: &Json) -> PackageInfo {
    let mut package = python(name);
    if let Some(specifiers) = wanted.as_str() {
        specify(&mut package, specifiers);
        return package;
    }
    specify(&mut package, text(wanted, "version").as_deref().unwrap_or_default());
    let from_git = text(wanted, "git");
    let revision = ["ref", "rev", "tag", "branch"].iter().find_map(|key| text(wanted, key));
    let keys = ["url", "file", "path"];
    let from_git = from_git.map(|url| git(&url, revision.as_deref()));
    package.source = from_git.or_else(|| keys.iter().find_map(|key| text(wanted, key)));
    package
}
