//! The columns of a table that says them in its header or footer.

use std::collections::BTreeMap;

use sealkit_api::{ColumnInfo, ColumnList, ColumnRows, NotShown};
use sealkit_inspect::{Facts, ReadAt, RowLimits, Value, first_rows, property};
use sealkit_report::Budget;

use crate::facts::text;
use crate::text::line;

/// Most columns that are listed.
const MAX_COLUMNS: usize = 1_000;
/// Most codecs that are listed.
const MAX_CODECS: usize = 16;
/// Most characters of a name.
const MAX_NAME: usize = 200;
/// How many rows of how many columns are shown, and characters of a cell.
const ROWS: RowLimits = RowLimits { rows: 20, columns: 50, cell: 300 };

/// What inspection found of the columns.
pub(crate) fn list(facts: &Facts) -> ColumnList {
    let of = |name: &'static str| facts.facts.iter().filter(move |fact| fact.property == name);
    let types: BTreeMap<&str, String> =
        of(property::COLUMN_TYPE).map(|fact| (fact.subject.as_str(), text(fact))).collect();
    let names = of(property::COLUMN).flat_map(|fact| match &fact.value {
        Value::Text(name) => vec![name.as_str()],
        Value::List(names) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    });
    let mut columns: Vec<ColumnInfo> = names
        .map(|name| ColumnInfo {
            name: line(name, MAX_NAME),
            data_type: types.get(name).cloned().unwrap_or_default(),
        })
        .collect();
    let all = facts.uint(property::COLUMNS).unwrap_or_default().max(columns.len() as u64);
    columns.truncate(MAX_COLUMNS);
    let codecs = facts.list(property::COMPRESSION);
    ColumnList {
        rows: facts.uint(property::ROWS),
        row_groups: facts.uint(property::ROW_GROUPS),
        compression: codecs.into_iter().take(MAX_CODECS).map(|name| line(name, MAX_NAME)).collect(),
        more_columns: all.saturating_sub(columns.len() as u64),
        columns,
        head: None,
    }
}

/// The first rows of a Parquet file; why there are none, where the file can not be read.
pub(crate) fn rows(source: &dyn ReadAt, budget: &mut Budget) -> ColumnRows {
    let found = match first_rows(source, ROWS, budget) {
        Ok(found) => found,
        Err(error) => {
            let problem = Some(line(&error.to_string(), MAX_NAME));
            return ColumnRows { problem, ..ColumnRows::default() };
        }
    };
    let cell = |cell: Option<String>| cell.map(|text| line(&text, ROWS.cell));
    let row = |row: Vec<Option<String>>| row.into_iter().map(cell).collect();
    let unread = found.unread.into_iter().map(|one| NotShown {
        name: line(&one.name, MAX_NAME),
        reason: line(&one.reason, MAX_NAME),
    });
    ColumnRows {
        columns: found.columns.iter().map(|name| line(name, MAX_NAME)).collect(),
        rows: found.rows.into_iter().map(row).collect(),
        unread: unread.collect(),
        more_columns: found.more_columns,
        problem: None,
    }
}
