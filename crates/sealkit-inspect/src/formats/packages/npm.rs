//! `package.json`, and `package-lock.json` of versions 1 to 3.
//!
//! Source: npm documentation, "package.json" and "package-lock.json".

use serde_json::Value as Json;

use super::graph::Roots;
use super::out::{Packages, entries, is_version, step, text};
use crate::address::integrity;
use crate::{InspectError, PackageInfo, Scope, property};

/// Sections of a manifest, with what their packages are for.
const SECTIONS: [(&str, Scope); 4] = [
    ("dependencies", Scope::Runtime),
    ("peerDependencies", Scope::Runtime),
    ("optionalDependencies", Scope::Optional),
    ("devDependencies", Scope::Development),
];

/// Reads `package.json`.
pub(super) fn manifest(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let keys = [
        ("name", property::NAME),
        ("version", property::VERSION),
        ("description", property::DESCRIPTION),
        ("license", property::LICENCE),
    ];
    for (key, property) in keys {
        out.project(&format!("/{key}"), property, root.get(key));
    }
    if let Some(author) = root.get("author") {
        let name = author.as_str().map(str::to_owned).or_else(|| text(author, "name"));
        out.party("/author", "author", &name.unwrap_or_default(), text(author, "email").as_deref());
    }
    out.link("/homepage", "website", root.get("homepage"));
    let repository = root.get("repository").map(|r| r.get("url").unwrap_or(r));
    out.link("/repository", "vcs", repository);
    for (section, scope) in SECTIONS {
        for (name, wanted) in entries(root, section) {
            let mut package = npm(name);
            (package.direct, package.scope) = (true, scope);
            wants(&mut package, wanted.as_str().unwrap_or_default());
            out.add(format!("/{section}/{}", step(name)), package)?;
        }
    }
    Ok(())
}

/// Puts a wanted version where it belongs: one version, a range, or an address.
fn wants(package: &mut PackageInfo, wanted: &str) {
    let wanted = wanted.trim();
    if let Some(alias) = wanted.strip_prefix("npm:") {
        let (name, version) =
            alias.rsplit_once('@').filter(|(n, _)| !n.is_empty()).unwrap_or((alias, ""));
        name.clone_into(&mut package.name);
        return wants(package, version);
    }
    let is_address = wanted.contains(':') || (wanted.contains('/') && !wanted.contains(' '));
    if is_address {
        package.source = Some(wanted.to_owned());
    } else if is_version(wanted) {
        package.version = Some(wanted.to_owned());
    } else if !matches!(wanted, "" | "*" | "latest") {
        package.requirement = Some(wanted.to_owned());
    }
}

/// Reads `package-lock.json`.
pub(super) fn lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    if root.get("packages").is_some() {
        return flat(root, out);
    }
    nested(root, "", 0, out)?;
    out.settle(&Roots::default())
}

/// Versions 2 and 3: one entry for each folder below `node_modules`.
fn flat(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let asked: Vec<&Json> = entries(root, "packages")
        .filter(|(path, _)| !path.contains("node_modules/"))
        .map(|(_, entry)| entry)
        .collect();
    let is_asked = |name: &str| {
        let sections = SECTIONS.iter().map(|(section, _)| section);
        asked.iter().any(|e| sections.clone().any(|s| e.get(s).and_then(|s| s.get(name)).is_some()))
    };
    for (path, entry) in entries(root, "packages") {
        out.budget.steps(asked.len() as u64)?;
        // What lies elsewhere is the project itself or its workspaces; a link points there.
        let Some((before, folder)) = path.rsplit_once("node_modules/") else { continue };
        if entry.get("link").and_then(Json::as_bool) == Some(true) {
            continue;
        }
        let name = text(entry, "name").unwrap_or_else(|| folder.to_owned());
        let mut package = package(&name, entry);
        let keys = ["dependencies", "optionalDependencies"];
        package.needs =
            keys.iter().flat_map(|k| entries(entry, k)).map(|(n, _)| n.clone()).collect();
        package.direct = !before.contains("node_modules/") && is_asked(folder);
        out.add(format!("/packages/{}", step(path)), package)?;
    }
    Ok(())
}

/// Version 1: packages inside packages.
fn nested(
    holder: &Json,
    place: &str,
    depth: u32,
    out: &mut Packages<'_>,
) -> Result<(), InspectError> {
    out.budget.depth(depth)?;
    for (name, entry) in entries(holder, "dependencies") {
        let place = format!("{place}/dependencies/{}", step(name));
        let mut package = package(name, entry);
        package.needs = entries(entry, "requires").map(|(name, _)| name.clone()).collect();
        out.add(place.clone(), package)?;
        nested(entry, &place, depth + 1, out)?;
    }
    Ok(())
}

fn package(name: &str, entry: &Json) -> PackageInfo {
    let mut package = npm(name);
    package.version = text(entry, "version").filter(|v| !v.contains("://"));
    package.digests = integrity(&text(entry, "integrity").unwrap_or_default());
    let resolved = text(entry, "resolved").or_else(|| text(entry, "version"));
    package.source = resolved.filter(|url| url.contains("://"));
    let is = |key: &str| entry.get(key).and_then(Json::as_bool) == Some(true);
    package.scope = match () {
        () if is("dev") => Scope::Development,
        () if is("optional") || is("devOptional") => Scope::Optional,
        () => Scope::Runtime,
    };
    package
}

/// A package of npm.
pub(super) fn npm(name: &str) -> PackageInfo {
    PackageInfo { ecosystem: "npm".to_owned(), name: name.to_owned(), ..PackageInfo::default() }
}
