//! The files that a Croissant description names, and the fields of its records.

use std::collections::BTreeSet;

use sealkit_report::Known;

use super::node::{Node, local};
use crate::address::clean;
use crate::{Facts, FileInfo, Value, property};

/// Adds files, fields, and what kind of data they make.
pub(super) fn say(dataset: &Node<'_>, path: &str, facts: &mut Facts) {
    for file in dataset.nodes("distribution") {
        facts.declared(path, &file.pointer, property::FILE_REFERENCE, Value::File(info(&file)));
    }
    let mut modalities = BTreeSet::new();
    for set in dataset.nodes("recordSet") {
        let set_name = set.text("name").or_else(|| set.id().map(str::to_owned)).unwrap_or_default();
        fields(&set, &set_name, 0, path, &mut modalities, facts);
    }
    for modality in modalities {
        let modality = Value::Text(modality.to_owned());
        facts.inferred(path, "/recordSet", property::MODALITY, modality);
    }
}

/// A file, or a set of them that a pattern names.
fn info(file: &Node<'_>) -> FileInfo {
    let names = ["contentUrl", "includes", "name"];
    let path = names.iter().find_map(|name| file.text(name));
    let path = path.or_else(|| file.id().map(str::to_owned)).unwrap_or_default();
    let mut digests = Vec::new();
    for (name, len) in [("sha256", 64), ("md5", 32)] {
        let is_hex = |hex: &String| hex.len() == len && hex.bytes().all(|c| c.is_ascii_hexdigit());
        let hex = file.text(name).filter(is_hex);
        digests.extend(hex.map(|hex| format!("{name}:{}", hex.to_ascii_lowercase())));
    }
    FileInfo {
        path: clean(&path),
        size: file.text("contentSize").and_then(|text| bytes(&text)),
        digests,
    }
}

/// `1234`, `1234 B`, `12 kB`: whole numbers only, since a rounded size is no size.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let number: u64 = digits.parse().ok()?;
    match text.get(digits.len()..)?.trim() {
        "" | "B" | "bytes" => Some(number),
        _ => None,
    }
}

/// The fields of a record set; fields can hold fields.
fn fields(
    parent: &Node<'_>,
    prefix: &str,
    depth: u32,
    path: &str,
    modalities: &mut BTreeSet<&'static str>,
    facts: &mut Facts,
) {
    // Deeper than any real record; the tree itself is bounded by the budget.
    if depth > 16 {
        facts.incomplete = true;
        return;
    }
    for field in parent.nodes(if depth == 0 { "field" } else { "subField" }) {
        let name = field.text("name").or_else(|| field.id().map(str::to_owned)).unwrap_or_default();
        // An identifier often begins with the record set already.
        let begins = name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
        let subject = if begins || prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kinds: Vec<String> =
            field.texts("dataType").iter().map(|said| local(&said.text).to_owned()).collect();
        modalities.extend(kinds.iter().filter_map(|kind| modality(kind)));
        if !kinds.is_empty() && !subject.is_empty() {
            let at = format!("{}/dataType", field.pointer);
            let fact = (property::COLUMN_TYPE, Value::Text(kinds.join(", ")));
            facts.about(&subject, Known::Declared, (path, &at), fact);
        }
        fields(&field, &subject, depth + 1, path, modalities, facts);
    }
}

fn modality(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ImageObject" => "image",
        "AudioObject" => "audio",
        "VideoObject" => "video",
        "Text" => "text",
        _ => return None,
    })
}
