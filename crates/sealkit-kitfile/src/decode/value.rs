//! Free data under `parameters`: what JSON can hold, and nothing else.

use std::collections::BTreeMap;

use super::reader::Reader;
use crate::yaml::scalar::Scalar;
use crate::yaml::{Kind, NodeId};
use crate::{ProblemKind, Value};

impl Reader<'_> {
    /// The value of a `parameters` field; none for null.
    pub(super) fn parameters(&mut self, id: NodeId, field: &str) -> Option<Value> {
        match self.value(id, field) {
            Value::Null => None,
            value => Some(value),
        }
    }

    fn value(&mut self, id: NodeId, field: &str) -> Value {
        let Some((target, node)) = self.node(id) else { return Value::Null };
        match &node.kind {
            Kind::Scalar { text, .. } => match self.scalar(target, node) {
                Scalar::Null => Value::Null,
                Scalar::Bool(value) => Value::Bool(value),
                Scalar::Int(value) => Value::Int(value),
                Scalar::Uint(value) => Value::Uint(value),
                Scalar::Float(value) if value.is_finite() => Value::Float(value),
                Scalar::Time(value) if !is_a_day_off(&value) => Value::String(value),
                Scalar::Float(_) | Scalar::Time(_) => {
                    let (field, value) = (field.to_owned(), text.clone());
                    self.problem(id, ProblemKind::Number { field, value });
                    Value::Null
                }
                Scalar::Text => Value::String(self.text(target, node, text)),
            },
            Kind::List(items) => {
                let read = |reader: &mut Self| {
                    items.iter().map(|item| reader.value(*item, field)).collect()
                };
                Value::List(self.deeper(read).unwrap_or_default())
            }
            Kind::Map(_) => {
                let read = |reader: &mut Self| reader.map(id, field);
                Value::Map(self.deeper(read).unwrap_or_default())
            }
            Kind::Alias(_) => Value::Null,
        }
    }

    fn map(&mut self, id: NodeId, field: &str) -> BTreeMap<String, Value> {
        let mut out = BTreeMap::new();
        for (key, value) in self.pairs(id, field).unwrap_or_default() {
            let Some(found) = self.noun(key) else { break };
            if found == "a string" {
                let name = self.string(key, field);
                let value = self.value(value, field);
                out.insert(name, value);
            } else {
                self.problem(key, ProblemKind::Key { field: field.to_owned(), found });
            }
        }
        out
    }
}

/// Whether the time zone of a timestamp is 24 hours or more off, which has no JSON form in Go.
fn is_a_day_off(time: &str) -> bool {
    let zone = time.len().checked_sub(6).and_then(|at| time.get(at..));
    zone.is_some_and(|zone| zone.starts_with("+24") || zone.starts_with("-24"))
}

/// Decodes standard base64 with padding; line ends are skipped, as Go does. None where it is
/// malformed or its bytes are no text.
pub(super) fn from_base64(text: &str) -> Option<String> {
    let mut digits: Vec<u8> = text.bytes().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take(2).take_while(|c| **c == b'=').count();
    digits.truncate(digits.len() - padding);
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for digit in digits {
        held = (held << 6) | u32::from(sextet(digit)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

fn sextet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
