//! Which tags look like versions.

/// Whether a tag names one version for good: `v1`, `1.2`, `v1.2.3-rc1`, `2026-11-25`, `20261125`. A number with a word
/// behind it (`7b`, `8-bit`) is no version.
pub(super) fn is_version(tag: &str) -> bool {
    let rest = tag.strip_prefix(['v', 'V']);
    let mut parts = rest.unwrap_or(tag).split(['.', '-', '_']);
    let first = parts.next().unwrap_or_default();
    let begins_with_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let goes_on = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    begins_with_number && (rest.is_some() || parts.next().is_none_or(goes_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_names() {
        for tag in [
            "v1",
            "1",
            "1.2",
            "v1.2.3",
            "V2",
            "1.2.3-rc1",
            "v1-latest",
            "2026-11-25",
            "20261125",
            "1.0.0_beta",
            "0.1",
        ] {
            assert!(is_version(tag), "{tag}");
        }
        for tag in [
            "latest",
            "main",
            "7b",
            "7b-instruct",
            "8-bit",
            "v",
            "version1",
            "vnext",
            "release-1.2",
            "_1",
            "x1.2",
            "1x.2",
            "",
        ] {
            assert!(!is_version(tag), "{tag}");
        }
    }
}
