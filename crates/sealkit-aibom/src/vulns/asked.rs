//! Whether the version that somebody asks about is the one that something has.

use std::cmp::Ordering;
use std::str::FromStr;

use pep440_rs::{Version as Python, VersionSpecifiers};
use semver::{Prerelease, VersionReq};

use super::version::Version;

/// Digits that a commit is shortened to at least.
const SHORT_COMMIT: usize = 7;
/// Longest text that is read as a range, in bytes.
const MAX_RANGE: usize = 1024;

/// Whether a thing whose version is written `held` is of the version `asked`; none where it may be. `kind` is the
/// type of its package URL, whose rules are followed: PEP 440 for `pypi`, Semantic Versioning for `npm`, `cargo`,
/// `golang` and the like; elsewhere the text counts, without a `v` before it and without case.
///
/// `2.1.0` is asked for every build of it: `2.1.0+cu118` is one (PEP 440, "Local version identifiers"). Who asks for
/// `2.1.0+cu118` may mean what a file calls `2.1.0`. What cannot be compared may be the same, and so may a range
/// that takes the version that is asked for.
pub fn is_version(kind: Option<&str>, asked: &str, held: &str) -> Option<bool> {
    let (asked, held) = (plain(asked), plain(held));
    if asked == held {
        return Some(true);
    }
    let kind = kind.unwrap_or_default();
    if let Some(exact) = held.strip_prefix('=') {
        let exact = exact.trim_start_matches('=').trim();
        if !is_version_range(exact) {
            return is_version(Some(kind), &asked, exact);
        }
    }
    if is_version_range(&held) {
        return in_range(kind, &asked, &held);
    }
    if kind == "pypi" {
        return python(&asked, &held);
    }
    let version = |text: &str| Version::new(kind, false, text);
    match (version(&asked), version(&held)) {
        (Some(a), Some(b)) => Some(a.order(&b) == Some(Ordering::Equal)),
        _ if is_ordered(kind) => None,
        _ => by_text(&asked, &held),
    }
}

/// Whether a text names several versions: `>=2.0,<3`, `^1.2`, `1.x`, `[1.0,2.0)`.
pub fn is_version_range(text: &str) -> bool {
    let text = text.trim();
    let is_any = |part: &str| part.eq_ignore_ascii_case("x");
    // A `~` inside of a version of Debian makes no range.
    text.starts_with(['~', '^', '!', '[', '('])
        || text.contains(['<', '>', '=', '*', '|', ','])
        || text.contains(" - ")
        || (text.starts_with(|c: char| c.is_ascii_digit()) && text.split('.').any(is_any))
}

fn plain(text: &str) -> String {
    let text = text.trim().to_lowercase();
    match text.strip_prefix('v') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        _ => text,
    }
}

/// Whether the order of the versions of a type is known: a text that is none of them says nothing.
fn is_ordered(kind: &str) -> bool {
    Version::new(kind, false, "1.0.0").is_some()
}

fn python(asked: &str, held: &str) -> Option<bool> {
    let (asked, held) = (Python::from_str(asked).ok()?, Python::from_str(held).ok()?);
    if asked.clone().without_local() != held.clone().without_local() {
        return Some(false);
    }
    match (asked.is_local(), held.is_local()) {
        (false, _) => Some(true),
        (true, false) => None,
        (true, true) => Some(asked == held),
    }
}

/// Texts that differ. What names the same thing in two ways may be the same: a tag and a commit, a commit and the
/// beginning of it, `2.0` and `2`.
fn by_text(asked: &str, held: &str) -> Option<bool> {
    let is_hex = |text: &str| text.bytes().all(|c| c.is_ascii_hexdigit());
    let starts = |a: &str, b: &str| a.len() >= SHORT_COMMIT && is_hex(b) && b.starts_with(a);
    let algorithm = |text: &str| text.split_once(':').map(|(name, _)| name.to_owned());
    let is_fixed = |text: &str| {
        let hex = text.split_once(':').map_or(text, |(_, hex)| hex);
        matches!(hex.len(), 40 | 64 | 128) && is_hex(hex)
    };
    let is_open = is_fixed(asked) != is_fixed(held)
        || (is_fixed(asked) && algorithm(asked) != algorithm(held))
        || starts(asked, held)
        || starts(held, asked)
        || ["pypi", "npm"].iter().any(|kind| is_equal(kind, asked, held));
    if is_open { None } else { Some(false) }
}

fn is_equal(kind: &str, a: &str, b: &str) -> bool {
    let version = |text: &str| Version::new(kind, false, text);
    let order = version(a).zip(version(b)).and_then(|(a, b)| a.order(&b));
    order == Some(Ordering::Equal)
}

/// A range takes several versions, so it is never a yes; a no where it surely does not take this one.
fn in_range(kind: &str, asked: &str, range: &str) -> Option<bool> {
    if range.len() > MAX_RANGE {
        return None;
    }
    let takes = match kind {
        "pypi" => python_range(asked, range).or_else(|| semantic_range(kind, asked, range)),
        _ if is_ordered(kind) => semantic_range(kind, asked, range),
        _ => None,
    };
    if takes == Some(false) { Some(false) } else { None }
}

