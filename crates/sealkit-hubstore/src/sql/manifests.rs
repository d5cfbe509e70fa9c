//! Manifests, tags and referrers.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{Links, Page, StoreError, StoredManifest, Tagged, is_foreign};

use super::{Fault, blobs};
use crate::TagMove;
use crate::state::NewManifest;

/// The repositories that have anything, sorted. Each is found from the one before it, so that it does not
/// matter how much they hold.
pub(super) fn repositories(sql: &Connection, page: &Page) -> Result<Vec<String>, Fault> {
    let next = |after: &str| {
        format!(
            "(SELECT min(name) FROM (
                SELECT min(repository) AS name FROM listed WHERE repository > {after}
                UNION ALL SELECT min(repository) FROM held WHERE repository > {after}))"
        )
    };
    let text = format!(
        "WITH RECURSIVE found (name) AS (
           SELECT {} UNION ALL SELECT {} FROM found WHERE name IS NOT NULL)
         SELECT name FROM found WHERE name IS NOT NULL LIMIT ?2",
        next("?1"),
        next("found.name")
    );
    let mut asked = sql.prepare_cached(&text)?;
    let names = asked.query_map(params![after(page), limit(page)], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The tags of a repository, sorted.
pub(super) fn tags(sql: &Connection, repository: &str, page: &Page) -> Result<Vec<String>, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT tag FROM tags WHERE repository = ?1 AND tag > ?2 ORDER BY tag LIMIT ?3",
    )?;
    let tags = asked.query_map(params![repository, after(page), limit(page)], |row| row.get(0))?;
    Ok(tags.collect::<Result<_, _>>()?)
}

/// Every tag that points at a manifest, sorted by repository and tag.
pub(super) fn tagged(sql: &Connection) -> Result<Vec<Tagged>, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT repository, tag, digest, media_type FROM tags JOIN listed USING (repository, digest)
         ORDER BY repository, tag",
    )?;
    let mut rows = asked.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let digest = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        all.push(Tagged {
            repository: row.get(0)?,
            tag: row.get(1)?,
            digest: digest.parse().map_err(StoreError::from)?,
            media_type: row.get(3)?,
        });
    }
    Ok(all)
}

fn after(page: &Page) -> &str {
    page.after.as_deref().unwrap_or_default()
}

/// SQLite takes a negative number for no limit.
fn limit(page: &Page) -> i64 {
    page.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The manifest at a tag or digest.
pub(super) fn find(
    sql: &Connection,
    repository: &str,
    target: &Target,
) -> Result<Option<StoredManifest>, Fault> {
    let by = match target {
        Target::Tag(_) => {
            "SELECT digest, media_type, body FROM tags JOIN listed USING (repository, digest)
             JOIN manifests USING (digest) WHERE repository = ?1 AND tag = ?2"
        }
        Target::Digest(_) => {
            "SELECT digest, media_type, body FROM listed JOIN manifests USING (digest)
             WHERE repository = ?1 AND digest = ?2"
        }
    };
    let mut asked = sql.prepare_cached(by)?;
    let found = asked.query_row(params![repository, target.to_string()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?))
    });
    let Some((digest, media_type, body)) = found.optional()? else { return Ok(None) };
    let digest: Digest = digest.parse().map_err(StoreError::from)?;
    let descriptor = Descriptor::new(media_type, digest, body.len() as u64);
    Ok(Some(StoredManifest { descriptor, bytes: body.into() }))
}

/// Stores a manifest with its links and tags. Content that it names has to be there, unless it is sparse.
pub(super) fn put(sql: &Connection, new: &NewManifest) -> Result<(), Fault> {
    if !new.put.sparse {
        check_children(sql, new)?;
    }
    let digest = new.descriptor.digest.to_string();
    sql.prepare_cached("INSERT OR IGNORE INTO manifests (digest, body) VALUES (?1, ?2)")?
        .execute(params![digest, &*new.body])?;
    link(sql, &digest, &new.links)?;
    list(sql, new)?;
    for blob in &new.links.blobs {
        blobs::touch(sql, &new.repository, &blob.digest, new.now)?;
    }
    new.put.tags.iter().try_for_each(|tag| set_tag(sql, new, tag, &digest))
}

fn check_children(sql: &Connection, new: &NewManifest) -> Result<(), Fault> {
    let missing = |digest: &Digest| {
        Fault::from(StoreError::Dangling { digest: digest.clone(), place: "the hub".to_owned() })
    };
    for blob in new.links.blobs.iter().filter(|blob| !is_foreign(blob)) {
        if blobs::find(sql, &new.repository, &blob.digest)?.is_none() {
            return Err(missing(&blob.digest));
        }
    }
    for child in &new.links.manifests {
        let is_there = sql
            .prepare_cached("SELECT 1 FROM listed WHERE repository = ?1 AND digest = ?2")?
            .exists(params![new.repository, child.digest.to_string()])?;
        if !is_there {
            return Err(missing(&child.digest));
        }
    }
    Ok(())
}

/// Writes what a manifest names.
pub(super) fn link(sql: &Connection, digest: &str, links: &Links) -> Result<(), Fault> {
    let mut write = sql.prepare_cached("INSERT OR IGNORE INTO links VALUES (?1, ?2, ?3)")?;
    for blob in &links.blobs {
        write.execute(params![digest, blob.digest.to_string(), false])?;
    }
    for child in &links.manifests {
        write.execute(params![digest, child.digest.to_string(), true])?;
    }
    Ok(())
}

