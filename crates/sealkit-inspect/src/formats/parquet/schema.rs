//! The schema of a Parquet file: a tree, written as a list of elements in depth-first order.
//!
//! Source: `parquet.thrift` (`SchemaElement`, `LogicalType`, `ConvertedType`) and `LogicalTypes.md`
//! of parquet-format 2.11.

use sealkit_report::Budget;

use super::thrift::{Kind, Reader};
use crate::InspectError;
use crate::formats::columns::{Column, decimal, group, integer, list, map};

/// Longest name that is read, in bytes.
const MAX_NAME: u64 = 4 << 10;

/// One element: a column, or a group of them.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) physical: Option<i64>,
    pub(super) width: i64,
    pub(super) repeated: bool,
    pub(super) optional: bool,
    pub(super) children: Option<u64>,
    converted: Option<i64>,
    scale: i64,
    precision: i64,
    logical: Option<Logical>,
}

/// What a logical type says.
#[derive(Debug)]
enum Logical {
    List,
    Map,
    Named(String),
}

impl Element {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, InspectError> {
        reader.budget().entries(1)?;
        let mut element = Self::default();
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Int) => element.physical = Some(reader.int()?),
                (2, Kind::Int) => element.width = reader.int()?,
                (3, Kind::Int) => {
                    let repetition = reader.int()?;
                    (element.optional, element.repeated) = (repetition == 1, repetition == 2);
                }
                (4, Kind::Binary) => element.name = reader.text(MAX_NAME)?,
                (5, Kind::Int) => element.children = Some(reader.size()?),
                (6, Kind::Int) => element.converted = Some(reader.int()?),
                (7, Kind::Int) => element.scale = reader.int()?,
                (8, Kind::Int) => element.precision = reader.int()?,
                (10, Kind::Struct) => element.logical = logical(reader)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        // Some writers state that a column has no children.
        if element.physical.is_some() && element.children == Some(0) {
            element.children = None;
        }
        Ok(element)
    }

    fn is_list(&self) -> bool {
        matches!(self.logical, Some(Logical::List))
            || self.logical.is_none() && self.converted == Some(3)
    }

    fn is_map(&self) -> bool {
        matches!(self.logical, Some(Logical::Map))
            || self.logical.is_none() && matches!(self.converted, Some(1 | 2))
    }

    /// The type of a column, in a few words.
    pub(super) fn plain_type(&self) -> String {
        if let Some(Logical::Named(name)) = &self.logical {
            return name.clone();
        }
        let converted = match self.converted {
            Some(0) => "string",
            Some(4) => "enum",
            Some(5) => return decimal(self.precision, self.scale),
            Some(6) => "date",
            Some(7) => "time[ms]",
            Some(8) => "time[us]",
            Some(9) => "timestamp[ms, UTC]",
            Some(10) => "timestamp[us, UTC]",
            Some(code @ 11..=14) => return integer(8 << (code - 11), false),
            Some(code @ 15..=18) => return integer(8 << (code - 15), true),
            Some(19) => "json",
            Some(20) => "bson",
            Some(21) => "interval",
            _ => match self.physical {
                Some(0) => "bool",
                Some(1) => "int32",
                Some(2) => "int64",
                Some(3) => "timestamp[ns]",
                Some(4) => "float32",
                Some(5) => "float64",
                Some(6) => "binary",
                Some(7) => return format!("binary({})", self.width),
                _ => "unknown",
            },
        };
        converted.to_owned()
    }
}

/// The columns below the root, and how many leaves hold values. The elements must make one tree.
pub(super) fn columns(
    elements: &[Element],
    budget: &Budget,
) -> Result<(Vec<Column>, u64), InspectError> {
    let mut walk = Walk { rest: elements.iter(), leaves: 0, budget };
    let root = walk.rest.next().ok_or_else(|| broken("no schema"))?;
    let mut columns = Vec::new();
    for _ in 0..root.children.unwrap_or(0) {
        let node = walk.node(1)?;
        columns.push(Column { name: node.name.to_owned(), kind: node.shown() });
    }
    if walk.rest.next().is_some() {
        return Err(broken("a schema with an element outside of its tree"));
    }
    Ok((columns, walk.leaves))
}

