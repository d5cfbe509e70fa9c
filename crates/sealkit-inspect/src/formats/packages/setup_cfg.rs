//! `setup.cfg`.
//!
//! Source: setuptools documentation, "Configuring setuptools using setup.cfg files".

use serde_json::Value as Json;

use super::out::Packages;
use super::pep508::requirement;
use super::pyproject::interpreter;
use crate::{InspectError, Scope, property};

/// Reads the sections of the file; values may go on in indented lines.
pub(super) fn manifest(text: &str, out: &mut Packages<'_>) -> Result<(), InspectError> {
    let mut section = String::new();
    let mut key = String::new();
    let mut author = (0, String::new(), None);
    for (at, line) in (1..).zip(text.lines()) {
        out.budget.steps(1)?;
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            value(&section, &key, content, at, out)?;
        } else if let Some(name) = content.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
        } else if let Some((name, first)) = content.split_once(['=', ':']) {
            key = name.trim().to_ascii_lowercase().replace('-', "_");
            let first = first.trim();
            match (section.as_str(), key.as_str()) {
                ("metadata", "author") => (author.0, author.1) = (at, first.to_owned()),
                ("metadata", "author_email") => {
                    author.2 = Some(first.to_owned());
                    if author.1.is_empty() {
                        author.0 = at;
                    }
                }
                _ => value(&section, &key, first, at, out)?,
            }
        }
    }
    let (at, name, email) = author;
    out.party(&format!("line {at}"), "author", &name, email.as_deref());
    Ok(())
}

fn value(
    section: &str,
    key: &str,
    text: &str,
    line: usize,
    out: &mut Packages<'_>,
) -> Result<(), InspectError> {
    let place = format!("line {line}");
    // `attr:` and `file:` say where the value is, not what it is.
    let literal = !text.starts_with("attr:") && !text.starts_with("file:");
    let json = Json::String(text.to_owned());
    let about = match (section, key) {
        ("metadata", "name") => Some(property::NAME),
        ("metadata", "version") => Some(property::VERSION),
        ("metadata", "license") => Some(property::LICENCE),
        ("metadata", "description") => Some(property::DESCRIPTION),
        _ => None,
    };
    if let Some(property) = about.filter(|_| literal) {
        out.project(&place, property, Some(&json));
    }
    let scope = match (section, key) {
        ("metadata", "url") => {
            out.link(&place, "website", Some(&json));
            return Ok(());
        }
        ("options", "python_requires") => return out.add(place, interpreter(text)),
        ("options", "install_requires") => Scope::Runtime,
        ("options", "setup_requires") => Scope::Build,
        ("options", "tests_require") => Scope::Development,
        ("options.extras_require", _) => Scope::Optional,
        _ => return Ok(()),
    };
    let Some(mut package) = requirement(text) else { return Ok(()) };
    (package.direct, package.scope) = (true, scope);
    out.add(place, package)
}
