//! Package URLs of libraries and containers (purl-spec).

use sealkit_inspect::PackageInfo;

/// Ecosystems that have a type of package URL.
const TYPES: &[&str] = &[
    "alpm",
    "apk",
    "bioconductor",
    "cargo",
    "composer",
    "conan",
    "conda",
    "cran",
    "deb",
    "docker",
    "gem",
    "generic",
    "github",
    "golang",
    "hackage",
    "hex",
    "maven",
    "npm",
    "nuget",
    "oci",
    "pub",
    "pypi",
    "rpm",
    "swift",
];

/// The package URL; none for an ecosystem that has no type.
pub(super) fn package(package: &PackageInfo, version: Option<&str>) -> Option<String> {
    TYPES.contains(&package.ecosystem.as_str()).then_some(())?;
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    let (ecosystem, name) = (package.ecosystem.clone(), package.name.clone());
    let source = package.source.clone();
    crate::purl::package(&PackageInfo {
        ecosystem,
        name,
        version,
        source,
        ..PackageInfo::default()
    })
}

/// The one spelling that a name has in its ecosystem.
pub(super) fn spelling(ecosystem: &str, name: &str) -> String {
    let name = name.trim();
    match ecosystem {
        "pypi" => {
            let joined = name.to_ascii_lowercase().replace(['_', '.'], "-");
            let mut out = String::with_capacity(joined.len());
            for c in joined.chars() {
                if c != '-' || !out.ends_with('-') {
                    out.push(c);
                }
            }
            out
        }
        "npm" | "golang" | "github" | "docker" | "oci" | "composer" => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_have_the_form_of_the_specification() {
        let purl = |ecosystem: &str, name: &str, version| {
            let info = PackageInfo {
                ecosystem: ecosystem.to_owned(),
                name: name.to_owned(),
                ..PackageInfo::default()
            };
            package(&info, version).unwrap_or_default()
        };
        assert_eq!(purl("pypi", "Scikit_Learn", Some("1.5.0")), "pkg:pypi/scikit-learn@1.5.0");
        assert_eq!(purl("npm", "@angular/cli", Some("1.0")), "pkg:npm/%40angular/cli@1.0");
        let go = purl("golang", "github.com/Gorilla/mux", Some("v1.8.0"));
        assert_eq!(go, "pkg:golang/github.com/gorilla/mux@v1.8.0");
        assert_eq!(purl("cargo", "serde_json", None), "pkg:cargo/serde_json");
        assert_eq!(purl("pypi", "torch", Some("2.1+cu1")), "pkg:pypi/torch@2.1%2Bcu1");
        assert_eq!(
            purl("docker", "ghcr.io/a/b", Some("1")),
            "pkg:docker/a/b@1?repository_url=ghcr.io"
        );
        assert_eq!(
            purl("docker", "localhost:5000/b", None),
            "pkg:docker/b?repository_url=localhost:5000"
        );
        assert_eq!(purl("docker", "docker.io/library/b", None), "pkg:docker/library/b");
        assert_eq!(purl("docker", "org/b", None), "pkg:docker/org/b");
        assert_eq!(purl("unheard-of", "x", None), "");
        assert_eq!(purl("npm", "", None), "");
    }
}
