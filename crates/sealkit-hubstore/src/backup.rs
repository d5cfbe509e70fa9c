//! A copy of everything at one moment, made while the hub runs.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use sealkit_store::{StoreError, create_private_dir, folder_of};
use serde::Serialize;

use crate::storage::Inner;
use crate::{Database, Fault, Objects, Storage};

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Blobs.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Storage {
    /// Copies state and objects into `folder`, which must not exist; it is then a data folder like any
    /// other, and is there only once it is whole. The state is that of one moment. What no manifest named
    /// at that moment may have been swept since, and is then left out; a named object that is gone is an
    /// error. On one disk, objects are shared and cost no room.
    pub async fn backup(&self, folder: &Path) -> Result<BackupReport, StoreError> {
        let (database, folder) = (self.inner.database.clone(), folder.to_owned());
        let objects = Arc::clone(&self.inner.objects);
        Inner::blocking(move || {
            let failed = |source| StoreError::io("create", &folder, source);
            if folder.symlink_metadata().is_ok() {
                return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
            }
            // Beside it, so that it gets its name in one step; removed where that does not happen.
            let beside = folder_of(&folder);
            let work = tempfile::Builder::new().prefix(".hub-backup-").tempdir_in(beside);
            let work = work.map_err(failed)?;
            let inside = work.path().join("hub");
            create_private_dir(&inside).map_err(failed)?;
            let report = copy(&database, &*objects, &inside)?;
            std::fs::rename(&inside, &folder)
                .and_then(|()| std::fs::File::open(beside)?.sync_all())
                .map_err(failed)?;
            Ok(report)
        })
        .await
    }
}

fn copy(
    database: &Database,
    objects: &dyn Objects,
    folder: &Path,
) -> Result<BackupReport, StoreError> {
    let file = folder.join("hub.db");
    database.copy_into(&file.to_string_lossy())?;
    let failed = |fault| match fault {
        Fault::Store(error) => error,
        Fault::Sql(source) => {
            StoreError::Database { action: "write", path: file.clone(), source: Box::new(source) }
        }
    };
    let state = Connection::open(&file).map_err(|error| failed(error.into()))?;
    let mut report = BackupReport::default();
    for (digest, key, size) in finish(&state).map_err(failed)? {
        if objects.size(&key)?.is_none() && leave_out(&state, &digest).map_err(failed)? {
            continue;
        }
        if !objects.copy_to(&key, &folder.join("objects"))? {
            let what = "backups of its objects";
            let place = "this place for objects".to_owned();
            return Err(StoreError::Unsupported { what, place });
        }
        report.blobs += 1;
        report.bytes += size;
    }
    drop(state);
    let objects = folder.join("objects");
    std::fs::create_dir_all(&objects)
        .and_then(|()| std::fs::File::open(&file)?.sync_all())
        .and_then(|()| std::fs::File::open(&objects)?.sync_all())
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .map_err(|source| StoreError::io("sync", folder, source))?;
    Ok(report)
}

/// Forgets uploads, whose objects still grow; gives the blobs that belong to the copy.
fn finish(state: &Connection) -> Result<Vec<(String, String, u64)>, Fault> {
    state.execute("DELETE FROM uploads", [])?;
    let mut asked = state.prepare("SELECT digest, key, size FROM blobs")?;
    let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets a blob that no manifest names; false where one does.
fn leave_out(state: &Connection, digest: &str) -> Result<bool, Fault> {
    if state.prepare_cached("SELECT 1 FROM links WHERE child = ?1")?.exists([digest])? {
        return Ok(false);
    }
    state.execute("DELETE FROM held WHERE digest = ?1", [digest])?;
    state.execute("DELETE FROM blobs WHERE digest = ?1", [digest])?;
    Ok(true)
}