struct Walk<'a> {
    rest: std::slice::Iter<'a, Element>,
    leaves: u64,
    budget: &'a Budget,
}

/// One element with its type; `inner` are the types of a group's first children.
struct Node<'a> {
    name: &'a str,
    kind: String,
    inner: Vec<String>,
    repeated: bool,
}

impl Node<'_> {
    /// The type where it does not stand inside a list or map, which are repeated anyway.
    fn shown(&self) -> String {
        if self.repeated { list(&self.kind) } else { self.kind.clone() }
    }
}

impl<'a> Walk<'a> {
    fn node(&mut self, depth: u32) -> Result<Node<'a>, InspectError> {
        self.budget.depth(depth)?;
        let element = self.rest.next().ok_or_else(|| broken("a schema that lacks elements"))?;
        let (name, repeated) = (element.name.as_str(), element.repeated);
        let Some(count) = element.children else {
            self.leaves += 1;
            return Ok(Node { name, kind: element.plain_type(), inner: Vec::new(), repeated });
        };
        let mut children = Vec::new();
        for _ in 0..count {
            children.push(self.node(depth + 1)?);
        }
        // A list is a group of a repeated group of the element; a map one of key and value.
        let kind = match children.as_slice() {
            [only] if element.is_list() => match only.inner.as_slice() {
                [item] => list(item),
                _ => list(&only.kind),
            },
            [only] if element.is_map() && only.inner.len() == 2 => map(&only.inner),
            children => group(children.iter().map(|child| (child.name, child.shown()))),
        };
        let inner = children.iter().take(3).map(Node::shown).collect();
        Ok(Node { name, kind, inner, repeated })
    }
}

fn broken(what: &'static str) -> InspectError {
    InspectError::malformed(super::NAME, what, 0)
}

/// A union: one field, whose number says which type it is.
fn logical(reader: &mut Reader<'_>) -> Result<Option<Logical>, InspectError> {
    let mut found = None;
    reader.structure(|reader, id, kind| {
        if kind != Kind::Struct {
            return Ok(false);
        }
        let name = match id {
            1 => "string",
            2 => return Ok(set(&mut found, Logical::Map)),
            3 => return Ok(set(&mut found, Logical::List)),
            4 => "enum",
            6 => "date",
            11 => "null",
            12 => "json",
            13 => "bson",
            14 => "uuid",
            15 => "float16",
            16 => "variant",
            17 => "geometry",
            18 => "geography",
            5 | 7 | 8 | 10 => {
                found = Some(Logical::Named(with_arguments(reader, id)?));
                return Ok(true);
            }
            _ => return Ok(false),
        };
        Ok(set(&mut found, Logical::Named(name.to_owned())))
    })?;
    Ok(found)
}

/// Keeps a type and leaves its empty struct to be skipped.
fn set(found: &mut Option<Logical>, logical: Logical) -> bool {
    *found = Some(logical);
    false
}

/// The types with fields: `DECIMAL` 5, `TIME` 7, `TIMESTAMP` 8, `INTEGER` 10.
fn with_arguments(reader: &mut Reader<'_>, which: i16) -> Result<String, InspectError> {
    let (mut first, mut second, mut yes, mut unit) = (0, 0, [false; 2], "");
    reader.structure(|reader, id, kind| {
        match (id, kind) {
            (1, Kind::Int) => first = reader.int()?,
            (2, Kind::Int) => second = reader.int()?,
            (1, Kind::Byte) => first = i64::from(reader.byte()?),
            (1, Kind::True) => yes[0] = true,
            (2, Kind::True) => yes[1] = true,
            (2, Kind::Struct) => unit = time_unit(reader)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let zone = if yes[0] { ", UTC" } else { "" };
    Ok(match which {
        5 => decimal(second, first),
        7 => format!("time[{unit}{zone}]"),
        8 => format!("timestamp[{unit}{zone}]"),
        _ => integer(first, yes[1]),
    })
}

fn time_unit(reader: &mut Reader<'_>) -> Result<&'static str, InspectError> {
    let mut unit = "";
    reader.structure(|_, id, _| {
        unit = match id {
            1 => "ms",
            2 => "us",
            3 => "ns",
            _ => "",
        };
        Ok(false)
    })?;
    Ok(unit)
}
