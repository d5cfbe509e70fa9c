//! What everybody sees first: everything, the newest first.

use std::time::{Duration, Instant};

use rusqlite::types::Value;
use sealkit_api::{FacetCount, SCHEMA_VERSION, SearchResult};

use super::{hit, page, told};
use crate::write::number;
use crate::{Catalog, CatalogError};

/// How long counts of everything are shown after something changed: counting them takes longer than all
/// else, and while kits are pushed something always changes.
const OLD: Duration = Duration::from_secs(5);

/// The counts of everything.
pub(crate) struct Overview {
    facets: Vec<FacetCount>,
    total: u64,
    counted: Instant,
    changed: bool,
}

impl Catalog {
    /// Something changed.
    pub(crate) fn forget_overview(&self) {
        let mut overview = self.overview.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(overview) = overview.as_mut() {
            overview.changed = true;
        }
    }

    /// A page of everything.
    pub(super) fn front(&self, offset: usize, limit: usize) -> Result<SearchResult, CatalogError> {
        let (facets, total) = self.overall()?;
        self.reading(|connection| {
            let sql = "SELECT id FROM kits WHERE newest = 1 ORDER BY id DESC LIMIT ?1 OFFSET ?2";
            let values = [limit, offset].map(|at| Value::Integer(number(at as u64)));
            let ids = page(connection, sql, &values)?;
            let end = (offset as u64).saturating_add(ids.len() as u64);
            let next = (end < total && !ids.is_empty()).then_some(end);
            let hits = ids.into_iter().map(|id| hit(connection, id)).collect::<Result<_, _>>()?;
            Ok(SearchResult {
                schema_version: SCHEMA_VERSION,
                total,
                more: false,
                hits,
                facets,
                next,
            })
        })
    }

    fn overall(&self) -> Result<(Vec<FacetCount>, u64), CatalogError> {
        let mut kept = self.overview.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(kept) =
            kept.as_ref().filter(|kept| !kept.changed || kept.counted.elapsed() < OLD)
        {
            return Ok((kept.facets.clone(), kept.total));
        }
        let counted = Instant::now();
        let (facets, total) = self.reading(|connection| {
            let sql = "SELECT facet, value, count(*) FROM facets
                WHERE kit IN (SELECT id FROM kits WHERE newest = 1) GROUP BY facet, value";
            let mut rows = connection.prepare_cached(sql)?;
            let rows =
                rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, u64>(2)?)))?;
            let counts = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let sql = "SELECT count(*) FROM kits WHERE newest = 1";
            Ok((told(counts), connection.query_row(sql, [], |row| row.get(0))?))
        })?;
        *kept = Some(Overview { facets: facets.clone(), total, counted, changed: false });
        Ok((facets, total))
    }
}
