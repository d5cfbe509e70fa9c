//! What everybody sees first: everything, the newest first. Its facets are counted while kits come and go.

use rusqlite::Connection;
use rusqlite::types::Value;
use sealkit_api::{FacetCount, SCHEMA_VERSION, SearchResult};

use super::{VALUES, hit, page};
use crate::write::number;
use crate::{Catalog, CatalogError, FACETS};

impl Catalog {
    /// A page of everything.
    pub(super) fn front(&self, offset: usize, limit: usize) -> Result<SearchResult, CatalogError> {
        self.reading(|connection| {
            let sql = "SELECT count(*) FROM kits WHERE newest = 1";
            let total: u64 = connection.query_row(sql, [], |row| row.get(0))?;
            let sql = "SELECT id FROM kits WHERE newest = 1 ORDER BY id DESC LIMIT ?1 OFFSET ?2";
            let values = [limit, offset].map(|at| Value::Integer(number(at as u64)));
            let ids = page(connection, sql, &values)?;
            let end = (offset as u64).saturating_add(ids.len() as u64);
            Ok(SearchResult {
                schema_version: SCHEMA_VERSION,
                total,
                more: false,
                next: (end < total && !ids.is_empty()).then_some(end),
                hits: ids.into_iter().map(|id| hit(connection, id)).collect::<Result<_, _>>()?,
                facets: facets(connection)?,
            })
        })
    }
}

/// The most frequent values of each facet.
fn facets(connection: &Connection) -> rusqlite::Result<Vec<FacetCount>> {
    let sql = "SELECT value, count FROM facet_counts WHERE facet = ?1
        ORDER BY count DESC, value LIMIT ?2";
    let mut rows = connection.prepare_cached(sql)?;
    let mut all = Vec::new();
    for facet in FACETS {
        let values = rusqlite::params![facet.name(), number(VALUES as u64)];
        let counts = rows.query_map(values, |row| {
            Ok(FacetCount {
                facet: facet.name().to_owned(),
                value: row.get(0)?,
                count: row.get(1)?,
            })
        })?;
        all.extend(counts.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(all)
}
