//! YAML as a tree under a budget. Aliases and merges are followed as far as a small text stays a small tree.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use sealkit_report::Budget;
use serde_json::{Map, Value};

use crate::InspectError;

/// How much aliases may add to one text: one for each node and one for each 32 bytes of it.
const MAX_ADDED: u64 = 100_000;

/// Parses the first document of `text`. Spends one entry of the budget for each node, those behind
/// aliases too.
pub(crate) fn parse(text: &str, budget: &mut Budget) -> Result<Value, InspectError> {
    let mut open: Vec<Open> = Vec::new();
    let mut anchors = Anchors { known: BTreeMap::new(), room: MAX_ADDED, left: MAX_ADDED };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| InspectError::Yaml {
            reason: error.info().to_owned(),
            line: error.marker().line() as u64,
        })?;
        let fail = |reason: &str| InspectError::Yaml {
            reason: reason.to_owned(),
            line: span.start.line() as u64,
        };
        budget.entries(1)?;
        let done = match event {
            Event::Scalar(text, style, anchor, _) => {
                Node { value: scalar(&text, style), depth: 0, anchor }
            }
            Event::SequenceStart(anchor, _) => {
                open.push(Open::new(Holder::List(Vec::new()), anchor));
                budget.depth(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open::new(Holder::Map(Map::new(), None), anchor));
                budget.depth(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(done) => done.close(),
                None => return Err(fail("an end without a start")),
            },
            Event::Alias(anchor) => {
                let node = anchors.follow(anchor, budget)?.map_err(fail)?;
                budget.depth(node.depth.saturating_add(u32::try_from(open.len()).unwrap_or(0)))?;
                node
            }
            Event::DocumentEnd => return Ok(Value::Null),
            _ => continue,
        };
        anchors.note(&done);
        match open.last_mut() {
            None => return Ok(done.value),
            Some(parent) => parent.add(done).map_err(fail)?,
        }
    }
    Ok(Value::Null)
}

/// A value that is whole.
struct Node {
    value: Value,
    /// Lists and maps inside each other, itself one of them.
    depth: u32,
    /// Number of the anchor that it has; 0 for none.
    anchor: usize,
}

/// What aliases may stand for.
struct Anchors {
    /// Value, depth and weight by anchor; none for what is too much to be kept.
    known: BTreeMap<usize, Option<(Value, u32, u64)>>,
    /// What may still be kept.
    room: u64,
    /// What may still be added.
    left: u64,
}

impl Anchors {
    fn note(&mut self, node: &Node) {
        if node.anchor != 0 {
            // Anchors inside each other are kept once each.
            let weight = weight(&node.value);
            let room = self.room.checked_sub(weight);
            self.room = room.unwrap_or(self.room);
            let known = room.map(|_| (node.value.clone(), node.depth, weight));
            self.known.insert(node.anchor, known);
        }
    }

    /// What an alias stands for. One inside of what it names stands for nothing.
    fn follow(
        &mut self,
        anchor: usize,
        budget: &mut Budget,
    ) -> Result<Result<Node, &'static str>, InspectError> {
        let Some(known) = self.known.get(&anchor) else {
            return Ok(Err("an alias of what is not there yet"));
        };
        let left = known.as_ref().and_then(|(_, _, weight)| self.left.checked_sub(*weight));
        let (Some((value, depth, weight)), Some(left)) = (known, left) else {
            return Ok(Err("aliases that stand for more than is read"));
        };
        self.left = left;
        budget.entries(*weight)?;
        Ok(Ok(Node { value: value.clone(), depth: *depth, anchor: 0 }))
    }
}

fn weight(value: &Value) -> u64 {
    let text = |text: &String| text.len() as u64 / 32;
    match value {
        Value::String(own) => 1 + text(own),
        Value::Array(list) => list.iter().map(weight).fold(1, u64::saturating_add),
        Value::Object(map) => {
            let each = map.iter().map(|(key, value)| 1 + text(key) + weight(value));
            each.fold(1, u64::saturating_add)
        }
        _ => 1,
    }
}

/// A list or a map that is not closed yet.
struct Open {
    holder: Holder,
    anchor: usize,
    /// The deepest of what it holds.
    depth: u32,
    /// What `<<` names; keys that stand in the map itself count before it.
    merged: Vec<Map<String, Value>>,
}

enum Holder {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

impl Open {
    fn new(holder: Holder, anchor: usize) -> Self {
        Self { holder, anchor, depth: 0, merged: Vec::new() }
    }

