//! JSON of which the largest parts are passed over: they are parsed and not kept.

use std::io;

use sealkit_report::Budget;
use serde::de::DeserializeSeed;
use serde_json::Value;

use crate::json::Node;
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
    let node = Node::pruned(budget, prune);
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
