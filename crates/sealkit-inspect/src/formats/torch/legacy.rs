//! PyTorch before 1.6: five pickles, then the storages one behind the other.
//!
//! Source: `_legacy_save` and `_legacy_load` in `torch/serialization.py` of PyTorch 2: a magic
//! number, a protocol version, a dictionary about the system, the object, the keys of the
//! storages; then for each key the number of elements in 8 bytes and the elements.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Severity};

use super::inventory::{Layout, Span, inventory};
use super::pickles::model_class;
use super::settings::settings;
use super::storage::Storage;
use crate::formats::pickle::report::{Place, report};
use crate::pickle::{self, Item, Limits, Node, Trace};
use crate::{Cursor, Facts, InspectError, ReadAt, Value, property};

/// `MAGIC_NUMBER` 0x1950a86a20f9469cfc6c as the operand of `LONG1`.
pub(crate) const MAGIC: &[u8] = b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
/// Pickles before the storages.
const STREAMS: usize = 5;

/// Whether a file starts with the magic number, in a pickle of any protocol.
pub(crate) fn is_legacy(head: &[u8]) -> bool {
    let start = head.get(..64.min(head.len())).unwrap_or_default();
    start.windows(MAGIC.len()).any(|bytes| bytes == MAGIC)
        || start.windows(25).any(|bytes| bytes == b"L119547037146038801333356")
        || start.windows(25).any(|bytes| bytes == b"I119547037146038801333356")
}

/// Reads the five pickles and walks the storages. Says whether loading can run code.
pub(crate) fn inspect(
    source: &dyn ReadAt,
    path: &str,
    facts: &mut Facts,
    budget: &mut Budget,
) -> Result<bool, InspectError> {
    let place = Place::file(path);
    let trace = pickle::trace(source, 0..source.len(), Limits::streams(STREAMS), budget);
    report(facts, place, &trace, budget);
    let Some(first) = trace.streams.first() else { return Ok(true) };
    if !is_magic(&trace, first.root, source) {
        let message = "the magic number is not there as a number, but made by the pickle";
        facts.find("torch-magic", Severity::High, (path, "byte 0"), message);
    }
    let protocol = Value::Uint(u64::from(first.protocol));
    facts.measured(path, &place.byte(0), property::PICKLE_PROTOCOL, protocol);
    system(&trace, path, facts);
    let [_, _, _, object, keys] = trace.streams.as_slice() else {
        facts.incomplete = true;
        let message = "fewer than five pickles stand before the storages";
        facts.find("torch-streams", Severity::Medium, (path, ""), message);
        return Ok(true);
    };
    let storages = storages(&trace, budget)?;
    let spans = match walk(source, (&trace, keys.root, keys.range.end), &storages, budget) {
        Ok((spans, end)) => {
            if end < source.len() {
                let message = "bytes follow the last storage";
                let at = place.byte(end);
                facts.find("torch-trailing-bytes", Severity::High, (path, &at), message);
            }
            spans
        }
        Err(error) => {
            facts.incomplete = true;
            facts.find("torch-storages", Severity::High, (path, ""), error.to_string());
            BTreeMap::new()
        }
    };
    let span = |storage: &Storage| spans.get(&storage.key).copied().unwrap_or(Span::Missing);
    let at = format!("bytes {}-{}", object.range.start, object.range.end);
    let place = Place { file: path, member: &at };
    let layout = Layout { place, span: &span, base: Some(0) };
    settings(facts, place, &trace, object.root);
    inventory(facts, &layout, (&trace, object.root), budget);
    model_class(facts, place, &trace);
    Ok(!trace.is_complete() || !trace.imports.is_empty())
}

/// Whether the first value is the magic number itself.
fn is_magic(trace: &Trace, root: Item, source: &dyn ReadAt) -> bool {
    let Some(Node::Long { at, len, text }) = trace.heap.node(root) else { return false };
    let mut bytes = vec![0; (*len as usize).min(64)];
    if source.read_at(*at, &mut bytes).is_err() {
        return false;
    }
    if *text { bytes.starts_with(b"119547037146038801333356") } else { bytes == MAGIC }
}

/// The byte order, where the writer says that it is not little-endian.
fn system(trace: &Trace, path: &str, facts: &mut Facts) {
    let Some(stream) = trace.streams.get(2) else { return };
    let at = format!("byte {}", stream.range.start);
    if trace.heap.get(stream.root, "little_endian") == Some(Item::Bool(false)) {
        let order = Value::Text("big-endian".to_owned());
        facts.declared(path, &at, property::BYTE_ORDER, order);
    }
    let version = trace.streams.get(1).map(|stream| stream.root);
    if let Some(Item::Int(version)) = version {
        let value = Value::Text(version.to_string());
        facts.declared(path, &at, property::FORMAT_VERSION, value);
    }
}

/// The storages that the object asks for, by key.
fn storages(trace: &Trace, budget: &mut Budget) -> Result<BTreeMap<String, Storage>, InspectError> {
    let mut all = BTreeMap::new();
    let ids = trace.heap.persistent().filter_map(|item| Storage::of(trace, item));
    for storage in ids {
        budget.steps(1)?;
        all.entry(storage.key.clone()).or_insert(storage);
    }
    Ok(all)
}

/// Goes through the storages in the order of their keys. Gives where each lies, and the end.
fn walk(
    source: &dyn ReadAt,
    (trace, keys, start): (&Trace, Item, u64),
    storages: &BTreeMap<String, Storage>,
    budget: &mut Budget,
) -> Result<(BTreeMap<String, Span>, u64), InspectError> {
    let mut cursor = Cursor::new(source, budget, "pytorch");
    cursor.seek(start)?;
    let mut spans = BTreeMap::new();
    let Some(Node::List(keys)) = trace.heap.node(keys) else {
        return Err(cursor.malformed("no list of storage keys"));
    };
    if keys.total > keys.items.len() as u64 {
        return Err(cursor.malformed("more storages than are listed"));
    }
    for key in &keys.items {
        cursor.budget().entries(1)?;
        let key = match key {
            Item::Int(number) => number.to_string(),
            key => trace.heap.text(*key).unwrap_or_default().to_owned(),
        };
        let Some(storage) = storages.get(&key) else {
            return Err(cursor.malformed("a storage that the object does not ask for"));
        };
        let count = cursor.u64()?;
        let size = count.checked_mul(storage.dtype.map_or(1, |dtype| dtype.size));
        let start = cursor.pos();
        cursor.skip(size.unwrap_or(u64::MAX))?;
        spans.insert(key, Span::Plain(start, cursor.pos() - start));
    }
    Ok((spans, cursor.pos()))
}
