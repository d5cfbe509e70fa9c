//! A model that is split into several files: `split.*`.
//!
//! Source: `llama-gguf-split` of llama.cpp, which names the parts `NAME-00001-of-00003.gguf`.

use sealkit_report::Severity;

use super::describe::place;
use super::reader::Entry;
use crate::format::file_name;
use crate::{Facts, FileInfo, Value, property};

/// Adds the number of parts, and the other parts where the file name tells their names.
pub(super) fn add(entries: &[Entry], path: &str, facts: &mut Facts) {
    let find = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key == key)?;
        entry.uint().map(|number| (entry, number))
    };
    // The number is of 16 bits in llama.cpp.
    let Some((entry, count)) = find("split.count").filter(|(_, n)| (1..=65_535).contains(n)) else {
        return;
    };
    let at = place(entry);
    facts.declared(path, &at, property::SHARDS, Value::Uint(count));
    let number = find("split.no").map(|(_, number)| number);
    if number.is_some_and(|number| number >= count) {
        let message = format!("part {} of {count} parts", number.unwrap_or(0).saturating_add(1));
        facts.find("gguf-split", Severity::Medium, (path, &at), message);
        return;
    }
    let own = number.unwrap_or(0) + 1;
    let ending = format!("-{own:05}-of-{count:05}.gguf");
    let Some(stem) = file_name(path).strip_suffix(&ending) else { return };
    for part in (1..=count).filter(|part| *part != own) {
        let path_of_part = format!("{stem}-{part:05}-of-{count:05}.gguf");
        let file = FileInfo { path: path_of_part, ..FileInfo::default() };
        facts.inferred(path, &at, property::FILE_REFERENCE, Value::File(file));
    }
}
