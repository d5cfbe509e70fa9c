//! All versions that fit, a step at a time: what comes and goes meanwhile moves none of the others.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use rusqlite::params;
use sealkit_api::Hit;

use super::{PAGE, Search, hit, words};
use crate::write::number;
use crate::{Catalog, CatalogError};

/// How far a walk has come: the version that was told last. The text is for no more than to be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked(i64);

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Walked {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl Catalog {
    /// Up to `limit` versions that fit, the newest first, from behind `after` on, each with how far it is then. What
    /// was pushed since the walk began is not in it.
    pub fn walk(
        &self,
        search: &Search,
        after: Option<Walked>,
    ) -> Result<Vec<(Walked, Hit)>, CatalogError> {
        let Some(query) = words::query(search) else { return Ok(Vec::new()) };
        let (before, limit) =
            (after.map_or(i64::MAX, |after| after.0), search.limit.clamp(1, PAGE));
        self.reading(|connection| {
            let sql = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid < ?2
                ORDER BY rowid DESC LIMIT ?3";
            let mut rows = connection.prepare_cached(sql)?;
            let ids =
                rows.query_map(params![query, before, number(limit as u64)], |row| row.get(0))?;
            let ids: Vec<i64> = ids.collect::<rusqlite::Result<_>>()?;
            ids.into_iter().map(|id| Ok((Walked(id), hit(connection, id)?))).collect()
        })
    }
}
