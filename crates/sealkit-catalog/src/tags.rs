//! Which version has which tags, and which is the newest of its repository.

use std::cmp::Ordering;

use rusqlite::{Connection, params};
use sealkit_oci::Digest;

use crate::search::{NEWEST, TAGGED, mark, repository_marks};
use crate::{Catalog, CatalogError, Facet};

impl Catalog {
    /// Points a tag at a version, which may have no entry yet.
    pub fn set_tag(
        &self,
        repository: &str,
        tag: &str,
        digest: &Digest,
    ) -> Result<(), CatalogError> {
        self.writing(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO tags (repository, tag, digest) VALUES (?1, ?2, ?3)",
                params![repository, tag, digest.to_string()],
            )?;
            refresh(connection, repository, None)
        })
    }

    /// Removes a tag.
    pub fn remove_tag(&self, repository: &str, tag: &str) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let sql = "DELETE FROM tags WHERE repository = ?1 AND tag = ?2";
            connection.execute(sql, params![repository, tag])?;
            refresh(connection, repository, None)
        })
    }

    /// All tags of a repository with what they point at, sorted.
    pub fn tags(&self, repository: &str) -> Result<Vec<(String, String)>, CatalogError> {
        self.reading(|connection| {
            let sql = "SELECT tag, digest FROM tags WHERE repository = ?1 ORDER BY tag";
            let mut rows = connection.prepare_cached(sql)?;
            rows.query_map([repository], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }
}

/// The tags that point at a version, sorted.
pub(crate) fn tags_of(
    connection: &Connection,
    repository: &str,
    digest: &str,
) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT tag FROM tags WHERE repository = ?1 AND digest = ?2 ORDER BY tag";
    let mut rows = connection.prepare_cached(sql)?;
    rows.query_map([repository, digest], |row| row.get(0))?.collect()
}

/// A version of a repository.
struct Row {
    id: i64,
    was_tagged: bool,
    was_newest: bool,
    tagged: bool,
    pushed: i64,
    digest: String,
}

/// Says anew which versions of a repository have a tag, and which of those is the newest. `put` is the version that
/// was put just now and has no marks yet.
pub(crate) fn refresh(
    connection: &Connection,
    repository: &str,
    put: Option<i64>,
) -> rusqlite::Result<()> {
    let sql = "SELECT id, tagged, newest,
          EXISTS (SELECT 1 FROM tags WHERE tags.repository = kits.repository AND tags.digest = kits.digest),
          pushed, digest
        FROM kits WHERE repository = ?1";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([repository], |row| {
        Ok(Row {
            id: row.get(0)?,
            was_tagged: row.get(1)?,
            was_newest: row.get(2)?,
            tagged: row.get(3)?,
            pushed: row.get(4)?,
            digest: row.get(5)?,
        })
    })?;
    let rows: Vec<Row> = rows.collect::<rusqlite::Result<_>>()?;
    let first = newest_of(connection, repository, &rows)?;
    for Row { id, was_tagged, was_newest, tagged, .. } in rows {
        let newest = first == Some(id);
        if (was_tagged, was_newest) != (tagged, newest) || put == Some(id) {
            let sql = "UPDATE kits SET tagged = ?2, newest = ?3 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![id, tagged, newest])?;
            if was_newest != newest {
                count_facets(connection, id, if newest { 1 } else { -1 })?;
            }
            let marks = marks_of(connection, id, repository, tagged, newest)?;
            let sql = "UPDATE words SET marks = ?2 WHERE rowid = ?1";
            connection.prepare_cached(sql)?.execute(params![id, marks])?;
        }
    }
    Ok(())
}

