//! Packages that lie in a project whole, as their installers leave them: a virtual environment, a `node_modules`.
//!
//! Source: PyPA "Recording installed projects" and "Core metadata"; conda documentation, "Package metadata"
//! (`conda-meta`); npm documentation, "folders".

use serde_json::Value as Json;

use super::out::{Packages, text};
use super::pep508::{digest, python as pypi};
use crate::{InspectError, PackageInfo};

/// Whether a path is that of the metadata of an installed Python package.
pub(super) fn is_python(name: &str, path: &str) -> bool {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    match name {
        "metadata" => folder.ends_with(".dist-info"),
        "pkg-info" => folder.ends_with(".egg-info"),
        _ => false,
    }
}

/// The same for one of conda.
pub(super) fn is_conda(name: &str, path: &str) -> bool {
    name.strip_suffix(".json").is_some() && path.rsplit('/').nth(1) == Some("conda-meta")
}

/// The same for one of npm: what lies deeper in its folder is of no package of its own.
pub(super) fn is_npm(name: &str, path: &str) -> bool {
    let below = path.rsplit_once("node_modules/").map_or("", |(_, below)| below);
    let depth = if below.starts_with('@') { 2 } else { 1 };
    name == "package.json" && below.matches('/').count() == depth
}

/// Reads core metadata: headers like those of a letter, and behind an empty line a description.
pub(super) fn python(metadata: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let (mut name, mut version) = (None, None);
    for (at, line) in (1..).zip(metadata.lines()) {
        out.budget.steps(1)?;
        if line.trim().is_empty() {
            break;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        let field = match key.to_ascii_lowercase().as_str() {
            "name" => &mut name,
            "version" => &mut version,
            _ => continue,
        };
        field.get_or_insert((at, value.trim()));
    }
    let Some((at, name)) = name else { return Ok(()) };
    let version = version.map(|(_, version)| version.to_owned());
    out.add(format!("line {at}"), PackageInfo { version, ..pypi(name) })
}

/// Reads a record of `conda-meta`.
pub(super) fn conda(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut package = of("conda", root);
    package.source = text(root, "channel");
    let digests = ["sha256", "md5"].iter().filter_map(|key| digest(key, &text(root, key)?));
    package.digests = digests.collect();
    out.add("/name".to_owned(), package)
}

/// Reads the manifest of an installed npm package.
pub(super) fn npm(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    out.add("/name".to_owned(), of("npm", root))
}

fn of(ecosystem: &str, root: &Json) -> PackageInfo {
    PackageInfo {
        ecosystem: ecosystem.to_owned(),
        name: text(root, "name").unwrap_or_default(),
        version: text(root, "version"),
        ..PackageInfo::default()
    }
}
