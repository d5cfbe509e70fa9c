//! Tables of columns: what their header says, and their first rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ColumnList {
    /// Number of rows, where the file says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Number of row groups or record batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_groups: Option<u64>,
    /// How the content is compressed.
    pub compression: Vec<String>,
    /// The columns in their order; at most 1,000.
    pub columns: Vec<ColumnInfo>,
    /// Columns that are left out.
    pub more_columns: u64,
    /// Its first rows, where they are read for this format: Parquet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ColumnRows>,
}

/// The first rows of a table of columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ColumnRows {
    /// The columns whose values were read, at most 50. One inside of a group has the names of both, joined by `.`.
    pub columns: Vec<String>,
    /// At most 20 rows of them; null is a value that is not there. Cells are cut to 300 characters.
    pub rows: Vec<Vec<Option<String>>>,
    /// Columns whose values were not read.
    pub unread: Vec<NotShown>,
    /// Columns behind these, which were not looked at.
    pub more_columns: u64,
    /// Why no row could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Something that is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotShown {
    /// Its name.
    pub name: String,
    /// Why not.
    pub reason: String,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ColumnInfo {
    /// Name; parts of a nested column are joined by `.`.
    pub name: String,
    /// Type, as the format names it; empty where it is not known.
    pub data_type: String,
}
