//! The schema of Arrow data.
//!
//! Source: `Schema.fbs` of the Arrow columnar format 1.5.

use sealkit_report::Budget;

use super::flat::Table;
use crate::InspectError;
use crate::formats::columns::{Column, cut, decimal, group, integer, list, map};

/// Columns and the schema's own metadata.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) columns: Vec<Column>,
    pub(super) pairs: Vec<(String, String)>,
    pub(super) big_endian: bool,
}

impl Schema {
    /// Reads a `Schema` table.
    pub(super) fn read(table: Table<'_>, budget: &mut Budget) -> Result<Self, InspectError> {
        let mut schema = Self { big_endian: table.i16(0, 0)? == 1, ..Self::default() };
        for field in table.tables(1)? {
            let field = field?;
            let name = text(field, 0, budget)?;
            schema.columns.push(Column { name, kind: field_type(field, budget, 1)?.kind });
        }
        schema.pairs = pairs(table, 2, budget)?;
        Ok(schema)
    }
}

/// A vector of `KeyValue` tables.
pub(super) fn pairs(
    table: Table<'_>,
    number: usize,
    budget: &mut Budget,
) -> Result<Vec<(String, String)>, InspectError> {
    let mut pairs = Vec::new();
    for pair in table.tables(number)? {
        budget.entries(1)?;
        let pair = pair?;
        pairs.push((text(pair, 0, budget)?, text(pair, 1, budget)?));
    }
    Ok(pairs)
}

/// Text; bytes that are no UTF-8 are replaced. Every copy is paid for.
fn text(table: Table<'_>, number: usize, budget: &mut Budget) -> Result<String, InspectError> {
    let bytes = table.bytes(number)?.unwrap_or_default();
    budget.bytes(bytes.len() as u64)?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A type with the types of what it holds.
#[derive(Debug, Default)]
struct Typed {
    kind: String,
    inner: Vec<String>,
}

/// The type of a `Field` table. Tables can be shared, so the budget counts visits.
fn field_type(field: Table<'_>, budget: &mut Budget, depth: u32) -> Result<Typed, InspectError> {
    budget.entries(1)?;
    budget.depth(depth)?;
    let mut children = Vec::new();
    for child in field.tables(5)? {
        let child = child?;
        let name = text(child, 0, budget)?;
        children.push((cut(name), field_type(child, budget, depth + 1)?));
    }
    let mut kind = match field.table(3)? {
        Some(table) => kind(field.u8(2)?, table, &children, budget)?,
        None => plain(field.u8(2)?).to_owned(),
    };
    if field.table(4)?.is_some() {
        kind = cut(format!("dictionary<{kind}>"));
    }
    let inner = children.into_iter().take(2).map(|(_, typed)| typed.kind).collect();
    Ok(Typed { kind, inner })
}

fn kind(
    code: u8,
    table: Table<'_>,
    children: &[(String, Typed)],
    budget: &mut Budget,
) -> Result<String, InspectError> {
    let nothing = Typed::default();
    let first = children.first().map_or(&nothing, |(_, typed)| typed);
    let item = first.kind.as_str();
    Ok(match code {
        2 => integer(i64::from(table.i32(0)?), table.u8(1)? != 0),
        3 => match table.i16(0, 0)? {
            0 => "float16".to_owned(),
            1 => "float32".to_owned(),
            _ => "float64".to_owned(),
        },
        7 => decimal(i64::from(table.i32(0)?), i64::from(table.i32(1)?)),
        9 => format!("time[{}]", unit(table.i16(0, 1)?)),
        10 => {
            let zone = text(table, 1, budget)?;
            let comma = if zone.is_empty() { "" } else { ", " };
            cut(format!("timestamp[{}{comma}{zone}]", unit(table.i16(0, 0)?)))
        }
        12 | 21 | 25 | 26 => list(item),
        13 => group(children.iter().map(|(name, typed)| (name.as_str(), typed.kind.clone()))),
        15 => format!("binary({})", table.i32(0)?),
        16 => cut(format!("list<{item}>[{}]", table.i32(0)?)),
        // One child, a group of key and value.
        17 => map(&first.inner),
        18 => format!("duration[{}]", unit(table.i16(0, 1)?)),
        22 => children.get(1).map_or_else(String::new, |(_, typed)| typed.kind.clone()),
        code => plain(code).to_owned(),
    })
}

fn plain(code: u8) -> &'static str {
    match code {
        1 => "null",
        4 | 19 | 23 => "binary",
        5 | 20 | 24 => "string",
        6 => "bool",
        8 => "date",
        11 => "interval",
        14 => "union",
        _ => "unknown",
    }
}

fn unit(code: i16) -> &'static str {
    match code {
        0 => "s",
        1 => "ms",
        2 => "us",
        3 => "ns",
        _ => "?",
    }
}
