//! Full text and facets.
//!
//! Everything that narrows a search down is a word of the full-text index, facets as words of their own
//! column: then the index intersects lists, and a search among a hundred thousand kits looks at few rows.
//! What is found is counted up to a bound, and so are its facets.

mod overview;
mod rank;
mod walk;
mod words;

use std::cmp::Reverse;
use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::Value;
use sealkit_api::{FacetCount, Hit, SCHEMA_VERSION, SearchResult};

use crate::entry::signed_by;
use crate::read::{SIGNERS, signer};
use crate::tags::tags_of;
use crate::write::number;
use crate::{Catalog, CatalogError, Facet, Visible};

use rank::Asked;
pub use walk::Walked;
pub(crate) use words::{NEWEST, TAGGED, mark, repository_marks};

/// Most versions that are counted and sorted.
const COUNTED: usize = 2_000;
/// Most values of one facet that are told.
const VALUES: usize = 20;
/// Most hits of one page.
const PAGE: usize = 100;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words that all have to be there; the last may be the beginning of one. Empty and `*` find everything.
    pub text: String,
    /// Values that facets must have: any of those of one facet, and one of each facet that is named.
    pub facets: Vec<(Facet, String)>,
    /// Only repositories with this name and those below it.
    pub below: Option<String>,
    /// Whether all tagged versions are wanted and not only the newest of each repository.
    pub all_versions: bool,
    /// Hits to leave out at the start.
    pub offset: usize,
    /// Most hits, at most a hundred; 0 means twenty.
    pub limit: usize,
    /// Repositories that whoever asks may see; none means all.
    pub visible: Option<Vec<Visible>>,
    /// Whether the page is all that is wanted: the newest that fit, neither ranked nor counted, and no facets.
    pub brief: bool,
}

impl Search {
    /// Whether nothing narrows it down.
    fn is_open(&self) -> bool {
        let Self { text, facets, below, visible, .. } = self;
        text.trim().is_empty() && facets.is_empty() && below.is_none() && visible.is_none()
    }
}

impl Catalog {
    /// Versions that fit, the best first where there are words, else the newest.
    pub fn search(&self, search: &Search) -> Result<SearchResult, CatalogError> {
        let Some(query) = words::query(search) else { return Ok(nothing()) };
        let limit = if search.limit == 0 { 20 } else { search.limit.min(PAGE) };
        if search.brief {
            return self.reading(|connection| brief(connection, &query, search.offset, limit));
        }
        if search.is_open() && !search.all_versions {
            return self.front(search.offset, limit);
        }
        self.reading(|connection| {
            let mut ids = matching(connection, &query, COUNTED)?;
            let more = ids.len() > COUNTED;
            ids.truncate(COUNTED);
            let (ids, facets) = ranked(connection, ids, &search.text)?;
            let page: Vec<i64> = ids.iter().skip(search.offset).take(limit).copied().collect();
            let end = search.offset.saturating_add(page.len());
            Ok(SearchResult {
                schema_version: SCHEMA_VERSION,
                total: ids.len() as u64,
                more,
                hits: page.into_iter().map(|id| hit(connection, id)).collect::<Result<_, _>>()?,
                facets,
                next: (end < ids.len() && end > search.offset).then_some(end as u64),
            })
        })
    }
}

fn nothing() -> SearchResult {
    let (schema_version, hits, facets) = (SCHEMA_VERSION, Vec::new(), Vec::new());
    SearchResult { schema_version, total: 0, more: false, hits, facets, next: None }
}

/// A page of the newest versions that match, without what only counting tells.
fn brief(
    connection: &Connection,
    query: &str,
    offset: usize,
    limit: usize,
) -> rusqlite::Result<SearchResult> {
    let end = offset.saturating_add(limit);
    let ids = matching(connection, query, end)?;
    let more = ids.len() > end;
    let page: Vec<i64> = ids.iter().skip(offset).take(limit).copied().collect();
    Ok(SearchResult {
        total: ids.len().min(end) as u64,
        more,
        hits: page.into_iter().map(|id| hit(connection, id)).collect::<Result<_, _>>()?,
        next: more.then_some(end as u64),
        ..nothing()
    })
}

