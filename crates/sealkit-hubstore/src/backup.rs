//! A copy of everything at one moment, made while the hub runs.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use sealkit_store::StoreError;
use serde::Serialize;

use crate::storage::Inner;
use crate::{Fault, Storage};

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
    /// other. The state is that of one moment; objects that were swept since are read from what is left:
    /// one that is gone is an error, and the backup is to be made again. On one disk, objects are shared
    /// and cost no room.
    pub async fn backup(&self, folder: &Path) -> Result<BackupReport, StoreError> {
        let (database, folder) = (self.inner.database.clone(), folder.to_owned());
        let objects = Arc::clone(&self.inner.objects);
        Inner::blocking(move || {
            std::fs::create_dir(&folder)
                .map_err(|source| StoreError::io("create", &folder, source))?;
            let copy = folder.join("hub.db");
            let name = copy.to_string_lossy().into_owned();
            database.copy_into(&name)?;
            let failed = |source| StoreError::Database {
                action: "read",
                path: copy.clone(),
                source: Box::new(source),
            };
            let state = Connection::open(&copy).map_err(failed)?;
            let rows = finish(&state).map_err(|fault| match fault {
                Fault::Sql(source) => failed(source),
                Fault::Store(error) => error,
            })?;
            drop(state);
            let mut report = BackupReport::default();
            for (key, size) in rows {
                if !objects.copy_to(&key, &folder.join("objects"))? {
                    let what = "backups of its objects";
                    let place = "this place for objects".to_owned();
                    return Err(StoreError::Unsupported { what, place });
                }
                report.blobs += 1;
                report.bytes += size;
            }
            std::fs::create_dir_all(folder.join("objects"))
                .and_then(|()| std::fs::File::open(&copy)?.sync_all())
                .and_then(|()| std::fs::File::open(&folder)?.sync_all())
                .map_err(|source| StoreError::io("sync", &folder, source))?;
            Ok(report)
        })
        .await
    }
}

/// Forgets uploads, whose objects still grow; gives the objects that belong to the copy.
fn finish(state: &Connection) -> Result<Vec<(String, u64)>, Fault> {
    state.execute("DELETE FROM uploads", [])?;
    let mut asked = state.prepare("SELECT key, size FROM blobs")?;
    let rows = asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
