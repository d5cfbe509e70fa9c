//! Files that are cut and files of which a byte changed: there is always an answer, within bounds, and what is said
//! to be measured holds together.

use std::collections::BTreeMap;

use crate::place::told;
use sealkit_inspect::{Facts, TensorInfo, Value, inspect, property};
use sealkit_report::{Budget, Known};

/// Formats of which any beginning is a file of the same format: what was cut off cannot be missed.
const OPEN_ENDED: &[&str] = &[
    "hf-chat-template",
    "tfrecord",
    "python",
    "csv",
    "tsv",
    "jsonl",
    // Packed members may follow each other.
    "compressed-csv",
    "compressed-jsonl",
    "zstd-csv",
    "zstd-jsonl",
];

fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut all = crate::corpus::files();
    all.extend(crate::data::goldens().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
    all
}

fn look(path: &str, bytes: &[u8]) -> Facts {
    inspect(path, &bytes, &mut Budget::new(4 << 20, 10_000, 1_000_000, 32)).1
}

/// Places in a file: all of a short one, of others as many spread over it, and its ends.
fn places(len: usize, most: usize) -> Vec<usize> {
    if len <= most {
        return (0..len).collect();
    }
    let edge = most / 4;
    let spread = (0..most / 2).map(|at| edge + at * (len - 2 * edge) / (most / 2));
    (0..edge).chain(spread).chain(len - edge..len).collect()
}

/// What is said holds together, whatever the bytes.
fn holds(path: &str, bytes: &[u8], facts: &Facts, what: &str) {
    for fact in &facts.facts {
        assert_eq!(fact.evidence.file, path, "{what}: {}", told(path, fact));
    }
    for finding in &facts.findings {
        assert_eq!(finding.evidence.file, path, "{what}: {finding:?}");
    }
    let places = facts.facts.iter().map(|fact| &fact.evidence.place);
    for place in places.chain(facts.findings.iter().map(|finding| &finding.evidence.place)) {
        let range = place.strip_prefix("bytes ").and_then(|range| range.split_once('-'));
        let range =
            range.and_then(|(from, to)| from.parse::<u64>().ok().zip(to.parse::<u64>().ok()));
        let is_inside = range.is_none_or(|(from, to)| from <= to && to <= bytes.len() as u64);
        // What is packed has places of its own.
        let is_packed = [".gz", ".zst", ".lz4"].iter().any(|end| path.ends_with(end));
        assert!(is_inside || is_packed, "{what}: {path}: {place} of {} bytes", bytes.len());
    }
    let tensors: Vec<&TensorInfo> = facts
        .facts
        .iter()
        .filter_map(|fact| match &fact.value {
            Value::Tensor(tensor) => Some(tensor),
            _ => None,
        })
        .collect();
    if facts.incomplete || !facts.findings.is_empty() {
        return;
    }
    // Elsewhere tensors count that are listed in other files, or the state of an optimizer is listed and does not count.
    let format = facts.text(property::FORMAT).unwrap_or_default();
    let is_all = ["safetensors", "gguf", "onnx", "tflite"].contains(&format);
    if let Some(count) = facts.uint(property::TENSORS).filter(|_| is_all) {
        assert_eq!(count, tensors.len() as u64, "{what}: {path}");
        let sum: u64 = tensors.iter().map(|tensor| tensor.shape.iter().product::<u64>()).sum();
        assert_eq!(facts.uint(property::PARAMETERS).unwrap_or(sum), sum, "{what}: {path}");
    }
    for tensor in tensors {
        let end = tensor.offset.saturating_add(tensor.size);
        assert!(tensor.size == 0 || end <= bytes.len() as u64, "{what}: {path}: {tensor:?}");
    }
}

/// What is measured of the file as a whole, without that it could not be.
fn measured(facts: &Facts) -> BTreeMap<(String, String), Vec<String>> {
    let mut all: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let is_it = |known: Known| known == Known::Measured;
    for fact in facts.facts.iter().filter(|fact| is_it(fact.evidence.known)) {
        if fact.property != property::NOT_MEASURED {
            let key = (fact.property.clone().into_owned(), fact.subject.clone());
            all.entry(key).or_default().push(fact.value.to_string());
        }
    }
    all
}

#[test]
fn a_cut_file_says_that_it_is_cut_or_nothing_else_than_the_whole_one() {
    let mut wrong = Vec::new();
    for (path, bytes) in corpus() {
        let facts = look(&path, &bytes);
        let format = facts.text(property::FORMAT);
        let whole = measured(&facts);
        for end in places(bytes.len(), 96) {
            let cut = look(&path, &bytes[..end]);
            holds(&path, &bytes[..end], &cut, &format!("cut at {end}"));
            let is_said = cut.incomplete || !cut.findings.is_empty();
            if is_said
                || cut.text(property::FORMAT) != format
                || OPEN_ENDED.contains(&format.unwrap_or(""))
            {
                continue;
            }
            let other =
                measured(&cut).into_iter().find(|(key, value)| whole.get(key) != Some(value));
            wrong.extend(other.map(|((property, subject), value)| {
                format!(
                    "{path} ({}) cut at {end} of {}: {property}[{subject}] = {value:?}",
                    format.unwrap_or("-"),
                    bytes.len()
                )
            }));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_changed_byte_leaves_an_answer_that_holds_together() {
    for (path, bytes) in corpus() {
        let mut changed = bytes.clone();
        for (turn, at) in places(bytes.len(), 96).into_iter().enumerate() {
            let good = bytes[at];
            changed[at] = [good ^ 1, good ^ 0x80, 0, 0xFF][turn % 4];
            let facts = look(&path, &changed);
            holds(&path, &changed, &facts, &format!("byte {at} is {}", changed[at]));
            if turn % 8 == 0 {
                assert_eq!(facts, look(&path, &changed), "{path}: the same bytes say the same");
            }
            changed[at] = good;
        }
    }
}