fn python_range(asked: &str, range: &str) -> Option<bool> {
    let range = VersionSpecifiers::from_str(range).ok()?;
    let asked = Python::from_str(asked).ok()?;
    Some(range.contains(&asked) || range.contains(&asked.without_local()))
}

/// A range of npm or Cargo, or one of Poetry's; none where it is written otherwise.
fn semantic_range(kind: &str, asked: &str, range: &str) -> Option<bool> {
    let kind = if kind == "pypi" { "npm" } else { kind };
    let Some(Version::Semantic(asked)) = Version::new(kind, false, asked) else { return None };
    let released = semver::Version { pre: Prerelease::EMPTY, ..asked.clone() };
    let mut takes = false;
    for choice in range.split("||") {
        let range = VersionReq::parse(&with_commas(choice)?).ok()?;
        takes |= range.matches(&asked) || range.matches(&released);
    }
    Some(takes)
}

/// npm puts spaces between what Cargo divides by commas. A range from one version to another stays unread.
fn with_commas(range: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let words = range.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    for word in words {
        match parts.last_mut() {
            // `>= 1.2` is one comparison.
            Some(last) if last.chars().all(|c| "<>=~^".contains(c)) => last.push_str(word),
            _ if word == "-" => return None,
            _ => parts.push(word.to_owned()),
        }
    }
    // A bare version stands for itself in npm and for a range in Cargo: the wider one is taken.
    Some(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[track_caller]
    fn check(kind: &str, asked: &str, held: &str, wanted: Option<bool>) {
        let kind = Some(kind).filter(|kind| !kind.is_empty());
        assert_eq!(is_version(kind, asked, held), wanted, "{kind:?} {asked} {held}");
    }

    #[test]
    fn versions_of_python_are_equal_however_they_are_written() {
        for (asked, held, wanted) in [
            ("2.1", "2.1.0", YES),
            ("v2.1.0", "2.1", YES),
            ("1.0-rc.1", "1.0rc1", YES),
            ("2.1.0", "2.1.0+cu118", YES),
            ("2.1.0+cu118", "2.1.0+CU118", YES),
            ("2.1.0+cu118", "2.1.0", None),
            ("2.1.0+cu118", "2.1.0+cpu", NO),
            ("2.1", "2.10", NO),
            ("1.0", "1.0.post1", NO),
            ("2.1", "==2.1.0", YES),
            ("2.1", "===2.1.0", YES),
            ("2.1", "==2.2", NO),
            ("main", "2.1", None),
        ] {
            check("pypi", asked, held, wanted);
        }
    }

    #[test]
    fn semantic_versions_are_compared_as_such() {
        for kind in ["npm", "cargo", "golang"] {
            check(kind, "v1.2.0", "1.2.0", YES);
            check(kind, "1.2", "v1.2.0", YES);
            check(kind, "1.0.0", "1.0.0+cpu", YES);
            check(kind, "1.0.0", "1.0.0-rc.1", NO);
            check(kind, "1.0.0", "latest", None);
        }
    }

    #[test]
    fn a_range_may_be_the_version_that_it_takes() {
        for (kind, asked, range, wanted) in [
            ("pypi", "2.1", ">=2.0,<3", None),
            ("pypi", "2.1+cpu", "<=2.1", None),
            ("pypi", "3.1", ">=2.0,<3", NO),
            ("pypi", "2.1.5", "==2.1.*", None),
            ("pypi", "2.2", "~=2.1.0", NO),
            ("pypi", "1.3", "^1.2", None),
            ("pypi", "2.0", "^1.2", NO),
            ("npm", "1.3.0", "^1.2", None),
            ("npm", "1.3.0-beta.1", "^1.2", None),
            ("npm", "2.0.0", "^1.2", NO),
            ("npm", "2.0.0", "^1.2 || >=2 <3", None),
            ("npm", "1.5.0", ">= 1.2 < 2", None),
            ("npm", "1.5.0", "1.x", None),
            ("npm", "9.0.0", "1.2 - 2.3", None),
            ("maven", "9", "[1.0,2.0)", None),
            ("", "9", ">=1", None),
        ] {
            check(kind, asked, range, wanted);
        }
        check("npm", "1.0.0", &"^1 || ".repeat(1000), None);
    }

    #[test]
    fn elsewhere_the_text_counts_and_what_may_be_the_same_is_open() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (kind, asked, held, wanted) in [
            ("", "v1", "V1", YES),
            ("", "1", "2", NO),
            ("", "2", "2.0", None),
            ("", "reviews", "v2", NO),
            ("deb", "1.0~rc1", "1.0~rc1", YES),
            ("deb", "1.0~rc1", "1.0~rc2", NO),
            ("huggingface", "v1.0", commit, None),
            ("huggingface", "0123456", commit, None),
            ("huggingface", "0123457", commit, None),
            ("huggingface", commit, "89abcdef0123456789abcdef0123456789abcdef", NO),
            ("docker", "22.04", &format!("sha256:{}", "a".repeat(64)), None),
        ] {
            check(kind, asked, held, wanted);
        }
    }
}
