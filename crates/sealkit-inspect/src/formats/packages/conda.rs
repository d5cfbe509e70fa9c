//! `environment.yml`, `conda-lock.yml`, explicit lock files and `pixi.lock`.
//!
//! Source: conda documentation, "Managing environments" (explicit files too) and "Package match specifications";
//! conda-lock's unified lock file (version 1); the lock files that pixi writes (versions 5 and 6).

use serde_json::Value as Json;

use super::graph::Roots;
use super::out::{Packages, entries, items, text};
use super::pep508::{digest, python, requirement};
use crate::{InspectError, PackageInfo, Scope};
use sealkit_report::Severity;

/// Reads `environment.yml`.
pub(super) fn environment(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    out.project("/name", crate::property::NAME, root.get("name"));
    for (at, item) in items(root, "dependencies").enumerate() {
        if let Some(package) = item.as_str().and_then(match_spec) {
            out.add(format!("/dependencies/{at}"), package)?;
        }
        for (line, wanted) in items(item, "pip").enumerate() {
            if let Some(mut package) = wanted.as_str().and_then(requirement) {
                package.direct = true;
                out.add(format!("/dependencies/{at}/pip/{line}"), package)?;
            }
        }
    }
    Ok(())
}

/// `channel::name=version=build`, `name==version`, `name >=1,<2`, `name[version='>=1']`.
fn match_spec(text: &str) -> Option<PackageInfo> {
    let (channel, rest) = match text.split_once("::") {
        Some((channel, rest)) => (Some(channel.trim()), rest),
        None => (None, text),
    };
    let rest = rest.trim();
    let end = rest.find(|c: char| " =<>!~[".contains(c)).unwrap_or(rest.len());
    let (name, versions) = rest.split_at_checked(end)?;
    let mut package = conda(name);
    package.direct = true;
    package.source = channel.map(str::to_owned);
    let versions = versions.trim();
    if let Some(exact) = versions.strip_prefix("==") {
        package.version = Some(exact.trim().to_owned());
    } else if let Some(fuzzy) = versions.strip_prefix('=') {
        // With a build it is one package; without, `=1.2` allows every 1.2.x.
        match fuzzy.split_once('=') {
            Some((version, _)) => package.version = Some(version.trim().to_owned()),
            None => package.requirement = Some(format!("={}", fuzzy.trim())),
        }
    } else if !versions.is_empty() {
        package.requirement = Some(versions.to_owned());
    }
    (!name.is_empty()).then_some(package)
}

/// Reads `conda-lock.yml`. The same package for several platforms is one, with all digests.
pub(super) fn conda_lock(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, entry) in items(root, "package").enumerate() {
        let name = text(entry, "name").unwrap_or_default();
        let is_pip = text(entry, "manager").as_deref() == Some("pip");
        let mut package = if is_pip { python(&name) } else { conda(&name) };
        package.version = text(entry, "version");
        package.source = text(entry, "url");
        let hashes = entries(entry, "hash");
        package.digests = hashes.filter_map(|(name, hex)| digest(name, hex.as_str()?)).collect();
        let needs = entries(entry, "dependencies").map(|(name, _)| name);
        package.needs = needs.filter(|name| !name.starts_with("__")).cloned().collect();
        let is_optional = entry.get("optional").and_then(Json::as_bool) == Some(true);
        package.scope = match text(entry, "category").as_deref() {
            Some("main") | None if !is_optional => Scope::Runtime,
            Some("dev") => Scope::Development,
            _ => Scope::Optional,
        };
        out.merge(format!("/package/{at}"), package)?;
    }
    out.settle(&Roots::default())
}

/// Reads the addresses below `@EXPLICIT`, each of one package, with its MD5 or SHA-256 behind `#`.
pub(super) fn explicit(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, line) in (1..).zip(text.lines()) {
        out.budget.steps(1)?;
        let line = line.trim();
        // What pip installs beside stands in comments, in the form of requirements.
        if let Some(wanted) = line.strip_prefix("# pip ") {
            if let Some(mut package) = requirement(wanted.split(" --").next().unwrap_or(wanted)) {
                package.direct = true;
                out.merge(format!("line {at}"), package)?;
            }
            continue;
        }
        if line.is_empty() || line.starts_with(['#', '@']) {
            continue;
        }
        let (url, fragment) = line.split_once('#').unwrap_or((line, ""));
        let Some((name, version)) = archive(url) else {
            let message = "a line that is no address of a package".to_owned();
            out.find("requirement-unread", Severity::Low, &format!("line {at}"), message);
            continue;
        };
        let mut package = conda(&name);
        package.version = Some(version);
        let hex = fragment.strip_prefix("sha256:").unwrap_or(fragment);
        let algorithm = if hex.len() == 64 { "sha256" } else { "md5" };
        package.digests = digest(algorithm, hex).into_iter().collect();
        package.source = Some(url.to_owned());
        out.merge(format!("line {at}"), package)?;
    }
    Ok(())
}

/// Reads `pixi.lock`.
pub(super) fn pixi(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (at, entry) in items(root, "packages").enumerate() {
        // Version 5 says the kind, version 6 has it as the key of the address.
        let kind = |kind: &str| text(entry, "kind").as_deref() == Some(kind);
        let is_pip = kind("pypi") || entry.get("pypi").is_some();
        let url = ["conda", "pypi", "url", "path"].iter().find_map(|key| text(entry, key));
        let mut package = if is_pip { python("") } else { conda("") };
        let named = url.as_deref().and_then(archive).filter(|_| !is_pip);
        if let Some((name, version)) = named {
            (package.name, package.version) = (name, Some(version));
        }
        package.name = text(entry, "name").unwrap_or(package.name);
        package.version = text(entry, "version").or(package.version);
        let digests = ["sha256", "md5"].iter().filter_map(|key| digest(key, &text(entry, key)?));
        package.digests = digests.collect();
        let needs = items(entry, "depends").filter_map(|d| match_spec(d.as_str()?));
        let pip = items(entry, "requires_dist").filter_map(|d| requirement(d.as_str()?));
        let pip = pip.filter(|need| need.scope == Scope::Runtime);
        package.needs = needs.chain(pip).map(|need| need.name).collect();
        package.needs.retain(|name| !name.starts_with("__"));
        package.source = url;
        out.merge(format!("/packages/{at}"), package)?;
    }
    out.settle(&Roots::default())
}

/// Name and version of `…/NAME-VERSION-BUILD.conda`.
fn archive(url: &str) -> Option<(String, String)> {
    let file = url.rsplit('/').next()?;
    let stem = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
    let (rest, _) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name.to_owned(), version.to_owned()))
}

fn conda(name: &str) -> PackageInfo {
    PackageInfo { ecosystem: "conda".to_owned(), name: name.to_owned(), ..PackageInfo::default() }
}
