//! Order of versions, by the rules of their ecosystems.

use std::cmp::Ordering;
use std::str::FromStr;

/// A version that can be compared with others of its ecosystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// PEP 440.
    Python(pep440_rs::Version),
    /// Semantic Versioning 2.0.0.
    Semantic(semver::Version),
}

impl Version {
    /// The version of a package of this type; none where it is malformed, or the order of the
    /// ecosystem is not known here.
    pub(super) fn new(kind: &str, is_semantic: bool, text: &str) -> Option<Self> {
        match kind {
            "pypi" => pep440_rs::Version::from_str(text).ok().map(Self::Python),
            "npm" | "cargo" | "golang" | "hex" | "pub" | "swift" | "githubactions" => {
                semantic(text)
            }
            _ if is_semantic => semantic(text),
            _ => None,
        }
    }

    /// How two versions of one ecosystem stand to each other.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Python(a), Self::Python(b)) => Some(a.cmp(b)),
            // What was built with is no part of the order (Semantic Versioning, 10).
            (Self::Semantic(a), Self::Semantic(b)) => Some(a.cmp_precedence(b)),
            _ => None,
        }
    }
}

/// Go writes a `v` first; parts that are left out are 0.
fn semantic(text: &str) -> Option<Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at_checked(end)?;
    let missing = 3_usize.checked_sub(core.split('.').count())?;
    let full = format!("{core}{}{rest}", ".0".repeat(missing));
    semver::Version::parse(&full).ok().map(Version::Semantic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(kind: &str, a: &str, b: &str) -> Option<Ordering> {
        Version::new(kind, false, a)?.order(&Version::new(kind, false, b)?)
    }

    #[test]
    fn python_has_its_own_order() {
        let rising = ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.0.1", "1.10", "1!0.1"];
        for pair in rising.windows(2) {
            assert_eq!(order("pypi", pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        assert_eq!(order("pypi", "1.0", "1.0.0"), Some(Ordering::Equal));
        assert_eq!(order("pypi", "1.0-rc.1", "1.0rc1"), Some(Ordering::Equal));
    }

    #[test]
    fn semantic_versions_have_theirs() {
        let rising =
            ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.2.0"];
        for pair in rising.windows(2) {
            assert_eq!(order("npm", pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        assert_eq!(order("golang", "v1.2", "1.2.0"), Some(Ordering::Equal));
        assert_eq!(order("cargo", "1.0.0+a", "1.0.0+b"), Some(Ordering::Equal));
    }

    #[test]
    fn what_has_no_order_here_is_not_guessed() {
        for (kind, text) in [("deb", "1.0"), ("maven", "1.0"), ("npm", "latest"), ("pypi", "main")]
        {
            assert_eq!(Version::new(kind, false, text), None, "{kind} {text}");
        }
        assert!(Version::new("maven", true, "1.0.0").is_some());
        assert_eq!(semantic("1.2.3.4"), None);
    }
}
