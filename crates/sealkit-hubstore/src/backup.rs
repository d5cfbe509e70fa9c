//! A copy of everything at one moment, made while the hub runs.

use std::path::Path;
use std::sync::Arc;

use sealkit_store::{StoreError, create_private_dir, folder_of};
use serde::Serialize;

use crate::here::blocking;
use crate::state::KnownBlob;
use crate::{Objects, State, Storage};

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Blobs.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl<S: State> Storage<S> {
    /// Copies state and objects into `folder`, which must not exist; it is then a data folder like any
    /// other, and is there only once it is whole. The state is that of one moment. What no manifest named
    /// at that moment may have been swept since, and is then left out; a named object that is gone is an
    /// error. On one disk, objects are shared and cost no room.
    pub async fn backup(&self, folder: &Path) -> Result<BackupReport, StoreError> {
        let folder = folder.to_owned();
        let failed = |source| StoreError::io("create", &folder, source);
        // Beside it, so that it gets its name in one step; removed where that does not happen.
        let beside = folder_of(&folder).to_owned();
        let (own, place) = (folder.clone(), beside.clone());
        let work = blocking(move || work_folder(&own, &place)).await?;
        let inside = work.path().join("hub");
        let known = self.inner.state.copy_to(&inside).await?;
        let known = known.ok_or_else(|| unsupported("its state"))?;
        let inner = Arc::clone(&self.inner);
        let copied = inside.clone();
        let copy = move || copy_objects(&inner.state, &*inner.objects, &known, &copied);
        let report = blocking(copy).await?;
        std::fs::rename(&inside, &folder)
            .and_then(|()| std::fs::File::open(beside)?.sync_all())
            .map_err(failed)?;
        Ok(report)
    }
}

fn work_folder(folder: &Path, beside: &Path) -> Result<tempfile::TempDir, StoreError> {
    let failed = |source| StoreError::io("create", folder, source);
    if folder.symlink_metadata().is_ok() {
        return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
    }
    let work = tempfile::Builder::new().prefix(".hub-backup-").tempdir_in(beside);
    let work = work.map_err(failed)?;
    create_private_dir(&work.path().join("hub")).map_err(failed)?;
    Ok(work)
}

fn copy_objects<S: State>(
    state: &S,
    objects: &dyn Objects,
    known: &[KnownBlob],
    folder: &Path,
) -> Result<BackupReport, StoreError> {
    let mut report = BackupReport::default();
    let place = folder.join("objects");
    for KnownBlob { digest, key, size, .. } in known {
        if objects.size(key)?.is_none() && state.leave_out(folder, digest)? {
            continue;
        }
        if !objects.copy_to(key, &place)? {
            return Err(unsupported("its objects"));
        }
        report.blobs += 1;
        report.bytes += size;
    }
    std::fs::create_dir_all(&place)
        .and_then(|()| std::fs::File::open(&place)?.sync_all())
        .and_then(|()| std::fs::File::open(folder)?.sync_all())
        .map_err(|source| StoreError::io("sync", folder, source))?;
    Ok(report)
}

fn unsupported(what: &str) -> StoreError {
    let place = format!("a storage that keeps {what} in memory");
    StoreError::Unsupported { what: "backups", place }
}