    fn add(&mut self, node: Node) -> Result<(), &'static str> {
        self.depth = self.depth.max(node.depth);
        match &mut self.holder {
            Holder::List(list) => list.push(node.value),
            Holder::Map(map, key) => match key.take() {
                Some(name) if name == "<<" && is_merge(&node.value) => match node.value {
                    Value::Object(one) => self.merged.push(one),
                    Value::Array(many) => self.merged.extend(many.into_iter().filter_map(object)),
                    _ => {}
                },
                Some(name) => {
                    if map.insert(name, node.value).is_some() {
                        return Err("a key stands twice");
                    }
                }
                None => *key = Some(plain(node.value).ok_or("a key that is no plain value")?),
            },
        }
        Ok(())
    }

    fn close(self) -> Node {
        let value = match self.holder {
            Holder::List(list) => Value::Array(list),
            Holder::Map(mut map, _) => {
                for (key, value) in self.merged.into_iter().flatten() {
                    map.entry(key).or_insert(value);
                }
                Value::Object(map)
            }
        };
        Node { value, depth: self.depth.saturating_add(1), anchor: self.anchor }
    }
}

/// Whether a value is a map, or a list of maps and nothing else.
fn is_merge(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(many) => !many.is_empty() && many.iter().all(Value::is_object),
        _ => false,
    }
}

fn object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(map) = value { Some(map) } else { None }
}

fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// YAML 1.2 core schema; `no` and `on` stay text, so that the language `no` is no boolean.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// A number, where it would be written as it was: `1.10`, `0.8900` and `2e-05` stay text, so that
/// no version and no result loses a digit.
fn number(text: &str) -> Option<Value> {
    let number = match (text.parse::<i64>(), text.parse::<u64>()) {
        (Ok(number), _) => Value::from(number),
        (_, Ok(number)) => Value::from(number),
        _ => {
            // `inf` and `nan` are words here, as they are for YAML.
            let starts = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.');
            let float =
                text.parse::<f64>().ok().filter(|n| text.starts_with(starts) && n.is_finite());
            Value::from(float?)
        }
    };
    let written = number.to_string();
    (written == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_be_written_otherwise_stay_text() {
        let text = "[1, -2, 0.5, 1.10, 2e-05, 007, +1, 18446744073709551615, inf, 0x10]";
        let parsed = parse(text, &mut Budget::default()).unwrap();
        let expected = serde_json::json!([
            1,
            -2,
            0.5,
            "1.10",
            "2e-05",
            "007",
            "+1",
            18_446_744_073_709_551_615_u64,
            "inf",
            "0x10"
        ]);
        assert_eq!(parsed, expected);
    }

    fn json(text: &str) -> Result<Value, InspectError> {
        parse(text, &mut Budget::default())
    }

    #[test]
    fn aliases_and_merges_are_what_they_stand_for() {
        let text = "base: &b {lr: 1, steps: [1, 2]}\nrun: {<<: *b, lr: 2}\nlist: [&x a, *x]\n\
                    two:\n  <<: [*b, {more: 3}]\nodd: {<<: 7}\n";
        let expected = serde_json::json!({
            "base": {"lr": 1, "steps": [1, 2]},
            "run": {"lr": 2, "steps": [1, 2]},
            "list": ["a", "a"],
            "two": {"lr": 1, "steps": [1, 2], "more": 3},
            "odd": {"<<": 7},
        });
        assert_eq!(json(text).unwrap(), expected);
        // The first of several counts, and a key that stands there counts before all of them.
        let text = "a: &a {k: 1}\nb: &b {k: 2}\nc: {<<: [*a, *b]}\nd:\n  k: 3\n  <<: *a\n";
        let read = json(text).unwrap();
        assert_eq!((&read["c"]["k"], &read["d"]["k"]), (&Value::from(1), &Value::from(3)));
    }

    #[test]
    fn a_small_text_is_no_huge_tree() {
        let wide =
            (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, at| {
                let many = vec![format!("*a{}", at - 1); 10].join(", ");
                format!("{text}a{at}: &a{at} [{many}]\n")
            });
        let error = json(&wide).unwrap_err().to_string();
        assert!(error.contains("aliases that stand for more than is read"), "{error}");
        // A long text many times is no less.
        let text = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(32 << 10), "*a, ".repeat(200));
        assert!(json(&text).unwrap_err().to_string().contains("aliases"));
        // Nor do aliases nest deeper than texts may.
        let deep = (1..200).fold("a0: &a0 [x]\n".to_owned(), |text, at| {
            format!("{text}a{at}: &a{at} [*a{}]\n", at - 1)
        });
        assert!(json(&deep).unwrap_err().to_string().contains("depth"));
    }

    #[test]
    fn an_alias_of_what_is_not_there_or_not_whole_is_an_error() {
        for text in ["a: *b\n", "a: &a [*a]\n", "a: &a {b: *a}\n"] {
            json(text).unwrap_err();
        }
    }
}
