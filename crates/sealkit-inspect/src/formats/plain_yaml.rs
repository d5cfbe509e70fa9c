//! YAML that no other inspector knows: whether reading it can call Python, or names what is to be called.
//!
//! Sources: the tags of PyYAML (`!!python/object/apply` and its like, which `yaml.unsafe_load` follows), and `_target_` of
//! Hydra, whose `instantiate` imports and calls what it names.

use saphyr_parser::{Event, Parser, Tag};
use sealkit_report::{Budget, Severity};

use super::text;
use crate::{
    Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, kept, partial,
    property, read_at,
};

/// Most bytes that are read.
const MAX_BYTES: u64 = 8 << 20;
/// What all tags of Python begin with, in full.
const PYTHON: &str = "tag:yaml.org,2002:python/";
/// Tags that make something by calling or importing a name; the others make plain data.
const CALLS: &[&str] = &["object", "name:", "module:"];

/// Any YAML document.
pub(crate) struct Yaml;

impl Inspector for Yaml {
    fn format(&self) -> &Format {
        text::YAML.format()
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        text::YAML.probe(probe)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let bytes = read_at::piece(source, budget, 0, MAX_BYTES)?;
        if source.len() > MAX_BYTES {
            let what = "a document above the limit of 8 MiB";
            partial::note(&mut facts, path, "", &InspectError::malformed("YAML", what, MAX_BYTES));
        }
        let text = String::from_utf8_lossy(&bytes);
        if !walk(&text, path, budget, &mut facts)? {
            // Much that has the name is a template of YAML. Whoever reads it otherwise finds the tags that it holds.
            spelled(&text, path, &mut facts);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::CALLABLE, property::CAN_RUN_CODE]
    }
}

/// Looks at every node of every document; false where it is no YAML.
fn walk(
    text: &str,
    path: &str,
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<bool, InspectError> {
    let mut is_target = false;
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { return Ok(false) };
        budget.entries(1)?;
        let place = || format!("line {}", span.start.line());
        let was_target = std::mem::replace(&mut is_target, false);
        let tag = match &event {
            Event::Scalar(text, _, _, tag) => {
                if was_target && !text.is_empty() {
                    asks(facts, path, &place(), text);
                }
                is_target = text == "_target_";
                tag
            }
            Event::SequenceStart(_, tag) | Event::MappingStart(_, tag) => tag,
            _ => continue,
        };
        if let Some(name) = tag.as_ref().and_then(|tag| called(tag)) {
            tagged(facts, path, &place(), &name);
        }
    }
    Ok(true)
}

/// What a tag of Python calls or imports.
fn called(tag: &Tag) -> Option<String> {
    let whole = format!("{}{}", tag.handle, tag.suffix);
    let kind = whole.strip_prefix(PYTHON)?;
    CALLS
        .iter()
        .any(|call| kind.starts_with(call))
        .then(|| kind.split_once(':').map_or(kind, |(_, name)| name).to_owned())
}

/// The tags that stand in a text that is no YAML to our reader.
fn spelled(text: &str, path: &str, facts: &mut Facts) {
    for (at, line) in text.lines().enumerate() {
        for mark in ["!!python/", PYTHON] {
            for (start, _) in line.match_indices(mark) {
                let rest = line.get(start + mark.len()..).unwrap_or_default();
                if !CALLS.iter().any(|call| rest.starts_with(call)) {
                    continue;
                }
                let kind = rest.split([' ', '\t', ',', '>', ']', '}']).next().unwrap_or_default();
                let name = kind.split_once(':').map_or(kind, |(_, name)| name);
                tagged(facts, path, &format!("line {}", at + 1), name);
            }
        }
    }
}

fn tagged(facts: &mut Facts, path: &str, place: &str, name: &str) {
    asks(facts, path, place, name);
    let message = format!("reading it as Python objects calls or imports `{}`", kept::text(name));
    facts.find("yaml-python-tag", Severity::High, (path, place), message);
}

/// A reader is asked to call what the text names.
fn asks(facts: &mut Facts, path: &str, place: &str, name: &str) {
    facts.declared(path, place, property::CAN_RUN_CODE, Value::Bool(true));
    facts.declared(path, place, property::CALLABLE, kept::text(name));
}
