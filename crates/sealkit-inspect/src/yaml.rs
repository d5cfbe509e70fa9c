//! YAML as a tree under a budget. Aliases are refused: they can make a small text a huge tree.

use saphyr_parser::{Event, Parser, ScalarStyle};
use sealkit_report::Budget;
use serde_json::{Map, Value};

use crate::InspectError;

/// Parses the first document of `text`. Spends one entry of the budget for each node.
pub(crate) fn parse(text: &str, budget: &mut Budget) -> Result<Value, InspectError> {
    let mut open: Vec<Open> = Vec::new();
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
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                budget.depth(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                budget.depth(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Map(map, _)) => Value::Object(map),
                None => return Err(fail("an end without a start")),
            },
            Event::Alias(_) => return Err(fail("an alias")),
            Event::DocumentEnd => return Ok(Value::Null),
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(parent) => parent.add(done).map_err(fail)?,
        }
    }
    Ok(Value::Null)
}

/// A list or a map that is not closed yet.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

impl Open {
    fn add(&mut self, value: Value) -> Result<(), &'static str> {
        match self {
            Self::List(list) => list.push(value),
            Self::Map(map, key) => match key.take() {
                Some(name) => {
                    if map.insert(name, value).is_some() {
                        return Err("a key stands twice");
                    }
                }
                None => *key = Some(plain(value).ok_or("a key that is no plain value")?),
            },
        }
        Ok(())
    }
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
}
