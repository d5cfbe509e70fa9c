//! The software that made a document: SPDX has one text for its name and version.

use sealkit_inspect::{PackageInfo, Value};

use crate::{Property, name};

/// The tool that a text names: `NAME-VERSION` as SPDX 2 has it, or `NAME VERSION`.
pub(super) fn read(text: &str) -> Option<Property> {
    let text = text.trim();
    let split = text.char_indices().find_map(|(at, c)| {
        let rest = text.get(at + c.len_utf8()..)?;
        let name = text.get(..at).filter(|name| !name.is_empty())?;
        (matches!(c, '-' | ' ') && is_version(rest)).then_some((name.trim(), rest))
    });
    let (name, version) = split.map_or((text, None), |(name, version)| (name, Some(version)));
    let package = PackageInfo {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        ..PackageInfo::default()
    };
    (!text.is_empty()).then(|| Property::new(name::TOOL, Value::Package(package), None))
}

/// Whether a text begins with a whole number, as `1.2`, `v3` and `2026-01-31` do and `2go` does not.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let first = text.split(['.', '-', '+', '_']).next().unwrap_or_default();
    !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text for a tool that the document names.
pub(super) fn label(property: &Property) -> Option<String> {
    let Value::Package(package) = &property.value else { return None };
    let is_tool = property.name == name::TOOL && !package.name.is_empty();
    is_tool.then(|| match &package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_name_and_a_version_where_it_has_one() {
        for (text, wanted) in [
            ("acme-gen-3.1", "acme-gen 3.1"),
            ("acme gen 3.1", "acme gen 3.1"),
            ("syft-1.0.0-beta+2", "syft 1.0.0-beta+2"),
            ("tool-v2", "tool v2"),
            ("to-2go-7", "to-2go 7"),
            ("LicenseFind-", "LicenseFind-"),
            ("-1", "-1"),
            ("Ünï-1", "Ünï 1"),
        ] {
            let tool = read(text).unwrap();
            assert_eq!(label(&tool).as_deref(), Some(wanted));
        }
        assert_eq!(read(" "), None);
        let Value::Package(package) = read("acme-gen-3.1").unwrap().value else { panic!() };
        assert_eq!((package.name.as_str(), package.version.as_deref()), ("acme-gen", Some("3.1")));
    }
}
