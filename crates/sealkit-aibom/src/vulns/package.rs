//! Names of packages: as OSV has them, and as package URLs have them.

use std::collections::BTreeSet;

use crate::purl::decode;
use crate::{Component, name};

/// Ecosystems of OSV with the type of package URL that they have (OSV schema 1.7.5,
/// `affected[].package.ecosystem`).
const ECOSYSTEMS: &[(&str, &str)] = &[
    ("PyPI", "pypi"),
    ("npm", "npm"),
    (concat!("crates", ".io"), "cargo"),
    ("Go", "golang"),
    ("Maven", "maven"),
    ("NuGet", "nuget"),
    ("RubyGems", "gem"),
    ("Packagist", "composer"),
    ("Hex", "hex"),
    ("Pub", "pub"),
    ("ConanCenter", "conan"),
    ("CRAN", "cran"),
    ("Bioconductor", "bioconductor"),
    ("Hackage", "hackage"),
    ("SwiftURL", "swift"),
    ("GitHub Actions", "githubactions"),
    ("Debian", "deb"),
    ("Ubuntu", "deb"),
    ("Alpine", "apk"),
];

/// A package, whatever its version: type of its package URL and name in one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Package {
    pub(super) kind: String,
    pub(super) name: String,
}

impl Package {
    fn new(kind: &str, name: &str) -> Option<Self> {
        let kind = kind.to_ascii_lowercase();
        let name = spelling(&kind, name.trim_matches('/'));
        (!kind.is_empty() && !name.is_empty()).then_some(Self { kind, name })
    }

    /// The package of an ecosystem of OSV; a release after the colon, `Debian:12`, does not count.
    pub(super) fn of_osv(ecosystem: &str, name: &str) -> Option<Self> {
        let ecosystem = ecosystem.split(':').next().unwrap_or_default();
        let row = ECOSYSTEMS.iter().find(|row| row.0.eq_ignore_ascii_case(ecosystem))?;
        // Maven joins what a package URL keeps apart.
        let name = if row.1 == "maven" { name.replace(':', "/") } else { name.to_owned() };
        Self::new(row.1, &name)
    }
}

/// A package URL without qualifiers and subpath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) package: Package,
    pub(super) version: Option<String>,
}

/// Parses what of a package URL names a package.
pub(super) fn parse(purl: &str) -> Option<Parsed> {
    let rest = purl.get(..4).filter(|s| s.eq_ignore_ascii_case("pkg:")).and(purl.get(4..))?;
    let rest = rest.trim_start_matches('/');
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (kind, rest) = rest.split_once('/')?;
    let at =
        rest.rfind('@').filter(|at| *at > 0 && rest.get(*at..).is_some_and(|v| !v.contains('/')));
    let (name, version) = match at {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)),
        None => (rest, None),
    };
    let package = Package::new(kind, &decode(name).ok()?)?;
    let version =
        version.and_then(|version| decode(version).ok()).filter(|version| !version.is_empty());
    Some(Parsed { package, version })
}

/// What a component can be known as.
pub(super) fn of_component(component: &Component) -> BTreeSet<Package> {
    let mut all = BTreeSet::new();
    all.extend(component.purl.as_deref().and_then(parse).map(|parsed| parsed.package));
    if component.kind.is_model() || component.kind.is_data() {
        for id in component.of(name::HUB_ID) {
            all.extend(Package::new("huggingface", &id.value.to_string()));
        }
        let is_id = component.name.split('/').filter(|part| !part.is_empty()).count() == 2;
        if is_id && !component.kind.is_inside() {
            all.extend(Package::new("huggingface", &component.name));
        }
    }
    all
}

/// The one spelling that the name of a package has in its ecosystem, by the type of its package URL: `Typing_Extensions`
/// is `typing-extensions` for `pypi` (PEP 503). A name space stands before it with a `/`.
pub fn package_name(kind: &str, name: &str) -> String {
    spelling(kind, name)
}

/// The one spelling that a name has in its ecosystem (purl-spec, rules of the types).
fn spelling(kind: &str, name: &str) -> String {
    match kind {
        "pypi" => {
            let mut out = String::with_capacity(name.len());
            for c in name.to_lowercase().chars() {
                let c = if matches!(c, '_' | '.') { '-' } else { c };
                if c != '-' || !out.ends_with('-') {
                    out.push(c);
                }
            }
            out
        }
        "golang" | "npm" | "github" | "githubactions" | "composer" | "huggingface" | "oci" => {
            name.to_lowercase()
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_a_package_are_one() {
        for (ecosystem, name, purl) in [
            ("PyPI", "Scikit_Learn", "pkg:pypi/scikit-learn@1.5.0"),
            ("npm", "@angular/cli", "pkg:npm/%40angular/cli@1.0"),
            ("npm", "@angular/cli", "pkg:npm/@angular/cli"),
            ("Maven", "org.apache:commons", "pkg:maven/org.apache/commons@1?type=jar"),
            ("Go", "github.com/Gorilla/mux", "pkg:golang/github.com/gorilla/mux@v1.8.0#x"),
            ("Debian:12", "curl", "pkg:deb/curl@7.1"),
        ] {
            let wanted = Package::of_osv(ecosystem, name);
            assert!(wanted.is_some());
            assert_eq!(parse(purl).map(|parsed| parsed.package), wanted, "{purl}");
        }
        assert_eq!(Package::of_osv("Unheard-of", "x"), None);
    }

    #[test]
    fn malformed_package_urls_are_none() {
        for purl in
            ["", "pkg:", "pkg:pypi", "pypi/x", "pkg:pypi/%4", "pkg:pypi/%zz", "pkg:/x", "pkg:pypi/"]
        {
            assert_eq!(parse(purl), None, "{purl}");
        }
        assert_eq!(parse("pkg:pypi/x@").unwrap().version, None);
        assert_eq!(parse("pkg:oci/x@sha256%3Aab").unwrap().version.as_deref(), Some("sha256:ab"));
    }
}
