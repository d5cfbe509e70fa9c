//! What the tests of model formats share.

use sealkit_inspect::{Facts, TensorInfo, Value, capabilities, identify, inspect, property};
use sealkit_report::Budget;

/// A file that a real library wrote: see `golden/models/make.py`.
pub(crate) fn golden(name: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models/");
    std::fs::read(format!("{root}{name}")).unwrap()
}

/// Facts of a file; every property must be one that the capability table promises.
pub(crate) fn look(path: &str, bytes: &[u8]) -> Facts {
    let found = identify(path, &bytes, &mut Budget::default()).unwrap();
    let (_, facts) = inspect(path, &bytes, &mut Budget::default());
    let id = found.format.map_or("-", |format| format.id);
    let gives = capabilities().find(|row| row.format.id == id).map(|row| row.properties);
    for fact in &facts.facts {
        let general = [property::FORMAT, property::FRAMEWORK].contains(&&*fact.property);
        let given = gives.is_some_and(|gives| gives.contains(&&*fact.property));
        assert!(general || given, "{id} gives {} without saying so", fact.property);
        assert_eq!(fact.evidence.file, path);
    }
    facts
}

pub(crate) fn format(path: &str, bytes: &[u8]) -> &'static str {
    let found = identify(path, &bytes, &mut Budget::default()).unwrap();
    found.format.map_or("-", |format| format.id)
}

pub(crate) fn rules(facts: &Facts) -> Vec<&str> {
    facts.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// The value of a property about a subject, as text.
pub(crate) fn about(facts: &Facts, property: &str, subject: &str) -> String {
    let found = facts.facts.iter().find(|f| f.property == property && f.subject == subject);
    found.unwrap_or_else(|| panic!("no {property} of `{subject}`")).value.to_string()
}

/// Every subject of a property with its value.
pub(crate) fn all(facts: &Facts, property: &str) -> Vec<(String, String)> {
    let found = facts.facts.iter().filter(|fact| fact.property == property);
    found.map(|fact| (fact.subject.clone(), fact.value.to_string())).collect()
}

/// The files that a file names, in the order of the facts about the whole.
pub(crate) fn files(facts: &Facts) -> Vec<String> {
    facts.of(property::FILE_REFERENCE).map(|fact| fact.value.to_string()).collect()
}

pub(crate) fn tensors(facts: &Facts) -> Vec<&TensorInfo> {
    let found = facts.facts.iter().filter_map(|fact| match &fact.value {
        Value::Tensor(tensor) => Some(tensor),
        _ => None,
    });
    found.collect()
}

/// Reads the file cut short at every `step`th byte by the inspector of the whole: nothing may
/// panic, and what is said to be whole must be what the whole file says.
pub(crate) fn cut_everywhere(path: &str, bytes: &[u8], step: usize) {
    let inspector = identify(path, &bytes, &mut Budget::default()).unwrap().inspector.unwrap();
    let whole = inspector.inspect(&bytes, path, &mut Budget::default()).unwrap();
    for end in (0..bytes.len()).step_by(step) {
        let cut = inspector.inspect(&&bytes[..end], path, &mut Budget::default());
        let Ok(facts) = cut else { continue };
        let is_quiet = !facts.incomplete && facts.findings.is_empty();
        let parameters = facts.uint(property::PARAMETERS);
        let same = parameters.is_none() || parameters == whole.uint(property::PARAMETERS);
        assert!(!is_quiet || same, "{path} cut at {end} counts other parameters");
    }
}

/// Reads the file with every `step`th byte changed in turn, under a small budget: nothing may
/// panic.
pub(crate) fn change_everywhere(path: &str, bytes: &[u8], step: usize) {
    let inspector = identify(path, &bytes, &mut Budget::default()).unwrap().inspector.unwrap();
    let mut changed = bytes.to_vec();
    for at in (0..bytes.len()).step_by(step) {
        for value in [0, 0x7F, 0xFF] {
            changed[at] = value;
            let mut budget = Budget::new(1 << 20, 20_000, 200_000, 32);
            let _ = inspector.inspect(&changed, path, &mut budget);
        }
        changed[at] = bytes[at];
    }
}

/// A protobuf varint.
pub(crate) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A protobuf field of bytes, text or a message.
pub(crate) fn pb(number: u64, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    [varint(number << 3 | 2), varint(content.len() as u64), content.to_vec()].concat()
}

/// A protobuf field of a number.
pub(crate) fn pn(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// A safetensors file.
pub(crate) fn safetensors(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}
