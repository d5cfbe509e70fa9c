//! Which object holds which content, and which repository has it.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_oci::Digest;
use sealkit_store::StoreError;

use super::Fault;
use crate::state::{HeldBlob, KnownBlob, OpenUpload};

/// The blob of a repository; none where it has none, or where it is known to be damaged.
pub(super) fn find(
    sql: &Connection,
    repository: &str,
    digest: &Digest,
) -> Result<Option<HeldBlob>, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT key, size, used FROM held JOIN blobs USING (digest)
         WHERE repository = ?1 AND digest = ?2 AND NOT damaged",
    )?;
    let found = asked.query_row(params![repository, digest.to_string()], |row| {
        Ok(HeldBlob { key: row.get(0)?, size: row.get(1)?, used: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Makes the object of an upload the content of `digest`; gives the key of an object that is needed no
/// more: this one where the content is there already, or a damaged one.
pub(super) fn store(
    sql: &Connection,
    upload: &OpenUpload,
    digest: &Digest,
    now: i64,
) -> Result<Option<String>, Fault> {
    let (digest, key, size) = (digest.to_string(), &upload.key, upload.place);
    let there = sql
        .prepare_cached("SELECT key, damaged FROM blobs WHERE digest = ?1")?
        .query_row([&digest], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    let unneeded = match there {
        Some((old, false)) => Some(key.clone()).filter(|key| *key != old),
        Some((old, true)) => {
            sql.execute(
                "UPDATE blobs SET key = ?2, size = ?3, damaged = 0, checked = ?4 WHERE digest = ?1",
                params![digest, key, size, now],
            )?;
            Some(old)
        }
        None => {
            sql.prepare_cached(
                "INSERT INTO blobs (digest, key, size, checked) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![digest, key, size, now])?;
            None
        }
    };
    hold(sql, &upload.repository, &digest, now)?;
    Ok(unneeded)
}

/// Makes a blob of `from` one of `repository` too; false where `from` has none.
pub(super) fn mount(
    sql: &Connection,
    repository: &str,
    from: &str,
    digest: &Digest,
    now: i64,
) -> Result<bool, Fault> {
    let is_there = find(sql, from, digest)?.is_some();
    if is_there {
        hold(sql, repository, &digest.to_string(), now)?;
    }
    Ok(is_there)
}

/// Notes that somebody asked for the blob, so that it is not swept before they name it.
pub(super) fn touch(
    sql: &Connection,
    repository: &str,
    digest: &Digest,
    now: i64,
) -> Result<(), Fault> {
    sql.execute(
        "UPDATE held SET used = ?3 WHERE repository = ?1 AND digest = ?2 AND used < ?3",
        params![repository, digest.to_string(), now],
    )?;
    Ok(())
}

/// Takes a blob that no manifest names from a repository; false where it has none. The object goes with
/// the next sweep.
pub(super) fn remove(sql: &Connection, repository: &str, digest: &Digest) -> Result<bool, Fault> {
    let named = params![repository, digest.to_string()];
    let is_named = sql
        .prepare_cached(
            "SELECT 1 FROM links JOIN listed USING (digest)
             WHERE links.child = ?2 AND NOT links.is_manifest AND listed.repository = ?1",
        )?
        .exists(named)?;
    if is_named {
        return Err(named_blob(repository).into());
    }
    Ok(sql.execute("DELETE FROM held WHERE repository = ?1 AND digest = ?2", named)? > 0)
}

/// Why a blob is not removed.
pub(crate) fn named_blob(repository: &str) -> StoreError {
    let what = "removing a blob that a manifest names";
    StoreError::Unsupported { what, place: format!("hub repository {repository}") }
}

/// Every blob, those first that were read longest ago.
pub(super) fn all(sql: &Connection) -> Result<Vec<KnownBlob>, Fault> {
    let mut asked = sql.prepare("SELECT digest, key, size, damaged FROM blobs ORDER BY checked")?;
    let mut rows = asked.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let digest: String = row.get(0)?;
        let digest: Digest = digest.parse().map_err(StoreError::from)?;
        let (key, size, damaged) = (row.get(1)?, row.get(2)?, row.get(3)?);
        found.push(KnownBlob { digest, key, size, damaged });
    }
    Ok(found)
}

/// Notes whether an object has its bytes; false where the blob has another object by now.
pub(super) fn checked(
    sql: &Connection,
    digest: &str,
    key: &str,
    good: bool,
    now: i64,
) -> Result<bool, Fault> {
    let changed = sql.execute(
        "UPDATE blobs SET damaged = ?3, checked = ?4 WHERE digest = ?1 AND key = ?2",
        params![digest, key, !good, now],
    )?;
    Ok(changed > 0)
}

fn hold(sql: &Connection, repository: &str, digest: &str, now: i64) -> Result<(), Fault> {
    sql.prepare_cached(
        "INSERT INTO held (repository, digest, used) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET used = max(used, ?3)",
    )?
    .execute(params![repository, digest, now])?;
    Ok(())
}
