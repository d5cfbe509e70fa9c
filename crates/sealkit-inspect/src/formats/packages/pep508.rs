//! Requirements of Python packages.
//!
//! Source: PyPA "Dependency specifiers" (PEP 508) and "Version specifiers" (PEP 440).

use crate::address::without_credentials;
use crate::{PackageInfo, Scope};

/// Reads `name [extras] specifiers ; marker` or `name [extras] @ address ; marker`. None where no
/// name stands at the start.
pub(crate) fn requirement(text: &str) -> Option<PackageInfo> {
    let text = text.trim();
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let is_named = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if !is_named {
        return None;
    }
    let mut package = python(name);
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    if let Some(address) = rest.strip_prefix('@') {
        // A marker behind an address needs a space before its semicolon.
        let address = address.trim();
        let address = address.split_once(" ;").map_or(address, |(address, _)| address);
        package.digests = fragment_digests(address);
        package.source = Some(address.trim().to_owned());
        return Some(package);
    }
    let (specifiers, marker) = rest.split_once(';').unwrap_or((rest, ""));
    if marker.contains("extra ==") || marker.contains("extra==") {
        package.scope = Scope::Optional;
    }
    let specifiers = specifiers.trim();
    let specifiers =
        specifiers.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(specifiers);
    let fits = |c: char| c.is_ascii_alphanumeric() || " <>=!~,.*+-_".contains(c);
    if !specifiers.chars().all(fits) || specifiers.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    specify(&mut package, specifiers);
    Some(package)
}

/// Puts specifiers where they belong: one that allows one version alone is that version.
pub(crate) fn specify(package: &mut PackageInfo, specifiers: &str) {
    let specifiers = specifiers.trim();
    let exact = specifiers.strip_prefix("===").or_else(|| specifiers.strip_prefix("=="));
    match exact.map(str::trim) {
        Some(version) if !version.is_empty() && !version.contains(['*', ',', '<', '>', ' ']) => {
            package.version = Some(version.to_owned());
        }
        _ if specifiers.is_empty() || specifiers == "*" => {}
        _ => package.requirement = Some(specifiers.to_owned()),
    }
}

/// A package of the Python index.
pub(super) fn python(name: &str) -> PackageInfo {
    PackageInfo { ecosystem: "pypi".to_owned(), name: name.to_owned(), ..PackageInfo::default() }
}

/// Where git has a package: `git+URL@COMMIT`, as pip and SPDX write it. The version stays the package's own.
pub(super) fn git(url: &str, commit: Option<&str>) -> String {
    let url = without_credentials(url);
    let bare = url.split('#').next().unwrap_or(&url);
    let bare = match (bare.contains("://"), bare.split_once(':')) {
        (true, _) if bare.starts_with("git+") => bare.to_owned(),
        (true, _) => format!("git+{bare}"),
        // `git@host:path` is short for this.
        (false, Some((host, path))) => format!("git+ssh://{host}/{path}"),
        (false, None) => bare.to_owned(),
    };
    commit.map_or_else(|| bare.clone(), |commit| format!("{bare}@{commit}"))
}

/// The digest that pip reads from the end of an address: `#sha256=HEX`.
pub(super) fn fragment_digests(address: &str) -> Vec<String> {
    let fragment = address.split_once('#').map_or("", |(_, fragment)| fragment);
    let pairs = fragment.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter_map(|(algorithm, hex)| digest(algorithm, hex)).collect()
}

/// `ALGORITHM:HEX`, where both are what they should be.
pub(super) fn digest(algorithm: &str, hex: &str) -> Option<String> {
    let algorithm = algorithm.trim().to_ascii_lowercase();
    let hex = hex.trim();
    let len = match algorithm.as_str() {
        "md5" => 32,
        "sha1" => 40,
        "sha224" => 56,
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return None,
    };
    let is_hex = hex.len() == len && hex.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| format!("{algorithm}:{}", hex.to_ascii_lowercase()))
}

/// The same for `ALGORITHM:HEX` in one text.
pub(super) fn digest_of(text: &str) -> Option<String> {
    let (algorithm, hex) = text.split_once(':')?;
    digest(algorithm, hex)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> Option<String> {
        requirement(text).map(|p| {
            let mut out = p.name;
            out.extend(p.version.map(|v| format!(" v{v}")));
            out.extend(p.requirement.map(|r| format!(" r{r}")));
            out.extend(p.source.map(|s| format!(" s{s}")));
            out
        })
    }

    #[test]
    fn the_forms_of_pep_508() {
        let cases = [
            ("requests", "requests"),
            ("a.b-c_d==1.0", "a.b-c_d v1.0"),
            ("torch == 2.1.0+cu121 ; sys_platform == 'linux'", "torch v2.1.0+cu121"),
            ("x===1.0rc1", "x v1.0rc1"),
            ("requests [security,tests] >= 2.8.1, == 2.8.*", "requests r>= 2.8.1, == 2.8.*"),
            ("numpy (>=1.20,<2)", "numpy r>=1.20,<2"),
            ("x==1.*", "x r==1.*"),
            ("pip @ https://host/pip.whl#sha256=ab ; x", "pip shttps://host/pip.whl#sha256=ab"),
            ("x ~= 1.4", "x r~= 1.4"),
        ];
        for (text, expected) in cases {
            assert_eq!(short(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "  ", "-e .", "./x", "[x]", "a b", "a[b", "https://x/y", "_x", "x=1&y"] {
            assert_eq!(short(text), None, "{text}");
        }
        assert_eq!(requirement("a; extra == 'b'").map(|p| p.scope), Some(Scope::Optional));
    }

    #[test]
    fn a_digest_has_the_length_of_its_algorithm() {
        assert_eq!(digest("SHA256", &"A".repeat(64)), Some(format!("sha256:{}", "a".repeat(64))));
        assert_eq!(digest("sha256", &"a".repeat(63)), None);
        assert_eq!(digest("sha256", &"g".repeat(64)), None);
        assert_eq!(digest("h1", "x"), None);
    }
}
