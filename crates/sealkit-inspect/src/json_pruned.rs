//! JSON of which the largest parts are passed over: they are parsed and not kept.

use std::fmt;
use std::io;

use sealkit_report::Budget;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{InspectError, ReadAt};

/// Largest document that is read, in bytes.
const MAX_BYTES: u64 = 96 << 20;
/// Bytes that are read at once.
const CHUNK: u64 = 64 << 10;

/// Reads the whole of `source`. Below a key of `prune` an array becomes the number of its
/// elements, and anything else nothing.
pub(crate) fn read(
    source: &dyn ReadAt,
    budget: &mut Budget,
    prune: &'static [&'static str],
) -> Result<Value, InspectError> {
    let len = source.len();
    if len > MAX_BYTES {
        return Err(InspectError::malformed("JSON", "a document above the limit of 96 MiB", 0));
    }
    budget.bytes(len)?;
    let reader = io::BufReader::with_capacity(CHUNK as usize, Reader { source, at: 0 });
    let mut parser = serde_json::Deserializer::from_reader(reader);
    let node = Node { budget, depth: 0, prune, is_pruned: false };
    let value = node.deserialize(&mut parser).map_err(InspectError::Json)?;
    parser.end().map_err(InspectError::Json)?;
    Ok(value)
}

/// A source read from its start to its end.
struct Reader<'a> {
    source: &'a dyn ReadAt,
    at: u64,
}

impl io::Read for Reader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.at);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let Some(buf) = buf.get_mut(..count) else { return Ok(0) };
        self.source.read_at(self.at, buf).map_err(io::Error::other)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// One node of the tree, at its depth.
struct Node<'a> {
    budget: &'a mut Budget,
    depth: u32,
    prune: &'static [&'static str],
    is_pruned: bool,
}

impl Node<'_> {
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
        let mut map = Map::new();
        if self.is_pruned {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
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
