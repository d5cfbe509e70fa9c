//! A copy of the database at one moment.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sealkit_oci::Digest;
use sealkit_store::StoreError;

use super::database::failed;
use super::{Database, Fault, blobs};
use crate::state::KnownBlob;

/// Copies the database into `folder`, without the uploads, whose objects still grow; gives its blobs.
pub(super) fn to_folder(database: &Database, folder: &Path) -> Result<Vec<KnownBlob>, StoreError> {
    let file = file(folder);
    database.copy_into(&file)?;
    let act = |copy: &Connection| {
        copy.execute("DELETE FROM uploads", [])?;
        blobs::all(copy)
    };
    let found = within(&file, act)?;
    let synced = std::fs::File::open(&file).and_then(|file| file.sync_all());
    synced.map_err(|source| StoreError::io("sync", &file, source))?;
    Ok(found)
}

/// Forgets in a copy a blob that no manifest names; false where one does.
pub(super) fn leave_out(folder: &Path, digest: &Digest) -> Result<bool, StoreError> {
    let digest = digest.to_string();
    within(&file(folder), |copy| {
        if copy.prepare("SELECT 1 FROM links WHERE child = ?1")?.exists([&digest])? {
            return Ok(false);
        }
        copy.execute("DELETE FROM held WHERE digest = ?1", [&digest])?;
        copy.execute("DELETE FROM blobs WHERE digest = ?1", [&digest])?;
        Ok(true)
    })
}

fn file(folder: &Path) -> PathBuf {
    folder.join("hub.db")
}

/// An act on a copy, which nobody else knows yet.
fn within<T>(
    file: &Path,
    act: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, StoreError> {
    let done = Connection::open(file).map_err(Fault::from).and_then(|copy| act(&copy));
    done.map_err(|fault| failed("write", file, fault))
}
