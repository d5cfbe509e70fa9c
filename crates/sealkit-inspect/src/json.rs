//! JSON under a budget: bytes, nodes and depth are limited, and a key may stand only once.

use std::fmt;

use sealkit_report::Budget;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{InspectError, ReadAt};

/// Largest document that is parsed into a tree: 8 MiB.
pub const MAX_BYTES: u64 = 8 << 20;

/// Reads the whole of `source` as one JSON document.
pub fn read(source: &dyn ReadAt, budget: &mut Budget) -> Result<Value, InspectError> {
    let len = source.len();
    if len > MAX_BYTES {
        return Err(InspectError::malformed("JSON", "a document above the limit of 8 MiB", 0));
    }
    budget.bytes(len)?;
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    source.read_at(0, &mut bytes)?;
    parse(&bytes, budget)
}

/// Parses one JSON document. Spends one entry of the budget for each node.
pub fn parse(bytes: &[u8], budget: &mut Budget) -> Result<Value, InspectError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = Node { budget, depth: 0 }.deserialize(&mut parser).map_err(InspectError::Json)?;
    parser.end().map_err(InspectError::Json)?;
    Ok(value)
}

/// One node of the tree, at its depth.
pub(crate) struct Node<'a> {
    pub(crate) budget: &'a mut Budget,
    pub(crate) depth: u32,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.entries(1).map_err(D::Error::custom)?;
        self.budget.depth(self.depth).map_err(D::Error::custom)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let depth = self.depth + 1;
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(Node { budget: &mut *self.budget, depth })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let depth = self.depth + 1;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Node { budget: &mut *self.budget, depth })?;
            if map.insert(key, value).is_some() {
                // Two readers could take different ones of the two.
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        Ok(Value::Object(map))
    }
}
