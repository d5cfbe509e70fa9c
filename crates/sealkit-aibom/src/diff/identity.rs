//! What makes two components the same thing in two AIBOMs.

use crate::{Component, Kind};

/// Kind and name of a thing, without what may change about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    kind: Kind,
    name: String,
}

impl Identity {
    /// What people call it.
    pub(super) fn label(&self) -> String {
        match self.kind {
            Kind::Kit => self.kind.name().to_owned(),
            kind => format!("{} {}", kind.name(), self.name),
        }
    }
}

/// A thing inside is what lies at its path; a thing outside is what its package URL without version,
/// or else its name, says. There is one kit.
pub(super) fn identity(component: &Component) -> Identity {
    let purl = component.purl.as_deref().map(without_version);
    let path = component.path.as_deref();
    let name = match component.kind {
        Kind::Kit => "",
        kind if kind.is_inside() => path.unwrap_or(&component.name),
        _ => purl.unwrap_or(&component.name),
    };
    Identity { kind: component.kind, name: name.to_owned() }
}

pub(crate) fn without_version(purl: &str) -> &str {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let (head, _) = purl.split_at_checked(end).unwrap_or((purl, ""));
    // The version follows the last `@`; a name space may start with one, escaped or not.
    match head.rfind('@') {
        Some(at) if head.get(at..).is_some_and(|rest| !rest.contains('/')) => {
            head.get(..at).unwrap_or(head)
        }
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_loses_its_version_alone() {
        for (purl, wanted) in [
            ("pkg:pypi/numpy@2.1.0", "pkg:pypi/numpy"),
            ("pkg:pypi/numpy", "pkg:pypi/numpy"),
            ("pkg:npm/@scope/name@1.0?x=y@z", "pkg:npm/@scope/name"),
            ("pkg:npm/@scope/name", "pkg:npm/@scope/name"),
            ("pkg:oci/x@sha256%3Aab?repository_url=h/p", "pkg:oci/x"),
        ] {
            assert_eq!(without_version(purl), wanted);
        }
    }
}