fn list(sql: &Connection, new: &NewManifest) -> Result<(), Fault> {
    let digest = new.descriptor.digest.to_string();
    sql.prepare_cached(
        "INSERT INTO listed (repository, digest, media_type, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET media_type = ?3",
    )?
    .execute(params![new.repository, digest, new.descriptor.media_type, new.now])?;
    describe(sql, &new.repository, &digest, &new.links)
}

/// Writes what listings say of a manifest.
pub(super) fn describe(
    sql: &Connection,
    repository: &str,
    digest: &str,
    links: &Links,
) -> Result<(), Fault> {
    let Links { subject, artifact_type, annotations, .. } = links;
    let annotations = serde_json::to_string(annotations).unwrap_or_default();
    let subject = subject.as_ref().map(|subject| subject.digest.to_string());
    sql.prepare_cached(
        "UPDATE listed SET subject = ?3, artifact_type = ?4, annotations = ?5
             WHERE repository = ?1 AND digest = ?2",
    )?
    .execute(params![repository, digest, subject, artifact_type, annotations])?;
    Ok(())
}

fn set_tag(sql: &Connection, new: &NewManifest, tag: &str, digest: &str) -> Result<(), Fault> {
    let before: Option<String> = sql
        .prepare_cached("SELECT digest FROM tags WHERE repository = ?1 AND tag = ?2")?
        .query_row(params![new.repository, tag], |row| row.get(0))
        .optional()?;
    if before.as_deref() == Some(digest) {
        return Ok(());
    }
    sql.prepare_cached("INSERT OR REPLACE INTO tags VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        new.repository,
        tag,
        digest,
        new.now
    ])?;
    moved(sql, &new.repository, (tag, before.as_deref(), Some(digest)), new.now)
}

fn moved(
    sql: &Connection,
    repository: &str,
    (tag, before, after): (&str, Option<&str>, Option<&str>),
    now: i64,
) -> Result<(), Fault> {
    sql.prepare_cached(
        "INSERT INTO tag_moves (repository, tag, before, after, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![repository, tag, before, after, now])?;
    Ok(())
}

/// What a manifest of this digest is attached to; none for a tag, whose removal takes nothing away.
pub(super) fn subject(
    sql: &Connection,
    repository: &str,
    target: &Target,
) -> Result<Option<String>, Fault> {
    let Target::Digest(digest) = target else { return Ok(None) };
    let mut asked =
        sql.prepare_cached("SELECT subject FROM listed WHERE repository = ?1 AND digest = ?2")?;
    let found = asked.query_row(params![repository, digest.to_string()], |row| row.get(0));
    Ok(found.optional()?.flatten())
}

/// Removes a tag, or a manifest with its tags; false where there is none.
pub(super) fn remove(
    sql: &Connection,
    repository: &str,
    target: &Target,
    now: i64,
) -> Result<bool, Fault> {
    let column = if matches!(target, Target::Tag(_)) { "tag" } else { "digest" };
    let named = target.to_string();
    let text = format!("SELECT tag, digest FROM tags WHERE repository = ?1 AND {column} = ?2");
    let mut asked = sql.prepare_cached(&text)?;
    let gone = asked.query_map(params![repository, named], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let gone: Vec<(String, String)> = gone.collect::<Result<_, _>>()?;
    for (tag, digest) in &gone {
        sql.prepare_cached("DELETE FROM tags WHERE repository = ?1 AND tag = ?2")?
            .execute(params![repository, tag])?;
        moved(sql, repository, (tag, Some(digest), None), now)?;
    }
    if matches!(target, Target::Tag(_)) {
        return Ok(!gone.is_empty());
    }
    let listed = sql
        .prepare_cached("DELETE FROM listed WHERE repository = ?1 AND digest = ?2")?
        .execute(params![repository, named])?;
    let elsewhere =
        sql.prepare_cached("SELECT 1 FROM listed WHERE digest = ?1")?.exists([&named])?;
    if listed > 0 && !elsewhere {
        sql.prepare_cached("DELETE FROM links WHERE digest = ?1")?.execute([&named])?;
        sql.prepare_cached("DELETE FROM manifests WHERE digest = ?1")?.execute([&named])?;
    }
    Ok(listed > 0)
}

/// Every move of a tag, oldest first.
pub(super) fn history(
    sql: &Connection,
    repository: &str,
    tag: &str,
) -> Result<Vec<TagMove>, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT before, after, at FROM tag_moves WHERE repository = ?1 AND tag = ?2
         ORDER BY number",
    )?;
    let moves = asked.query_map([repository, tag], |row| {
        Ok(TagMove { before: row.get(0)?, after: row.get(1)?, at: row.get(2)? })
    })?;
    Ok(moves.collect::<Result<_, _>>()?)
}

/// The tags whose kits have one of the blobs, themselves or through an index.
pub(super) fn tags_with(sql: &Connection, blobs: &[Digest]) -> Result<Vec<String>, Fault> {
    let mut asked = sql.prepare(
        "WITH RECURSIVE above (digest) AS (
           SELECT digest FROM links WHERE child = ?1
           UNION SELECT links.digest FROM links JOIN above ON links.child = above.digest)
         SELECT DISTINCT tags.repository || ':' || tags.tag FROM above JOIN tags USING (digest)
         JOIN held ON held.repository = tags.repository AND held.digest = ?1",
    )?;
    let mut found = Vec::new();
    for digest in blobs {
        let tags = asked.query_map([digest.to_string()], |row| row.get::<_, String>(0))?;
        found.extend(tags.collect::<Result<Vec<_>, _>>()?);
    }
    found.sort();
    found.dedup();
    Ok(found)
}
