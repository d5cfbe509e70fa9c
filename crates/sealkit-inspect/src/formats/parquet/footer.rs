//! The footer of a Parquet file.
//!
//! Source: `parquet.thrift` (`FileMetaData`, `RowGroup`, `ColumnChunk`) of parquet-format 2.11.

use std::collections::BTreeSet;

use super::column::ColumnMeta;
use super::schema::Element;
use super::thrift::{Kind, Reader};
use crate::InspectError;

/// Most keys of the file's own metadata that are read, and most bytes of all their values.
const MAX_PAIRS: usize = 256;
const MAX_VALUES: u64 = 8 << 20;
const MAX_TEXT: u64 = 4096;
/// Most elements of the schema, and most bytes of all their names.
const MAX_ELEMENTS: usize = 100_000;
const MAX_NAMES: usize = 8 << 20;
/// Most other files that column chunks name.
const MAX_FILES: usize = 1000;
/// Most codecs that are told apart; the format has eight.
const MAX_CODECS: usize = 16;

/// What the footer says.
#[derive(Debug, Default)]
pub(super) struct Footer {
    pub(super) version: Option<i64>,
    pub(super) rows: Option<u64>,
    pub(super) schema: Vec<Element>,
    pub(super) groups: Groups,
    pub(super) pairs: Vec<(String, Option<String>)>,
    pub(super) more_pairs: bool,
    values: u64,
    names: usize,
    pub(super) created_by: Option<String>,
    /// Whether columns are encrypted though the footer is not.
    pub(super) encrypted: bool,
}

/// What all row groups say together.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) count: u64,
    pub(super) rows: u64,
    pub(super) unpacked: u64,
    pub(super) codecs: BTreeSet<i64>,
    /// Smallest and largest number of column chunks in a group.
    pub(super) chunks: Option<(u64, u64)>,
    /// First byte and length of every chunk that lies in this file.
    pub(super) places: Vec<(u64, u64)>,
    pub(super) files: BTreeSet<String>,
}

impl Footer {
    /// Reads into `self`, so that what was read before an error is kept.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => self.version = Some(reader.int()?),
                (2, Kind::List) => {
                    reader.structures(|reader| self.element(reader))?;
                }
                (3, Kind::Int) => self.rows = Some(reader.size()?),
                (4, Kind::List) => {
                    reader.structures(|reader| self.groups.read(reader))?;
                }
                (5, Kind::List) => {
                    reader.structures(|reader| self.pair(reader))?;
                }
                (6, Kind::Binary) => self.created_by = reader.short_text(MAX_TEXT)?,
                (8, Kind::Struct) => {
                    self.encrypted = true;
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    fn element(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        let element = Element::read(reader)?;
        self.names += element.name.len();
        if self.schema.len() >= MAX_ELEMENTS || self.names > MAX_NAMES {
            return Err(reader.malformed("a schema above the limit"));
        }
        self.schema.push(element);
        Ok(())
    }

    fn pair(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        let (mut key, mut value) = (None, None);
        let full = self.pairs.len() >= MAX_PAIRS;
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                _ if full => return Ok(false),
                (1, Kind::Binary) => key = reader.short_text(MAX_TEXT)?,
                (2, Kind::Binary) => {
                    value = reader.short_text(MAX_VALUES.saturating_sub(self.values))?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        self.more_pairs |= full;
        self.values += value.as_ref().map_or(0, |value| value.len() as u64);
        self.pairs.extend(key.map(|key| (key, value)));
        Ok(())
    }
}

impl Groups {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        let mut chunks = 0;
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::List) => {
                    chunks = reader.structures(|reader| self.chunk(reader))?;
                }
                (2, Kind::Int) => add(&mut self.unpacked, reader)?,
                (3, Kind::Int) => add(&mut self.rows, reader)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        self.count += 1;
        let (least, most) = self.chunks.unwrap_or((chunks, chunks));
        self.chunks = Some((least.min(chunks), most.max(chunks)));
        Ok(())
    }

    fn chunk(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        reader.budget().entries(1)?;
        let (mut file, mut place) = (None, None);
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Binary) => file = Some(reader.text(MAX_TEXT)?),
                (3, Kind::Struct) => place = self.content(reader)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        match file {
            Some(file) if self.files.len() < MAX_FILES => drop(self.files.insert(file)),
            Some(_) => {}
            None => self.places.extend(place),
        }
        Ok(())
    }

    /// Codec and place of a column.
    fn content(&mut self, reader: &mut Reader<'_>) -> Result<Option<(u64, u64)>, InspectError> {
        let meta = ColumnMeta::read(reader)?;
        if self.codecs.len() < MAX_CODECS {
            self.codecs.extend(meta.codec);
        }
        // Some writers state 0 as the place where there are no values.
        Ok(meta.start().filter(|_| meta.values != Some(0)).zip(meta.len))
    }
}

fn add(sum: &mut u64, reader: &mut Reader<'_>) -> Result<(), InspectError> {
    let size = reader.size()?;
    *sum = sum.checked_add(size).ok_or_else(|| reader.malformed("a sum beyond 64 bits"))?;
    Ok(())
}

/// The name of a compression codec.
pub(super) fn codec(code: i64) -> String {
    let name = match code {
        0 => "none",
        1 => "snappy",
        2 => "gzip",
        3 => "lzo",
        4 => "brotli",
        5 => "lz4-hadoop",
        6 => "zstd",
        7 => "lz4",
        _ => return format!("unknown {code}"),
    };
    name.to_owned()
}
