//! Which version has which tags, and which is the newest of its repository.

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
            refresh(connection, repository)
        })
    }

    /// Removes a tag.
    pub fn remove_tag(&self, repository: &str, tag: &str) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let sql = "DELETE FROM tags WHERE repository = ?1 AND tag = ?2";
            connection.execute(sql, params![repository, tag])?;
            refresh(connection, repository)
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

/// Id; whether it was known as tagged and as newest; whether it is tagged; whether it has no marks yet.
type Row = (i64, bool, bool, bool, Option<bool>);

/// Says anew which versions of a repository have a tag, and which of those is the newest.
pub(crate) fn refresh(connection: &Connection, repository: &str) -> rusqlite::Result<()> {
    let sql = "SELECT id, tagged, newest,
          EXISTS (SELECT 1 FROM tags WHERE tags.repository = kits.repository AND tags.digest = kits.digest),
          (SELECT marks = '' FROM words WHERE rowid = kits.id)
        FROM kits WHERE repository = ?1 ORDER BY id DESC";
    let mut found = connection.prepare_cached(sql)?;
    let rows = found.query_map([repository], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    let rows: Vec<Row> = rows.collect::<rusqlite::Result<_>>()?;
    let first = rows.iter().find(|row| row.3).map(|row| row.0);
    for (id, was_tagged, was_newest, tagged, unmarked) in rows {
        let newest = first == Some(id);
        if (was_tagged, was_newest) != (tagged, newest) || unmarked == Some(true) {
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