/// The newest versions that match, one more than `most`.
fn matching(connection: &Connection, query: &str, most: usize) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
    let limit = number((most as u64).saturating_add(1));
    let mut rows = connection.prepare_cached(sql)?;
    rows.query_map(rusqlite::params![query, limit], |row| row.get(0))?.collect()
}

/// The same versions, the best first where there are words, and how often each value of each facet is among them.
fn ranked(
    connection: &Connection,
    ids: Vec<i64>,
    text: &str,
) -> rusqlite::Result<(Vec<i64>, Vec<FacetCount>)> {
    let asked = Asked::new(text);
    let (mut scored, mut counts) = (Vec::new(), HashMap::<_, u64>::new());
    let mut rows = connection.prepare_cached("SELECT facet, value FROM facets WHERE kit = ?1")?;
    for id in ids {
        let facets = rows.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let facets: Vec<(String, String)> = facets.collect::<rusqlite::Result<_>>()?;
        let score = asked.as_ref().map(|asked| asked.score(connection, id, &facets)).transpose()?;
        scored.push((Reverse(score), id));
        for facet in facets {
            *counts.entry(facet).or_default() += 1;
        }
    }
    // The newest come first; among those that fit as well it stays so.
    scored.sort_by_key(|(score, _)| *score);
    Ok((scored.into_iter().map(|(_, id)| id).collect(), told(counts)))
}

/// Counts in the order in which they are shown, the rare ones left out.
fn told(counts: impl IntoIterator<Item = ((String, String), u64)>) -> Vec<FacetCount> {
    let place = |name: &str| crate::FACETS.iter().position(|facet| facet.name() == name);
    let mut all: Vec<FacetCount> = counts
        .into_iter()
        .map(|((facet, value), count)| FacetCount { facet, value, count })
        .collect();
    all.sort_by(|a, b| {
        let by_facet = place(&a.facet).cmp(&place(&b.facet));
        by_facet.then(b.count.cmp(&a.count)).then_with(|| a.value.cmp(&b.value))
    });
    let (mut last, mut seen) = (String::new(), 0);
    all.retain(|one| {
        if one.facet != last {
            (last, seen) = (one.facet.clone(), 0);
        }
        seen += 1;
        seen <= VALUES
    });
    all
}

/// What is shown of a version.
pub(super) fn hit(connection: &Connection, id: i64) -> rusqlite::Result<Hit> {
    let sql = "SELECT repository, digest, pushed, size, title, description, parameters
        FROM kits WHERE id = ?1";
    let mut row = connection.prepare_cached(sql)?;
    let mut hit = row.query_row([id], |row| {
        Ok(Hit {
            repository: row.get(0)?,
            digest: crate::read::digest(row, 1)?,
            tags: Vec::new(),
            pushed: row.get(2)?,
            size: row.get(3)?,
            title: row.get(4)?,
            description: row.get(5)?,
            parameters: row.get(6)?,
            findings: None,
            signers: Vec::new(),
            licences: Vec::new(),
        })
    })?;
    hit.tags = tags_of(connection, &hit.repository, &hit.digest.to_string())?;
    let sql = "SELECT severity, rule, file, place, message FROM notes WHERE kit = ?1
        ORDER BY severity DESC LIMIT 1";
    let worst = crate::read::all(connection, sql, id, crate::read::note)?;
    hit.findings = worst.first().map(|note| note.severity);
    let signers = crate::read::all(connection, SIGNERS, id, signer)?;
    hit.signers = signed_by(&signers).into_iter().map(str::to_owned).collect();
    let sql = "SELECT value FROM facets WHERE kit = ?1 AND facet = 'licence' ORDER BY value";
    hit.licences = crate::read::all(connection, sql, id, |row| row.get(0))?;
    Ok(hit)
}

/// A page of rows from a query with its values.
fn page(connection: &Connection, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<i64>> {
    let mut rows = connection.prepare_cached(sql)?;
    let values = rusqlite::params_from_iter(values.iter());
    rows.query_map(values, |row| row.get(0))?.collect()
}
