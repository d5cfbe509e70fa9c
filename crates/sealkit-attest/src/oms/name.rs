//! Names of files in a model: relative, `/`-separated, the same on every system (spec, "Names").

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use crate::AttestError;

/// Longest name, in bytes: no system opens a longer one.
const MAX_NAME: usize = 4096;

/// Checks every name by itself, and that no two are one on some system.
pub fn check_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), AttestError> {
    let mut seen = HashMap::new();
    for name in names {
        check(name)?;
        if let Some(first) = seen.insert(folded(name), name) {
            let (first, second) = (AttestError::quote(first), AttestError::quote(name));
            return Err(AttestError::PathCollision { first, second });
        }
    }
    Ok(())
}

/// Checks that a name stays inside of its folder and means the same everywhere.
pub(super) fn check(name: &str) -> Result<(), AttestError> {
    let problem = match name.as_bytes() {
        [] => "is empty",
        [b'/', ..] => "is absolute",
        [letter, b':', ..] if letter.is_ascii_alphabetic() => "begins with a drive letter",
        bytes if bytes.len() > MAX_NAME => "is longer than 4096 bytes",
        bytes if bytes.contains(&b'\\') => "has a backslash",
        bytes if bytes.contains(&0) => "has a NUL",
        _ => match name.split('/').find_map(component) {
            Some(problem) => problem,
            None => return Ok(()),
        },
    };
    Err(AttestError::UnsafePath { name: AttestError::quote(name), problem })
}

/// What is wrong with one component.
fn component(part: &str) -> Option<&'static str> {
    match part {
        "" => Some("has an empty component"),
        "." => Some("has a `.` component"),
        ".." => Some("has a `..` component"),
        // Windows drops both, so that two names become one.
        _ if part.ends_with(['.', ' ']) => Some("has a component that ends with a dot or a space"),
        _ => None,
    }
}

/// The name as a system sees it that ignores case and Unicode form.
fn folded(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let lower: String =
        name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    match is_nfc_quick(lower.chars()) {
        IsNormalized::Yes => Cow::Owned(lower),
        _ => Cow::Owned(lower.nfc().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_or_differ_between_systems_are_refused() {
        for good in ["a", "a/b", ".hidden", "d/.git/x", "ünï", "a..b", "..a", "a b", "a\nb"] {
            assert!(check(good).is_ok(), "{good:?}");
        }
        for bad in [
            "",
            "/x",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a/.",
            ".",
            "..",
            "C:\\x",
            "C:x",
            "a\\b",
            "a\0b",
            "a.",
            "a./b",
            "a ",
            &"x".repeat(4097),
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_that_are_one_elsewhere_are_refused() {
        check_names(["a", "b/a", "ab", "é"]).unwrap();
        for pair in
            [["A", "a"], ["é", "e\u{301}"], ["straße", "STRASSE"], ["É", "e\u{301}"], ["x", "x"]]
        {
            assert!(check_names(pair).is_err(), "{pair:?}");
        }
    }
}
