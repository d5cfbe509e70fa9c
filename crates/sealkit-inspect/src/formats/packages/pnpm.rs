//! `pnpm-lock.yaml`.
//!
//! Source: the lock files that pnpm 6 to 10 write (lockfileVersion 5.x, 6.0 and 9.0).

use serde_json::Value as Json;

use super::graph::Roots;
use super::npm::npm;
use super::out::{Packages, entries, step, text};
use crate::address::integrity;
use crate::{InspectError, Scope};

/// Reads `pnpm-lock.yaml`.
pub(super) fn lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut roots = Roots::default();
    // Without workspaces, older versions have the one project at the root.
    let projects = entries(root, "importers").map(|(_, project)| project).chain([root]);
    for project in projects {
        for (section, set) in [
            ("dependencies", &mut roots.runtime),
            ("optionalDependencies", &mut roots.optional),
            ("devDependencies", &mut roots.development),
        ] {
            out.budget.entries(1)?;
            set.extend(entries(project, section).map(|(name, _)| name.clone()));
        }
    }
    for (key, entry) in entries(root, "packages") {
        let Some((name, version)) = split(key) else { continue };
        let mut package = npm(text(entry, "name").as_deref().unwrap_or(name));
        package.version = text(entry, "version").or_else(|| Some(version.to_owned()));
        if let Some(resolution) = entry.get("resolution") {
            package.digests = integrity(&text(resolution, "integrity").unwrap_or_default());
            package.source = ["tarball", "repo"].iter().find_map(|key| text(resolution, key));
            package.version = text(resolution, "commit").or(package.version);
        }
        if entry.get("dev").and_then(Json::as_bool) == Some(true) {
            package.scope = Scope::Development;
        }
        // From version 9 on the edges stand apart, once for each set of peers.
        let snapshots = root.get("snapshots").and_then(|all| all.get(key));
        for holder in [Some(entry), snapshots].into_iter().flatten() {
            for section in ["dependencies", "optionalDependencies"] {
                package.needs.extend(entries(holder, section).map(|(name, _)| name.clone()));
            }
        }
        out.add(format!("/packages/{}", step(key)), package)?;
    }
    out.settle(&roots)
}

/// `/name/1.0.0_peer` (5), `/name@1.0.0(peer)` (6), `name@1.0.0` (9), each with a scope or without.
fn split(key: &str) -> Option<(&str, &str)> {
    let key = key.strip_prefix('/').unwrap_or(key);
    let key = key.split('(').next().unwrap_or(key);
    let start = usize::from(key.starts_with('@'));
    let slash = key.match_indices('/').map(|(at, _)| at).nth(start);
    let at = key.get(start..)?.find('@').map(|at| at + start);
    // Version 5 has a slash before the version, and its peers behind `_` may hold an `@`.
    let end = at.into_iter().chain(slash).min()?;
    let (name, version) = (key.get(..end)?, key.get(end + 1..)?);
    Some((name, version.split('_').next().unwrap_or(version)))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn keys_of_every_version() {
        for key in ["/a/1.0.0", "/a/1.0.0_b@2.0.0", "/a@1.0.0(b@2.0.0)", "a@1.0.0"] {
            assert_eq!(split(key), Some(("a", "1.0.0")), "{key}");
        }
        assert_eq!(split("/@s/a/1.0.0"), Some(("@s/a", "1.0.0")));
        assert_eq!(split("@s/a@1.0.0"), Some(("@s/a", "1.0.0")));
        assert_eq!(split("/@s/a@1.0.0(x@1)"), Some(("@s/a", "1.0.0")));
        assert_eq!(split("a"), None);
    }
}
