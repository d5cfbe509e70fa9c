//! `Cargo.lock` and `Cargo.toml`.
//!
//! Source: The Cargo Book, "The Manifest Format" and "Cargo.toml vs Cargo.lock"; lock versions 1
//! to 4.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::graph::Roots;
use super::out::{Packages, entries, is_version, items, step, text};
use super::pep508::digest;
use crate::{InspectError, PackageInfo, Scope, property};

/// Reads `Cargo.lock`. Packages without a source are the project's own; which of their needs are
/// for development does not stand in it.
pub(super) fn lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let old: BTreeMap<&String, &Json> = entries(root, "metadata").collect();
    let mut roots = Roots::default();
    for (at, entry) in items(root, "package").enumerate() {
        let name = text(entry, "name").unwrap_or_default();
        let needs = items(entry, "dependencies").filter_map(Json::as_str);
        let needs: Vec<String> =
            needs.filter_map(|need| need.split(' ').next()).map(str::to_owned).collect();
        let Some(source) = text(entry, "source") else {
            roots.runtime.extend(needs);
            continue;
        };
        let mut package = cargo(&name);
        package.version = text(entry, "version");
        package.needs = needs;
        let version = package.version.as_deref().unwrap_or_default();
        let old = old.get(&format!("checksum {name} {version} ({source})"));
        let checksum = text(entry, "checksum").or_else(|| old?.as_str().map(str::to_owned));
        package.digests = checksum.and_then(|hex| digest("sha256", &hex)).into_iter().collect();
        let url = source.split_once('+').map_or(source.as_str(), |(_, url)| url);
        package.source = Some(url.to_owned());
        out.add(format!("/package/{at}"), package)?;
    }
    out.settle(&roots)
}

/// Reads `Cargo.toml`.
pub(super) fn manifest(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (place, package) in [
        ("/package", root.get("package")),
        ("/workspace/package", root.pointer("/workspace/package")),
    ] {
        if let Some(package) = package {
            about(package, place, out);
        }
    }
    tables(root, "", out)?;
    if let Some(workspace) = root.get("workspace") {
        tables(workspace, "/workspace", out)?;
    }
    for (target, holder) in entries(root, "target") {
        tables(holder, &format!("/target/{}", step(target)), out)?;
    }
    Ok(())
}

fn about(package: &Json, place: &str, out: &mut Packages<'_>) {
    let keys = [
        ("name", property::NAME),
        ("version", property::VERSION),
        ("description", property::DESCRIPTION),
        ("license", property::LICENCE),
    ];
    for (key, property) in keys {
        out.project(&format!("{place}/{key}"), property, package.get(key));
    }
    for (at, author) in items(package, "authors").enumerate() {
        let name = author.as_str().unwrap_or_default();
        out.party(&format!("{place}/authors/{at}"), "author", name, None);
    }
    for (key, kind) in
        [("repository", "vcs"), ("homepage", "website"), ("documentation", "documentation")]
    {
        out.link(&format!("{place}/{key}"), kind, package.get(key));
    }
}

fn tables(holder: &Json, place: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (key, scope) in [
        ("dependencies", Scope::Runtime),
        ("dev-dependencies", Scope::Development),
        ("build-dependencies", Scope::Build),
    ] {
        for (name, wanted) in entries(holder, key) {
            let real = text(wanted, "package");
            let mut package = cargo(real.as_deref().unwrap_or(name));
            let is_optional = wanted.get("optional").and_then(Json::as_bool) == Some(true);
            package.scope = if is_optional { Scope::Optional } else { scope };
            package.direct = true;
            let version = wanted.as_str().map(str::to_owned).or_else(|| text(wanted, "version"));
            // Fewer than three numbers allow all that begin so.
            let exact = version.as_deref().and_then(|version| version.strip_prefix('='));
            match exact.filter(|exact| is_version(exact.trim())) {
                Some(exact) => package.version = Some(exact.trim().to_owned()),
                None => package.requirement = version.filter(|version| version != "*"),
            }
            package.source = ["git", "path"].iter().find_map(|key| text(wanted, key));
            if text(wanted, "git").is_some() {
                package.version = text(wanted, "rev").or_else(|| text(wanted, "tag"));
            }
            out.add(format!("{place}/{key}/{}", step(name)), package)?;
        }
    }
    Ok(())
}

fn cargo(name: &str) -> PackageInfo {
    PackageInfo { ecosystem: "cargo".to_owned(), name: name.to_owned(), ..PackageInfo::default() }
}
