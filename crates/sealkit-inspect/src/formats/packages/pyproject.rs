//! `pyproject.toml`.
//!
//! Source: PyPA "pyproject.toml specification" (PEP 518, 621, 639, 735) and Poetry's manifest.

use serde_json::Value as Json;

use super::out::{Packages, entries, items, step, text};
use super::pep508::{requirement, specify};
use super::pipfile::entry;
use crate::{InspectError, PackageInfo, Scope, property};

/// Reads what the project needs and what it says of itself.
pub(super) fn manifest(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let none = Json::Null;
    let project = root.get("project").unwrap_or(&none);
    about(project, "/project", out);
    if let Some(python) = text(project, "requires-python") {
        out.add("/project/requires-python".to_owned(), interpreter(&python))?;
    }
    list(project, "dependencies", "/project", Scope::Runtime, out)?;
    if let Some(extras) = project.get("optional-dependencies") {
        for (extra, _) in entries(project, "optional-dependencies") {
            list(extras, extra, "/project/optional-dependencies", Scope::Optional, out)?;
        }
    }
    if let Some(groups) = root.get("dependency-groups") {
        for (group, _) in entries(root, "dependency-groups") {
            list(groups, group, "/dependency-groups", Scope::Development, out)?;
        }
    }
    if let Some(build) = root.get("build-system") {
        list(build, "requires", "/build-system", Scope::Build, out)?;
    }
    match root.pointer("/tool/poetry") {
        Some(tool) => poetry(tool, out),
        None => Ok(()),
    }
}

/// Reads the metadata inside a script, which has the keys of `project` and nothing else of it.
pub(crate) fn script(tree: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    if let Some(python) = text(tree, "requires-python") {
        out.add("/script/requires-python".to_owned(), interpreter(&python))?;
    }
    list(tree, "dependencies", "/script", Scope::Runtime, out)
}

fn about(project: &Json, place: &str, out: &mut Packages<'_>) {
    let keys = [
        ("name", property::NAME),
        ("version", property::VERSION),
        ("description", property::DESCRIPTION),
        ("license", property::LICENCE),
    ];
    for (key, property) in keys {
        out.project(&format!("{place}/{key}"), property, project.get(key));
    }
    // Before PEP 639 the licence was a table.
    let old = project.get("license").and_then(|licence| licence.get("text"));
    out.project(&format!("{place}/license/text"), property::LICENCE, old);
    for (key, role) in [("authors", "author"), ("maintainers", "maintainer")] {
        for (at, person) in items(project, key).enumerate() {
            let name = person.as_str().map(str::to_owned).or_else(|| text(person, "name"));
            let email = text(person, "email");
            let name = name.unwrap_or_default();
            out.party(&format!("{place}/{key}/{at}"), role, &name, email.as_deref());
        }
    }
    for (label, url) in entries(project, "urls") {
        let kind = match label.to_ascii_lowercase().as_str() {
            "repository" | "source" | "source code" | "github" | "code" => "vcs",
            "documentation" | "docs" => "documentation",
            "issues" | "bug tracker" | "tracker" | "issue tracker" => "issue-tracker",
            "changelog" | "release notes" => "release-notes",
            _ => "website",
        };
        out.link(&format!("{place}/urls/{}", step(label)), kind, Some(url));
    }
}

/// A list of requirements at a key.
fn list(
    holder: &Json,
    key: &str,
    place: &str,
    scope: Scope,
    out: &mut Packages<'_>,
) -> Result<(), InspectError> {
    for (at, text) in items(holder, key).enumerate() {
        // A group may include another, which is listed where it stands.
        let Some(mut package) = text.as_str().and_then(requirement) else { continue };
        (package.direct, package.scope) = (true, scope);
        out.add(format!("{place}/{}/{at}", step(key)), package)?;
    }
    Ok(())
}

fn poetry(tool: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let place = "/tool/poetry";
    about(tool, place, out);
    for (key, kind) in
        [("repository", "vcs"), ("homepage", "website"), ("documentation", "documentation")]
    {
        out.link(&format!("{place}/{key}"), kind, tool.get(key));
    }
    table(tool, "dependencies", place, Scope::Runtime, out)?;
    table(tool, "dev-dependencies", place, Scope::Development, out)?;
    for (group, holder) in entries(tool, "group") {
        let place = format!("{place}/group/{}", step(group));
        table(holder, "dependencies", &place, Scope::Development, out)?;
    }
    Ok(())
}

fn table(
    holder: &Json,
    key: &str,
    place: &str,
    scope: Scope,
    out: &mut Packages<'_>,
) -> Result<(), InspectError> {
    for (name, wanted) in entries(holder, key) {
        let place = format!("{place}/{key}/{}", step(name));
        if name == "python" {
            if let Some(versions) = wanted.as_str() {
                out.add(place, interpreter(versions))?;
            }
            continue;
        }
        let mut package = entry(name, wanted);
        // A bare version means a compatible one here, not that one.
        if let Some(version) = wanted.as_str().or_else(|| wanted.get("version")?.as_str()) {
            (package.version, package.requirement) = (None, None);
            match version.strip_prefix("==") {
                Some(exact) => specify(&mut package, &format!("=={exact}")),
                None if version == "*" => {}
                None => package.requirement = Some(version.to_owned()),
            }
        }
        let is_optional = wanted.get("optional").and_then(Json::as_bool) == Some(true);
        package.scope = if is_optional { Scope::Optional } else { scope };
        package.direct = true;
        out.add(place, package)?;
    }
    Ok(())
}

/// The language itself, as far as it is asked for.
pub(super) fn interpreter(versions: &str) -> PackageInfo {
    let mut package = PackageInfo {
        ecosystem: "generic".to_owned(),
        name: "python".to_owned(),
        direct: true,
        ..PackageInfo::default()
    };
    specify(&mut package, versions);
    package
}
