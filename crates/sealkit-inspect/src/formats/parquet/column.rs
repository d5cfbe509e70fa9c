//! What the footer says of one column of a row group.
//!
//! Source: `parquet.thrift` (`ColumnMetaData`) of parquet-format 2.11.

use super::thrift::{Kind, Reader};
use crate::InspectError;

/// Type, codec and place of a column's values; what is not stated is none.
#[derive(Debug, Default)]
pub(super) struct ColumnMeta {
    pub(super) physical: Option<i64>,
    pub(super) codec: Option<i64>,
    pub(super) values: Option<u64>,
    /// Number of its bytes.
    pub(super) len: Option<u64>,
    data: Option<u64>,
    dictionary: Option<u64>,
}

impl ColumnMeta {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, InspectError> {
        let mut meta = Self::default();
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => meta.physical = Some(reader.int()?),
                (4, Kind::Int) => meta.codec = Some(reader.int()?),
                (5, Kind::Int) => meta.values = Some(reader.size()?),
                (7, Kind::Int) => meta.len = Some(reader.size()?),
                (9, Kind::Int) => meta.data = Some(reader.size()?),
                (11, Kind::Int) => meta.dictionary = Some(reader.size()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(meta)
    }

    /// The first byte of its pages. Some writers state 0 where there is no page of a dictionary.
    pub(super) fn start(&self) -> Option<u64> {
        match (self.data, self.dictionary) {
            (Some(data), Some(dictionary)) if dictionary > 0 => Some(data.min(dictionary)),
            (data, _) => data,
        }
    }
}
