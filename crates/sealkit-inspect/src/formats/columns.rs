//! Columns of tables, told alike for every format.

use sealkit_report::Known;

use crate::{Facts, Value, property};

/// Longest type that is told; a column of many nested fields ends in `…`.
const MAX_KIND: usize = 500;

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Name.
    pub(crate) name: String,
    /// Type.
    pub(crate) kind: String,
}

/// Adds number, names and types of the columns of a file that states them.
pub(crate) fn add(facts: &mut Facts, at: (&str, &str), columns: Vec<Column>) {
    let count = Value::Uint(columns.len() as u64);
    facts.measured(at.0, at.1, property::COLUMNS, count);
    let names = columns.iter().map(|column| column.name.clone()).collect();
    facts.measured(at.0, at.1, property::COLUMN, Value::List(names));
    for (index, Column { name, kind }) in columns.into_iter().enumerate() {
        let fact = (property::COLUMN_TYPE, Value::Text(kind));
        facts.about(&subject(&name, index), Known::Measured, at, fact);
    }
}

/// The name of a column as the subject of a fact: an empty one would mean the whole file.
pub(crate) fn subject(name: &str, index: usize) -> String {
    if name.is_empty() { format!("column {}", index + 1) } else { name.to_owned() }
}

/// `int8` to `uint64`.
pub(crate) fn integer(bits: i64, signed: bool) -> String {
    format!("{}int{bits}", if signed { "" } else { "u" })
}

pub(crate) fn decimal(precision: i64, scale: i64) -> String {
    format!("decimal({precision}, {scale})")
}

pub(crate) fn list(item: &str) -> String {
    cut(format!("list<{item}>"))
}

/// A map from the first type to the second.
pub(crate) fn map(kinds: &[String]) -> String {
    cut(format!("map<{}>", kinds.join(", ")))
}

/// A group of named fields.
pub(crate) fn group<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut text = "struct<".to_owned();
    for (at, (name, kind)) in fields.enumerate() {
        if text.len() > MAX_KIND {
            break;
        }
        let comma = if at == 0 { "" } else { ", " };
        text.extend([comma, name, ": ", &kind]);
    }
    cut(text + ">")
}

/// The text up to the limit.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > MAX_KIND {
        let end = text.floor_char_boundary(MAX_KIND);
        text.truncate(end);
        text.push('…');
    }
    text
}
