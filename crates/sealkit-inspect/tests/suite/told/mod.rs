//! Facts as lines of text, so that a test sees everything that was said and where.

use std::fmt::Write as _;

use sealkit_inspect::{Fact, Facts, Identified, Value, capabilities, identify, inspect, property};
use sealkit_report::{Budget, Known};

/// What a reading of the file says, a line for each fact and each finding.
pub(crate) fn read(path: &str, bytes: &[u8]) -> Vec<String> {
    let (class, facts) = inspect(path, &bytes, &mut Budget::default());
    promised(path, bytes, &facts);
    let mut lines = vec![format!("{class:?}")];
    lines.extend(shown(&facts));
    lines
}

/// The same for what only the whole file tells, fed in pieces of `piece` bytes.
pub(crate) fn streamed(path: &str, bytes: &[u8], piece: usize) -> Option<Vec<String>> {
    let mut stream = found(path, bytes).inspector?.stream(path)?;
    for part in bytes.chunks(piece) {
        stream.push(part);
    }
    let facts = stream.finish();
    promised(path, bytes, &facts);
    Some(shown(&facts))
}

pub(crate) fn found(path: &str, bytes: &[u8]) -> Identified {
    identify(path, &bytes, &mut Budget::default()).unwrap()
}

pub(crate) fn facts(path: &str, bytes: &[u8]) -> Facts {
    inspect(path, &bytes, &mut Budget::default()).1
}

/// Whether the lines of `told` have one that starts with `line`.
pub(crate) fn says(told: &[String], line: &str) -> bool {
    told.iter().any(|said| said.starts_with(line))
}

/// Nothing is said that the capability table does not promise.
fn promised(path: &str, bytes: &[u8], facts: &Facts) {
    let Some(format) = found(path, bytes).format else { return };
    let row = capabilities().find(|row| row.format.id == format.id).unwrap();
    // What the path says is said of every format.
    let of_path = [property::FORMAT, property::FRAMEWORK, property::COMMIT, property::HUB_ID];
    for fact in &facts.facts {
        let known = of_path.contains(&&*fact.property) || row.properties.contains(&&*fact.property);
        assert!(known, "{path}: {} gives {}", format.id, fact.property);
    }
}

fn shown(facts: &Facts) -> Vec<String> {
    let mut lines: Vec<String> = facts.facts.iter().map(line).collect();
    for finding in &facts.findings {
        lines.push(format!("! {} {} @{}", finding.rule, finding.message, finding.evidence.place));
    }
    if facts.incomplete {
        lines.push("incomplete".to_owned());
    }
    lines
}

fn line(fact: &Fact) -> String {
    let mut line = fact.property.to_string();
    if !fact.subject.is_empty() {
        write!(line, "[{}]", fact.subject).unwrap();
    }
    let known = match fact.evidence.known {
        Known::Declared => "",
        Known::Inferred => " (inferred)",
        Known::Measured => " (measured)",
        Known::Attested => " (attested)",
    };
    write!(line, " = {} @{}{known}", value(&fact.value), fact.evidence.place).unwrap();
    line.replace('\n', "\\n")
}

/// Values with all that they hold; what a plain value looks like is enough.
fn value(value: &Value) -> String {
    match value {
        Value::Text(_) | Value::Uint(_) | Value::Int(_) | Value::Bool(_) => value.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::List(texts) => format!("{texts:?}"),
        other => {
            let json = serde_json::to_value(other).unwrap();
            let fields = json["value"].as_object().unwrap().clone();
            let fields: Vec<String> = fields
                .iter()
                .filter(|(_, value)| !value.is_null() && **value != false)
                .map(|(key, value)| {
                    format!(
                        "{key}:{}",
                        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                    )
                })
                .collect();
            format!("{{{}}}", fields.join(" "))
        }
    }
}
