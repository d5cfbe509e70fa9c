//! References in tables, as newer versions of git keep them.
//!
//! Source: git documentation, "reftable": file header, ref blocks, ref records, footer, stack of tables.

mod block;
mod table;

use sealkit_report::Budget;

use self::table::{Header, look};
use super::{ObjectId, Repository};
use crate::{InspectError, ReadAt};

/// Most tables that lie over each other; git merges them long before.
const MAX_TABLES: usize = 64;

/// What a reference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// It names an object.
    Id(ObjectId),
    /// It names another reference.
    Reference(String),
    /// It was deleted.
    Gone,
}

/// What tables say of a reference.
pub(super) enum Found {
    /// The references are not in tables.
    NoTables,
    /// None of them names it.
    Nothing,
    /// What it is, and the file below `.git` that says so.
    Is(Value, String),
}

/// Looks for a reference in the tables below `folder` (empty, or a path that ends in `/`), the newest first.
pub(super) fn find(
    repository: &Repository<'_>,
    folder: &str,
    name: &str,
    budget: &mut Budget,
) -> Result<Found, InspectError> {
    let list = format!("{folder}reftable/tables.list");
    let Some(tables) = repository.read_text(&list, budget)? else {
        return Ok(Found::NoTables);
    };
    let tables: Vec<&str> = tables.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
    if tables.len() > MAX_TABLES {
        return Err(broken("more tables of references than 64", 0));
    }
    let mut stack: Vec<(String, Box<dyn ReadAt + '_>, Header)> = Vec::new();
    for table in tables {
        if table.contains(['/', '\\']) || table.starts_with('.') {
            return Err(broken("a table of references whose name is a path", 0));
        }
        let file = format!("{folder}reftable/{table}");
        let Some(source) = repository.files.open(&file) else {
            return Err(broken("a table of references that is not there", 0));
        };
        let header = Header::read(&*source, repository.hash(), budget)?;
        // Which of two tables is the newer one is a matter of the numbers of their changes too.
        if stack.last().is_some_and(|(.., before)| header.changes.0 <= before.changes.1) {
            return Err(broken("tables of references out of their order", 8));
        }
        stack.push((file, source, header));
    }
    for (file, source, header) in stack.into_iter().rev() {
        if let Some(value) = look(&*source, &header, repository.hash(), name, budget)? {
            return Ok(Found::Is(value, file));
        }
    }
    Ok(Found::Nothing)
}

fn broken(what: &'static str, at: u64) -> InspectError {
    InspectError::malformed("git", what, at)
}
