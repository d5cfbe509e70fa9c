//! The index of a checkpoint (`variables.index`): a sorted table of tensors, whose data lies in
//! files beside it.
//!
//! Source: `tensor_bundle.proto`, and the table format of LevelDB (`table_format.md`).

use sealkit_report::Budget;

use super::{NAME, types};
use crate::format::{ends_with, file_name};
use crate::protobuf::{self, Field, pass};
use crate::{
    Class, Confidence, Cursor, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt,
    TensorInfo, Value, inventory, partial, property,
};
use sealkit_report::Known;

const FORMAT: Format = Format::new(
    "tensorflow-checkpoint-index",
    "TensorFlow checkpoint index",
    Class::ModelPart,
    // Other software gives files this ending too: the name promises nothing.
    &[],
)
.read_by(NAME);
const FOOTER: u64 = 48;
const MAGIC: [u8; 8] = 0xDB47_7524_8B80_FB57_u64.to_le_bytes();
/// Largest block that is read, in bytes; TensorFlow writes blocks of 4 KiB and a little more.
const MAX_BLOCK: u64 = 16 << 20;
const MAX_KEY: u64 = 64 << 10;
/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;

pub(crate) static BUNDLE: Bundle = Bundle;

pub(crate) struct Bundle;

impl Inspector for Bundle {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_named = ends_with(probe.file_name(), ".index");
        if is_named && probe.tail.ends_with(&MAGIC) { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut table = Table { path, shards: 0, weights: Vec::new(), others: Vec::new() };
        let mut cursor = Cursor::new(source, budget, NAME);
        let read = table.read(&mut cursor, source.len());
        let facts = table.finish(read.is_ok());
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::SHARDS,
            property::FILE_REFERENCE,
            property::EXTERNAL_DATA,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
        ]
    }
}

struct Table<'a> {
    path: &'a str,
    shards: u64,
    /// Tensors of the model, each with the number of its data file.
    weights: Vec<(TensorInfo, u64)>,
    /// State of the optimiser and of the checkpoint itself.
    others: Vec<(TensorInfo, u64)>,
}

