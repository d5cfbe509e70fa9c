//! Names inside a kit: relative, `/`-separated, safe on every system.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Why a name can not be the path of a file in a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// There is no name.
    #[error("is empty")]
    Empty,
    /// It starts at the root of the file system.
    #[error("is absolute")]
    Absolute,
    /// It has a `..` component.
    #[error("has a `..` component")]
    Parent,
    /// It has a backslash, which is a separator on some systems.
    #[error("has a backslash")]
    Backslash,
    /// It starts with a drive letter, e.g. `C:`.
    #[error("starts with a drive letter")]
    Drive,
    /// It has a NUL byte.
    #[error("has a NUL byte")]
    Nul,
    /// It is not valid UTF-8.
    #[error("is not valid UTF-8")]
    NotUtf8,
    /// It is longer than any system can open.
    #[error("is longer than 4096 bytes")]
    TooLong,
    /// A component is named like the folder in which an unpack keeps its unfinished work.
    #[error("has a component that ends in `.sealkit-unpack`, where unfinished work is kept")]
    Reserved,
}

/// The longest name in bytes. What is done for each folder above a name would else cost a hostile
/// kit nothing and us hours.
const MAX_BYTES: usize = 4096;

/// How the names of staging folders end.
pub(crate) const STAGING: &str = ".sealkit-unpack";

/// The name without `./`, doubled and trailing slashes, where it is safe: relative, no `..`
/// component (a name that merely contains `..` is fine), no backslash, drive letter or NUL. The
/// folder itself is `.`.
pub fn clean(name: &str) -> Result<Cow<'_, str>, PathProblem> {
    check_characters(name)?;
    if name.len() > MAX_BYTES {
        return Err(PathProblem::TooLong);
    }
    if name.split('/').any(is_reserved) {
        return Err(PathProblem::Reserved);
    }
    let tidy = |part: &str| !part.is_empty() && part != ".";
    if name.split('/').any(|part| part == "..") {
        return Err(PathProblem::Parent);
    }
    if name.split('/').all(tidy) {
        return Ok(Cow::Borrowed(name));
    }
    let parts: Vec<&str> = name.split('/').filter(|part| tidy(part)).collect();
    Ok(Cow::Owned(if parts.is_empty() { ".".to_owned() } else { parts.join("/") }))
}

/// Whether a component could be taken for a staging folder: a journal that a kit brought there would
/// be believed by the next unpack. Case does not count, since it does not on some systems.
fn is_reserved(part: &str) -> bool {
    if part.is_ascii() {
        let start = part.len().checked_sub(STAGING.len());
        let end = start.and_then(|start| part.get(start..));
        return end.is_some_and(|end| end.eq_ignore_ascii_case(STAGING));
    }
    let upper = part.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).collect::<String>().ends_with(STAGING)
}

fn check_characters(name: &str) -> Result<(), PathProblem> {
    let bytes = name.as_bytes();
    match bytes {
        [] => return Err(PathProblem::Empty),
        [b'/', ..] => return Err(PathProblem::Absolute),
        [letter, b':', ..] if letter.is_ascii_alphabetic() => return Err(PathProblem::Drive),
        _ => {}
    }
    if bytes.contains(&b'\\') {
        return Err(PathProblem::Backslash);
    }
    if bytes.contains(&0) {
        return Err(PathProblem::Nul);
    }
    Ok(())
}

/// Whether `path` is `dir` or lies below it, by whole components. `.` holds everything.
pub fn is_within(path: &str, dir: &str) -> bool {
    dir == "."
        || path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether an entry may stand in the layer of the part at `part`: it is that or below it, or a folder on the
/// way there. White space around a part's path is not held against it: some versions of `kit` take it off.
pub fn belongs_to(path: &str, is_folder: bool, part: &str) -> bool {
    let fits = |part: &str| is_within(path, part) || (is_folder && is_within(part, path));
    fits(part) || fits(part.trim())
}

/// The folder that holds `path`; none for a name at the top.
pub(crate) fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(dir, _)| dir)
}

