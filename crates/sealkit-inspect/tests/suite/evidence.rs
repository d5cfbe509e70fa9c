//! Every fact stands where it says: the place is read again, by other means, and has to hold the value.

use crate::place::{Source, has_number, has_words, needles, told};
use sealkit_inspect::{Fact, Value, inspect, property};
use sealkit_report::{Budget, Known};

fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut all = crate::corpus::files();
    all.extend(crate::data::goldens().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
    assert!(all.len() > 150, "{}", all.len());
    all
}

/// Facts whose value is written otherwise where it stands: names that the inspector gives to what it found, counts,
/// and texts that it puts together.
fn is_named_otherwise(path: &str, fact: &Fact) -> bool {
    let derived = [
        property::FORMAT,
        property::NOT_MEASURED,
        property::FRAMEWORK,
        property::PRODUCER,
        property::PRODUCER_VERSION,
        property::BASE_MODEL_RELATION,
        property::CREATED,
        property::QUANTISATION,
        property::COLUMNS,
        property::FEATURE,
        property::UNPACKED_SIZE,
        property::POOLING,
        property::OUTPUT,
        property::OUTPUT_TYPE,
    ];
    let is_list =
        fact.property == property::COLUMN_TYPE && fact.value.to_string().starts_with("list of ");
    // The name of the file that was downloaded is that of the note, and a library has another name than its package.
    let is_path = path.ends_with(".metadata") && fact.property == property::FILE_REFERENCE;
    let is_library = path.ends_with("MLmodel") && fact.property == property::PACKAGE;
    derived.contains(&&*fact.property) || is_list || is_path || is_library
}

/// What of a value is not where it is said to be.
fn missing(source: &Source<'_>, fact: &Fact, text: &str) -> Option<String> {
    if let (Value::Uint(number), Some(bytes)) = (&fact.value, source.range(&fact.evidence.place)) {
        return (!has_number(bytes, *number)).then(|| number.to_string());
    }
    if source.range(&fact.evidence.place).is_some() && matches!(fact.value, Value::List(_)) {
        return None;
    }
    needles(&fact.value).into_iter().find(|needle| !has_words(text, needle))
}

fn facts(path: &str, bytes: &[u8]) -> Vec<Fact> {
    inspect(path, &bytes, &mut Budget::default()).1.facts
}

#[test]
fn what_a_file_declares_stands_where_the_fact_says() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (path, bytes) in corpus() {
        let source = Source::new(&path, &bytes);
        for fact in facts(&path, &bytes) {
            assert_eq!(fact.evidence.file, path, "{}", told(&path, &fact));
            if fact.evidence.known != Known::Declared || is_named_otherwise(&path, &fact) {
                continue;
            }
            match source.at(&fact.evidence.place) {
                Err(()) => {}
                Ok(None) => wrong.push(format!("no such place: {}", told(&path, &fact))),
                Ok(Some(text)) => {
                    checked += 1;
                    let missing = missing(&source, &fact, &text);
                    wrong.extend(
                        missing.map(|needle| format!("no `{needle}`: {}", told(&path, &fact))),
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {checked}", wrong.join("\n"), wrong.len());
    assert!(checked > 500, "{checked}");
}

#[test]
fn what_is_measured_has_a_place_inside_the_file() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (path, bytes) in corpus() {
        let source = Source::new(&path, &bytes);
        for fact in facts(&path, &bytes) {
            if let Value::Tensor(tensor) = &fact.value {
                let end = tensor.offset.checked_add(tensor.size);
                if tensor.size > 0 && end.is_none_or(|end| end > bytes.len() as u64) {
                    wrong.push(format!("outside: {} {tensor:?}", told(&path, &fact)));
                }
            }
            if source.at(&fact.evidence.place) == Ok(None) {
                wrong.push(format!("no such place: {}", told(&path, &fact)));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {checked}", wrong.join("\n"), wrong.len());
}

#[test]
fn nothing_is_said_twice() {
    let mut wrong = Vec::new();
    for (path, bytes) in corpus() {
        let facts = facts(&path, &bytes);
        for (at, fact) in facts.iter().enumerate() {
            if facts.iter().take(at).any(|before| before == fact) {
                wrong.push(told(&path, fact));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