impl Table<'_> {
    fn read(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let footer = len.checked_sub(FOOTER).ok_or(cursor.malformed("no room for a footer"))?;
        cursor.seek(footer)?;
        let _meta = handle(cursor)?;
        let index = handle(cursor)?;
        for (_, value) in block(cursor, index)? {
            let data = in_memory(cursor, &value, handle)?;
            for (key, value) in block(cursor, data)? {
                self.entry(cursor, key, &value)?;
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        cursor: &mut Cursor<'_>,
        key: String,
        value: &[u8],
    ) -> Result<(), InspectError> {
        cursor.budget().entries(COST)?;
        if key.is_empty() {
            // BundleHeaderProto.
            self.shards = in_memory(cursor, value, |cursor| {
                let mut shards = 0;
                while let Some((number, field)) = protobuf::next(cursor, value.len() as u64)? {
                    match (number, field) {
                        (1, Field::Varint(n)) => shards = n,
                        (_, field) => pass(cursor, field)?,
                    }
                }
                Ok(shards)
            })?;
            return Ok(());
        }
        let (kind, shape, shard, offset, size) =
            in_memory(cursor, value, |cursor| tensor(cursor, value.len() as u64))?;
        let is_state =
            ["_CHECKPOINTABLE_OBJECT_GRAPH", "save_counter/", "optimizer/", "keras_api/"];
        let is_state = is_state.iter().any(|start| key.starts_with(start))
            || key.contains("/.OPTIMIZER_SLOT/");
        let list = if is_state { &mut self.others } else { &mut self.weights };
        let name = key.strip_suffix("/.ATTRIBUTES/VARIABLE_VALUE").unwrap_or(&key).to_owned();
        list.push((TensorInfo { name, dtype: types::name(kind), shape, offset, size }, shard));
        Ok(())
    }

    fn finish(self, is_whole: bool) -> Facts {
        let mut facts = Facts::default();
        let place = "data blocks";
        let stem = file_name(self.path).strip_suffix(".index").unwrap_or_default();
        let name = |shard: u64| format!("{stem}.data-{shard:05}-of-{:05}", self.shards);
        if self.shards > 0 && self.shards <= 10_000 {
            facts.declared(self.path, place, property::SHARDS, Value::Uint(self.shards));
            for shard in 0..self.shards {
                let file = FileInfo { path: name(shard), ..FileInfo::default() };
                facts.inferred(self.path, place, property::FILE_REFERENCE, Value::File(file));
            }
        }
        let at = (self.path, place);
        for (tensor, shard) in self.weights.iter().chain(&self.others) {
            let fact = (property::EXTERNAL_DATA, Value::Text(name(*shard)));
            facts.about(&tensor.name, Known::Inferred, at, fact);
        }
        let weights = self.weights.into_iter().map(|(tensor, _)| tensor).collect();
        if is_whole {
            inventory::add(weights, at, &mut facts);
        } else {
            inventory::list(weights, at, &mut facts);
        }
        let others = self.others.into_iter().map(|(tensor, _)| tensor).collect();
        inventory::list(others, at, &mut facts);
        facts
    }
}

/// Reads bytes that are in memory with a cursor of their own.
fn in_memory<T>(
    cursor: &mut Cursor<'_>,
    bytes: &[u8],
    read: impl FnOnce(&mut Cursor<'_>) -> Result<T, InspectError>,
) -> Result<T, InspectError> {
    let bytes = bytes.to_vec();
    let mut inner = Cursor::new(&bytes, cursor.budget(), NAME);
    read(&mut inner)
}

/// Offset and size of a block.
fn handle(cursor: &mut Cursor<'_>) -> Result<(u64, u64), InspectError> {
    Ok((cursor.varint()?, cursor.varint()?))
}

/// Keys and values of a block, which is not compressed.
fn block(
    cursor: &mut Cursor<'_>,
    (offset, size): (u64, u64),
) -> Result<Vec<(String, Vec<u8>)>, InspectError> {
    cursor.seek(offset)?;
    let bytes = cursor.take(size, MAX_BLOCK)?;
    if cursor.u8()? != 0 {
        return Err(cursor.malformed("a compressed block"));
    }
    let bad = cursor.malformed("a block without restarts");
    let restarts = bytes.last_chunk::<4>().map(|raw| u64::from(u32::from_le_bytes(*raw)));
    let end = restarts.and_then(|n| size.checked_sub(n.checked_mul(4)?.checked_add(4)?));
    let end = end.ok_or(bad)?;
    in_memory(cursor, &bytes, |cursor| {
        let (mut key, mut all): (Vec<u8>, _) = (Vec::new(), Vec::new());
        while cursor.pos() < end {
            cursor.budget().entries(1)?;
            let [shared, rest, value] = [cursor.varint()?, cursor.varint()?, cursor.varint()?];
            let shared = usize::try_from(shared).unwrap_or(usize::MAX);
            if shared > key.len() {
                return Err(cursor.malformed("a key that shares more than there is"));
            }
            key.truncate(shared);
            key.extend(cursor.take(rest, MAX_KEY)?);
            let value = cursor.take(value, MAX_BLOCK)?;
            all.push((String::from_utf8_lossy(&key).into_owned(), value));
        }
        Ok(all)
    })
}

/// BundleEntryProto: type, shape, number of the data file, offset, size.
fn tensor(
    cursor: &mut Cursor<'_>,
    end: u64,
) -> Result<(u64, Vec<u64>, u64, u64, u64), InspectError> {
    let (mut kind, mut shape, mut shard, mut offset, mut size) = (0, Vec::new(), 0, 0, 0);
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => kind = n,
            (2, Field::Bytes(n)) => {
                shape = types::fixed(types::shape(cursor, n)?).unwrap_or_default();
            }
            (3, Field::Varint(n)) => shard = n,
            (4, Field::Varint(n)) => offset = n,
            (5, Field::Varint(n)) => size = n,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok((kind, shape, shard, offset, size))
}