/// `name` in the folder `dir`, where `dir` may be `.`.
pub(crate) fn join(dir: &str, name: &str) -> String {
    if dir == "." { name.to_owned() } else { format!("{dir}/{name}") }
}

/// The form under which two names are one file on a system that ignores case, Unicode form, and
/// dots or blanks at the end of a component (Windows, "Naming Files, Paths, and Namespaces").
pub(crate) fn fold(name: &str) -> Cow<'_, str> {
    let trimmed = |part: &str| part.trim_end_matches(['.', ' ']).len();
    if name.split('/').all(|part| trimmed(part) == part.len()) {
        return fold_letters(name);
    }
    let parts = name.split('/').map(|part| part.get(..trimmed(part)).unwrap_or(part));
    Cow::Owned(fold_letters(&parts.collect::<Vec<_>>().join("/")).into_owned())
}

fn fold_letters(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(name.to_ascii_lowercase());
        }
        return Cow::Borrowed(name);
    }
    let lower = name.nfc().flat_map(char::to_lowercase);
    let folded: String = lower.collect();
    // Lower-casing can leave a sequence that composes again.
    match is_nfc_quick(folded.chars()) {
        IsNormalized::Yes => Cow::Owned(folded),
        _ => Cow::Owned(folded.nfc().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_names_are_cleaned_and_kept() {
        for (name, expected) in [
            ("a", "a"),
            ("./a//b/", "a/b"),
            (".", "."),
            ("./", "."),
            ("a..b/..c/d..", "a..b/..c/d.."),
            ("...", "..."),
            ("a:b", "a:b"),
            ("ab:c", "ab:c"),
            (" ", " "),
            (".hidden", ".hidden"),
            (".sealkit-unpack.md", ".sealkit-unpack.md"),
        ] {
            let got = clean(name);
            let expected =
                if name == "a:b" { Err(PathProblem::Drive) } else { Ok(expected.into()) };
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn unsafe_names_are_refused_with_the_reason() {
        for (name, problem) in [
            ("", PathProblem::Empty),
            ("/etc/passwd", PathProblem::Absolute),
            ("//a", PathProblem::Absolute),
            ("..", PathProblem::Parent),
            ("a/../b", PathProblem::Parent),
            ("a/..", PathProblem::Parent),
            ("a\\..\\b", PathProblem::Backslash),
            ("C:", PathProblem::Drive),
            ("c:/windows", PathProblem::Drive),
            ("a\0b", PathProblem::Nul),
            (".sealkit-unpack/journal", PathProblem::Reserved),
            ("a/.out.SealKit-Unpack", PathProblem::Reserved),
            ("a/.out.\u{17f}eal\u{212a}it-unpack/x", PathProblem::Reserved),
            (&"a/".repeat(2049), PathProblem::TooLong),
        ] {
            assert_eq!(clean(name), Err(problem), "{name:?}");
        }
    }

    #[test]
    fn within_counts_components_not_characters() {
        assert!(is_within("data/x", "data"));
        assert!(is_within("data", "data"));
        assert!(is_within("anything", "."));
        assert!(!is_within("data-extra/x", "data"));
        assert!(!is_within("dat", "data"));
    }

    #[test]
    fn folding_ignores_case_and_form() {
        assert_eq!(fold("README.md"), fold("readme.MD"));
        assert_eq!(fold("caf\u{e9}"), fold("CAFE\u{301}"));
        assert_eq!(fold("\u{c9}"), fold("e\u{301}"));
        assert_ne!(fold("a"), fold("b"));
        for (one, two) in
            [("a.", "a"), ("A. . ", "a"), ("d./x", "d/x"), ("caf\u{e9}.", "CAFE\u{301}")]
        {
            assert_eq!(fold(one), fold(two), "{one}");
        }
        assert_ne!(fold(".a"), fold("a"));
        assert_ne!(fold("a.b"), fold("a"));
    }
}
