//! Uploads that can be gone on with: in memory within a process, in small files across processes.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use sealkit_oci::{Digest, Sha256};
use sealkit_store::StoreError;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::{Reply, check_next};
use crate::{Remote, files};

/// Largest session file that is read.
const MAX_FILE: u64 = 64 * 1024;
/// Most uploads that are remembered in memory: each may hold one chunk.
const MAX_KEPT: usize = 4;

/// An upload on the registry's side.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where the next request goes.
    pub(crate) location: Url,
    /// Smallest chunk that the registry takes, in bytes; 0 where it does not say.
    pub(crate) minimum: u64,
    /// Bytes that the registry has said it has.
    pub(crate) sent: u64,
    /// Bytes after those that were handed over and are not sent yet.
    pub(crate) pieces: Vec<Bytes>,
    /// The hash of all of them; none where an earlier process sent some.
    pub(crate) hasher: Option<Sha256>,
}

impl Session {
    /// The upload that a registry has just opened.
    pub(crate) fn opened(remote: &Remote, reply: &Reply) -> Result<Self, StoreError> {
        let location = next_location(remote, reply)?;
        let location = location.ok_or_else(|| remote.broken("an upload without a `Location`"))?;
        let minimum = reply.header("oci-chunk-min-length").and_then(|text| text.parse().ok());
        let (sent, pieces, hasher) = (0, Vec::new(), Some(Sha256::default()));
        Ok(Self { location, minimum: minimum.unwrap_or(0), sent, pieces, hasher })
    }
}

/// Where the answer says that the next request goes.
pub(crate) fn next_location(remote: &Remote, reply: &Reply) -> Result<Option<Url>, StoreError> {
    let next = reply.header("location").map(|location| check_next(&reply.url, location));
    next.transpose().map_err(|error| remote.failed(error))
}

/// All uploads of a client that were begun and not finished.
#[derive(Debug)]
pub(crate) struct Sessions {
    folder: Option<PathBuf>,
    kept: Mutex<HashMap<String, Session>>,
}

/// What a session file holds. A location is an address that the registry made for this upload, so
/// the file can be read by its owner only.
#[derive(Serialize, Deserialize)]
struct Saved {
    registry: String,
    repository: String,
    digest: Digest,
    location: String,
    minimum: u64,
}

impl Sessions {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, kept: Mutex::default() }
    }

    /// Keeps an upload in memory for a later write of the same blob.
    pub(crate) fn keep(&self, remote: &Remote, digest: &Digest, session: Session) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_KEPT {
            kept.insert(key(remote, digest), session);
        }
    }

    /// Takes out what was kept.
    pub(crate) fn take(&self, remote: &Remote, digest: &Digest) -> Option<Session> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&key(remote, digest))
    }

    /// The file of this upload, for one writer at a time: none where there is no folder, or where
    /// another process is at the same blob. Sessions only save time, so a file that can not be
    /// used is as good as none.
    pub(crate) async fn claim(&self, remote: &Remote, digest: &Digest) -> Option<SessionFile> {
        let name = Digest::of(key(remote, digest).as_bytes()).hex().to_owned();
        let folder = self.folder.clone()?;
        let claimed = tokio::task::spawn_blocking(move || SessionFile::claim(&folder, &name));
        claimed.await.ok().flatten()
    }
}

fn key(remote: &Remote, digest: &Digest) -> String {
    format!("{}\n{}\n{digest}", remote.endpoint.base, remote.repository)
}

/// The file that remembers one upload, locked.
#[derive(Debug)]
pub(crate) struct SessionFile {
    path: PathBuf,
    lock_path: PathBuf,
    /// Held open: closing it gives the lock back.
    _lock: File,
}

impl SessionFile {
    fn claim(folder: &Path, name: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).ok()?;
        let lock_path = folder.join(format!("{name}.lock"));
        let lock =
            File::options().create(true).truncate(false).write(true).open(&lock_path).ok()?;
        match lock.try_lock() {
            Ok(()) => {
                let path = folder.join(format!("{name}.json"));
                Some(Self { path, lock_path, _lock: lock })
            }
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
        }
    }

    /// What an earlier process left.
    pub(crate) async fn load(&self, remote: &Remote, digest: &Digest) -> Option<Session> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || files::read_limited(&path, MAX_FILE).ok());
        let saved: Saved = serde_json::from_slice(&read.await.ok()??).ok()?;
        let fits = saved.registry == remote.endpoint.name
            && saved.repository == remote.repository
            && saved.digest == *digest;
        let location = check_next(&remote.endpoint.base, &saved.location).ok()?;
        let (sent, pieces, minimum) = (0, Vec::new(), saved.minimum);
        fits.then_some(Session { location, minimum, sent, pieces, hasher: None })
    }

    /// Remembers where the upload goes on. A failure only costs the resume.
    pub(crate) async fn save(&self, remote: &Remote, digest: &Digest, session: &Session) {
        let saved = Saved {
            registry: remote.endpoint.name.clone(),
            repository: remote.repository.clone(),
            digest: digest.clone(),
            location: session.location.to_string(),
            minimum: session.minimum,
        };
        let Ok(bytes) = serde_json::to_vec(&saved) else { return };
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || files::write_private(&path, &bytes));
        written.await.ok();
    }

    /// Forgets it.
    pub(crate) async fn remove(self) {
        tokio::task::spawn_blocking(move || {
            std::fs::remove_file(&self.path).ok();
            std::fs::remove_file(&self.lock_path).ok();
        })
        .await
        .ok();
    }
}
