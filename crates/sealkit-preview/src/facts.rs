//! What an inspector found, as short texts.

use sealkit_api::PreviewFact;
use sealkit_inspect::{Fact, Facts, Value, property};

use crate::text::line;

/// Most facts that are given, and most characters of a value and a subject.
const MAX_FACTS: usize = 200;
const MAX_VALUE: usize = 1_000;
const MAX_SUBJECT: usize = 200;

/// Properties that other parts of a look show.
const ELSEWHERE: &[&str] = &[
    property::FORMAT,
    property::TENSOR,
    property::TENSOR_SHA256,
    property::TENSOR_BLAKE3,
    property::CALLABLE,
    property::COLUMN,
    property::COLUMN_TYPE,
    property::LAYER_KIND,
];

/// The facts to show beside the content.
pub(crate) fn shown(facts: &Facts) -> Vec<PreviewFact> {
    let facts = facts.facts.iter().filter(|fact| !ELSEWHERE.contains(&fact.property.as_ref()));
    facts.take(MAX_FACTS).map(show).collect()
}

fn show(fact: &Fact) -> PreviewFact {
    let value = match &fact.value {
        Value::List(texts) => {
            texts.iter().take(100).map(String::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    PreviewFact {
        property: fact.property.clone().into_owned(),
        subject: line(&fact.subject, MAX_SUBJECT),
        value: line(&value, MAX_VALUE),
        known: fact.evidence.known,
    }
}

/// The whole number that stands for `subject` of `property`.
pub(crate) fn number(fact: &Fact) -> Option<u64> {
    match fact.value {
        Value::Uint(number) => Some(number),
        _ => None,
    }
}

/// The text of a fact, whatever its type.
pub(crate) fn text(fact: &Fact) -> String {
    line(&fact.value.to_string(), MAX_SUBJECT)
}