/// The newest of the versions that have a tag. Of those that came in the same second it is the one with the
/// greatest tag, numbers in it read as such, and of those with none greater the one with the greatest digest:
/// the order does not depend on which of them was looked at first.
fn newest_of(
    connection: &Connection,
    repository: &str,
    rows: &[Row],
) -> rusqlite::Result<Option<i64>> {
    let last = rows.iter().filter(|row| row.tagged).map(|row| row.pushed).max();
    let latest = rows.iter().filter(|row| row.tagged && Some(row.pushed) == last);
    let mut candidates: Vec<(Option<TagOrder>, &str, i64)> = Vec::new();
    for row in latest {
        let tags = tags_of(connection, repository, &row.digest)?;
        let greatest = tags.into_iter().map(TagOrder).max();
        candidates.push((greatest, &row.digest, row.id));
    }
    Ok(candidates.into_iter().max().map(|(.., id)| id))
}

/// A tag that is ordered as people read it: `v9` before `v10`.
#[derive(Debug, PartialEq, Eq)]
struct TagOrder(String);

impl Ord for TagOrder {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.0.as_str(), other.0.as_str());
        loop {
            let ((one, rest), (two, others)) = (part(a), part(b));
            let by_part = match (digits(one), digits(two)) {
                (Some(one), Some(two)) => one.len().cmp(&two.len()).then_with(|| one.cmp(two)),
                _ => one.cmp(two),
            };
            let is_end = one.is_empty() || two.is_empty();
            if by_part != Ordering::Equal || is_end {
                // Equal so far, such as `1` and `01`.
                return by_part.then_with(|| self.0.cmp(&other.0));
            }
            (a, b) = (rest, others);
        }
    }
}

impl PartialOrd for TagOrder {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The digits, or what is no digit, that a text begins with, and the rest of it.
fn part(text: &str) -> (&str, &str) {
    let is_digit = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(text.len());
    text.split_at(end)
}

/// The digits of a number without the zeros that it begins with; none where it is no number.
fn digits(part: &str) -> Option<&str> {
    part.starts_with(|c: char| c.is_ascii_digit()).then(|| part.trim_start_matches('0'))
}

/// Counts the facets of a version that became the newest of its repository, or is it no more.
pub(crate) fn count_facets(connection: &Connection, id: i64, by: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO facet_counts (facet, value, count)
        SELECT facet, value, ?2 FROM facets WHERE kit = ?1
        ON CONFLICT (facet, value) DO UPDATE SET count = count + excluded.count";
    connection.prepare_cached(sql)?.execute(params![id, by])?;
    let sql = "DELETE FROM facet_counts WHERE count = 0 AND (facet, value) IN
        (SELECT facet, value FROM facets WHERE kit = ?1)";
    connection.prepare_cached(sql)?.execute([id]).map(drop)
}

fn marks_of(
    connection: &Connection,
    id: i64,
    repository: &str,
    tagged: bool,
    newest: bool,
) -> rusqlite::Result<String> {
    let mut marks = repository_marks(repository);
    marks.extend(tagged.then(|| TAGGED.to_owned()));
    marks.extend(newest.then(|| NEWEST.to_owned()));
    let mut rows = connection.prepare_cached("SELECT facet, value FROM facets WHERE kit = ?1")?;
    let facets = rows.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for row in facets {
        let (facet, value): (String, String) = row?;
        marks.extend(Facet::from_name(&facet).map(|facet| mark(facet, &value)));
    }
    Ok(marks.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_ordered_as_people_read_them() {
        let order =
            ["", "01", "1", "2", "10", "latest", "v1", "v1.2", "v1.9", "v1.10", "v2", "v10"];
        let mut sorted: Vec<TagOrder> =
            order.iter().rev().map(|tag| TagOrder((*tag).to_owned())).collect();
        sorted.sort();
        let sorted: Vec<&str> = sorted.iter().map(|tag| tag.0.as_str()).collect();
        assert_eq!(sorted, order);
        let long = |last: &str| TagOrder("9".repeat(60) + last);
        assert!(long("1") < long("2"));
        let ones = || TagOrder("1".repeat(60));
        assert!(TagOrder("2".to_owned()) < ones() && TagOrder("10".to_owned()) < ones());
    }
}
