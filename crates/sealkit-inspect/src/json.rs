//! JSON under a budget: bytes, nodes and depth are limited, and a key may stand only once.

use std::fmt;

use sealkit_report::Budget;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{InspectError, ReadAt, json_loose, read_at};

/// Largest document that is parsed into a tree: 8 MiB.
pub const MAX_BYTES: u64 = 8 << 20;

/// Reads the whole of `source` as one JSON document.
pub fn read(source: &dyn ReadAt, budget: &mut Budget) -> Result<Value, InspectError> {
    if source.len() > MAX_BYTES {
        return Err(InspectError::malformed("JSON", "a document above the limit of 8 MiB", 0));
    }
    let bytes = read_at::whole(source, budget)?;
    parse_python(&bytes, budget)
}

/// Parses one JSON document, as Python writes it too: `NaN` and `Infinity` are read as `null`. Spends one entry of the
/// budget for each node.
pub fn parse_python(bytes: &[u8], budget: &mut Budget) -> Result<Value, InspectError> {
    // Nearly all documents are of the standard: only what is not is looked through for what Python adds.
    // A byte of another encoding is one unknown character to programs that read it as that.
    let lossy = std::str::from_utf8(bytes).is_err().then(|| String::from_utf8_lossy(bytes));
    let bytes = lossy.as_deref().map_or(bytes, str::as_bytes);
    let strict = parse(bytes, budget);
    match strict.is_err().then(|| json_loose::without_numbers(bytes)).flatten() {
        Some(changed) => parse(&changed, budget),
        None => strict,
    }
}

/// Parses one JSON document (RFC 8259). Spends one entry of the budget for each node.
pub fn parse(bytes: &[u8], budget: &mut Budget) -> Result<Value, InspectError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = Node::root(budget).deserialize(&mut parser).map_err(InspectError::Json)?;
    parser.end().map_err(InspectError::Json)?;
    Ok(value)
}

/// One node of the tree, at its depth.
pub(crate) struct Node<'a> {
    budget: &'a mut Budget,
    depth: u32,
    prune: &'static [&'static str],
    /// Whether the key above is one of these.
    is_pruned: bool,
}

impl<'a> Node<'a> {
    /// The outermost node, of which nothing is passed over.
    pub(crate) fn root(budget: &'a mut Budget) -> Self {
        Self::pruned(budget, &[])
    }

    /// The outermost node, of which the largest parts are passed over: below a key of `prune` an
    /// array becomes the number of its elements, and a map nothing.
    pub(crate) fn pruned(budget: &'a mut Budget, prune: &'static [&'static str]) -> Self {
        Self { budget, depth: 0, prune, is_pruned: false }
    }

    fn child(&mut self, is_pruned: bool) -> Node<'_> {
        let (depth, prune) = (self.depth + 1, self.prune);
        Node { budget: &mut *self.budget, depth, prune, is_pruned }
    }
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

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        if self.is_pruned {
            let mut count = 0_u64;
            while seq.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
            return Ok(Value::Number(count.into()));
        }
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(self.child(false))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        if self.is_pruned {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let is_pruned = self.prune.contains(&key.as_str());
            let value = entries.next_value_seed(self.child(is_pruned))?;
            if map.insert(key, value).is_some() {
                // Two readers could take different ones of the two.
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        Ok(Value::Object(map))
    }
}
