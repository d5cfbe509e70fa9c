//! What a graph of operators is made of.

use std::collections::BTreeMap;

use sealkit_api::{ColumnInfo, GraphSummary, NamedCount};
use sealkit_inspect::{Facts, Value, property};

use crate::facts::{number, text};
use crate::text::line;

/// Most operators, inputs and outputs that are listed.
const MAX_LISTED: usize = 500;
/// Most characters of a name.
const MAX_NAME: usize = 200;

/// What inspection found of the graph.
pub(crate) fn summary(facts: &Facts) -> GraphSummary {
    let mut operators = counts(facts, property::LAYER_KIND);
    operators.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    operators.truncate(MAX_LISTED);
    GraphSummary {
        operator_sets: counts(facts, property::OPERATOR_SET),
        operators,
        inputs: ports(facts, property::INPUT, property::INPUT_TYPE),
        outputs: ports(facts, property::OUTPUT, property::OUTPUT_TYPE),
        initializers: facts.uint(property::TENSORS),
        parameters: facts.uint(property::PARAMETERS),
    }
}

fn counts(facts: &Facts, property: &str) -> Vec<NamedCount> {
    let found = facts.facts.iter().filter(|fact| fact.property == property);
    let counts = found.filter_map(|fact| {
        Some(NamedCount { name: line(&fact.subject, MAX_NAME), count: number(fact)? })
    });
    counts.take(10 * MAX_LISTED).collect()
}

fn ports(facts: &Facts, name: &str, kind: &str) -> Vec<ColumnInfo> {
    let kinds = facts.facts.iter().filter(|fact| fact.property == kind);
    let kinds: BTreeMap<&str, String> =
        kinds.map(|fact| (fact.subject.as_str(), text(fact))).collect();
    let names = facts.of(name).filter_map(|fact| match &fact.value {
        Value::Text(name) => Some(name),
        _ => None,
    });
    let port = |name: &String| ColumnInfo {
        name: line(name, MAX_NAME),
        data_type: kinds.get(name.as_str()).cloned().unwrap_or_default(),
    };
    names.take(MAX_LISTED).map(port).collect()
}
