//! Paths that one file of a model names to say where another lies.

use sealkit_report::{Known, Severity};

use crate::{Facts, FileInfo, Value, property};

/// Why a path is not one of a file beside or below the file that names it; none where it is.
pub(crate) fn objection(path: &str) -> Option<&'static str> {
    let is_drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if path.is_empty() {
        Some("is empty")
    } else if path.contains("://") || path.starts_with("file:") {
        Some("is an address")
    } else if path.starts_with('/') || path.starts_with('~') || is_drive {
        Some("is absolute")
    } else if path.contains('\\') {
        Some("has a backslash")
    } else if path.split('/').any(|part| part == "..") {
        Some("leaves the folder")
    } else if path.contains(char::is_control) {
        Some("has a control character")
    } else {
        None
    }
}

/// Adds a file that `at` names, with a finding `rule` where the path leads out of the folder.
pub(crate) fn add(file: FileInfo, at: (&str, &str), rule: &str, facts: &mut Facts) {
    check(&file.path, at, rule, facts);
    facts.about("", Known::Declared, at, (property::FILE_REFERENCE, Value::File(file)));
}

/// Adds a finding `rule` where a path leads out of the folder.
pub(crate) fn check(path: &str, at: (&str, &str), rule: &str, facts: &mut Facts) {
    if let Some(why) = objection(path) {
        let shown: String =
            path.chars().take(200).map(|c| if c.is_control() { '?' } else { c }).collect();
        facts.find(rule, Severity::High, at, format!("the path `{shown}` of another file {why}"));
    }
}

/// A path as seen from the folder of the file that names it.
pub(crate) fn beside(file: &str, path: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}
