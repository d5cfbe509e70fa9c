//! Which object holds which content, and which repository has it.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_oci::Digest;

use crate::Fault;

/// The object of a blob.
pub(crate) struct Found {
    /// The object's key.
    pub(crate) key: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// When the repository was last asked for it, unix seconds.
    pub(crate) used: i64,
}

/// The blob of a repository; none where it has none, or where it is known to be damaged.
pub(crate) fn find(
    state: &Connection,
    repository: &str,
    digest: &Digest,
) -> Result<Option<Found>, Fault> {
    let mut asked = state.prepare_cached(
        "SELECT key, size, used FROM held JOIN blobs USING (digest)
         WHERE repository = ?1 AND digest = ?2 AND NOT damaged",
    )?;
    let found = asked.query_row(params![repository, digest.to_string()], |row| {
        Ok(Found { key: row.get(0)?, size: row.get(1)?, used: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Makes an object that was written the content of `digest` in `repository`; gives the key of an object
/// that is needed no more: this one where the content is there already, or a damaged one.
pub(crate) fn store(
    state: &Connection,
    repository: &str,
    digest: &Digest,
    object: &Found,
) -> Result<Option<String>, Fault> {
    let (digest, now) = (digest.to_string(), object.used);
    let there = state
        .prepare_cached("SELECT key, damaged FROM blobs WHERE digest = ?1")?
        .query_row([&digest], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    let unneeded = match there {
        Some((old, false)) => Some(object.key.clone()).filter(|key| *key != old),
        Some((old, true)) => {
            state.execute(
                "UPDATE blobs SET key = ?2, size = ?3, damaged = 0, checked = ?4 WHERE digest = ?1",
                params![digest, object.key, object.size, now],
            )?;
            Some(old)
        }
        None => {
            state.execute(
                "INSERT INTO blobs (digest, key, size, checked) VALUES (?1, ?2, ?3, ?4)",
                params![digest, object.key, object.size, now],
            )?;
            None
        }
    };
    hold(state, repository, &digest, now)?;
    Ok(unneeded)
}

/// Makes a blob of `from` one of `repository` too; false where `from` has none.
pub(crate) fn mount(
    state: &Connection,
    repository: &str,
    from: &str,
    digest: &Digest,
    now: i64,
) -> Result<bool, Fault> {
    let is_there = find(state, from, digest)?.is_some();
    if is_there {
        hold(state, repository, &digest.to_string(), now)?;
    }
    Ok(is_there)
}

/// Notes that somebody asked for the blob, so that it is not swept before they name it.
pub(crate) fn touch(
    state: &Connection,
    repository: &str,
    digest: &Digest,
    now: i64,
) -> Result<(), Fault> {
    state.execute(
        "UPDATE held SET used = ?3 WHERE repository = ?1 AND digest = ?2 AND used < ?3",
        params![repository, digest.to_string(), now],
    )?;
    Ok(())
}

/// Whether a manifest of the repository names the blob.
pub(crate) fn is_named(
    state: &Connection,
    repository: &str,
    digest: &Digest,
) -> Result<bool, Fault> {
    let mut asked = state.prepare_cached(
        "SELECT 1 FROM links JOIN listed USING (digest)
         WHERE links.child = ?2 AND NOT links.is_manifest AND listed.repository = ?1",
    )?;
    Ok(asked.exists(params![repository, digest.to_string()])?)
}

/// Takes a blob from a repository; false where it has none. The object goes with the next sweep.
pub(crate) fn remove(state: &Connection, repository: &str, digest: &Digest) -> Result<bool, Fault> {
    let gone = state.execute(
        "DELETE FROM held WHERE repository = ?1 AND digest = ?2",
        params![repository, digest.to_string()],
    )?;
    Ok(gone > 0)
}

fn hold(state: &Connection, repository: &str, digest: &str, now: i64) -> Result<(), Fault> {
    state.execute(
        "INSERT INTO held (repository, digest, used) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET used = max(used, ?3)",
        params![repository, digest, now],
    )?;
    Ok(())
}
