//! Sessions kept in unnamed temporary files: nothing stays after a crash.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::Digest;
use sealkit_store::{Feed, Repository, Session, SessionError, UploadSessions, new_session_id};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use crate::body::STEP;

/// What open uploads may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Most sessions open at once.
    pub sessions: usize,
    /// Largest upload in bytes.
    pub bytes: u64,
    /// A session that nobody touched for so long is forgotten.
    pub idle: Duration,
}

impl Default for SpoolLimits {
    /// 256 sessions of any size, an hour idle.
    fn default() -> Self {
        Self { sessions: 256, bytes: u64::MAX, idle: Duration::from_hours(1) }
    }
}

/// Sessions as unnamed files in one folder.
#[derive(Debug)]
pub struct SpoolSessions {
    folder: PathBuf,
    limits: SpoolLimits,
    open: Mutex<HashMap<(String, String), Entry>>,
}

#[derive(Clone, Debug)]
struct Entry {
    file: Arc<AsyncMutex<Arc<File>>>,
    offset: Arc<AtomicU64>,
    touched: Instant,
}

impl SpoolSessions {
    /// Sessions whose bytes wait in `folder`, which must exist and lie on a disk with room for
    /// them.
    pub fn new(folder: impl Into<PathBuf>, limits: SpoolLimits) -> Self {
        Self { folder: folder.into(), limits, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<(String, String), Entry>> {
        // A panic while the map was held can not leave it half-changed: every change is one call.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self, repository: &str, id: &str) -> Result<Entry, SessionError> {
        let mut open = self.open();
        let key = (repository.to_owned(), id.to_owned());
        let entry = open.get_mut(&key).ok_or(SessionError::Unknown)?;
        entry.touched = Instant::now();
        Ok(entry.clone())
    }

    fn admit(&self, repository: &str, id: &str, file: File) -> Result<(), SessionError> {
        let mut open = self.open();
        let idle = self.limits.idle;
        open.retain(|_, entry| entry.touched.elapsed() < idle || entry.file.try_lock().is_err());
        if open.len() >= self.limits.sessions {
            return Err(SessionError::Full);
        }
        let entry = Entry {
            file: Arc::new(AsyncMutex::new(Arc::new(file))),
            offset: Arc::default(),
            touched: Instant::now(),
        };
        open.insert((repository.to_owned(), id.to_owned()), entry);
        Ok(())
    }
}

#[async_trait]
impl UploadSessions for SpoolSessions {
    async fn start(&self, repository: &str) -> Result<String, SessionError> {
        let folder = self.folder.clone();
        let file = blocking(move || Ok(tempfile::tempfile_in(folder)?)).await?;
        let id = new_session_id()?;
        self.admit(repository, &id, file)?;
        Ok(id)
    }

    async fn offset(&self, repository: &str, id: &str) -> Result<u64, SessionError> {
        Ok(self.touch(repository, id)?.offset.load(Ordering::Acquire))
    }

    async fn take(&self, repository: &str, id: &str) -> Result<Box<dyn Session>, SessionError> {
        let entry = self.touch(repository, id)?;
        let file = entry.file.try_lock_owned().map_err(|_| SessionError::Busy)?;
        Ok(Box::new(Spool { file, offset: entry.offset, limit: self.limits.bytes }))
    }

    async fn cancel(&self, repository: &str, id: &str) -> Result<(), SessionError> {
        let key = (repository.to_owned(), id.to_owned());
        self.open().remove(&key).map(drop).ok_or(SessionError::Unknown)
    }
}

struct Spool {
    file: OwnedMutexGuard<Arc<File>>,
    offset: Arc<AtomicU64>,
    limit: u64,
}

#[async_trait]
impl Session for Spool {
    fn offset(&self) -> u64 {
        self.offset.load(Ordering::Acquire)
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), SessionError> {
        let offset = self.offset();
        let end = offset.checked_add(bytes.len() as u64).filter(|end| *end <= self.limit);
        let end = end.ok_or(SessionError::TooLarge { limit: self.limit })?;
        let file = Arc::clone(&self.file);
        blocking(move || {
            let mut file = &*file;
            file.seek(SeekFrom::Start(offset))?;
            Ok(file.write_all(&bytes)?)
        })
        .await?;
        self.offset.store(end, Ordering::Release);
        Ok(())
    }

    async fn rewind(&mut self, offset: u64) -> Result<(), SessionError> {
        self.offset.fetch_min(offset, Ordering::AcqRel);
        Ok(())
    }

    async fn store(
        self: Box<Self>,
        repository: &dyn Repository,
        digest: &Digest,
    ) -> Result<(), SessionError> {
        let size = self.offset();
        let mut feed = Feed::open(repository, digest, size).await?;
        let mut offset = 0;
        while offset < size {
            let bytes = self.read(offset, size).await?;
            offset += bytes.len() as u64;
            if let Err(error) = feed.append(bytes).await {
                feed.abort().await;
                return Err(error.into());
            }
        }
        Ok(feed.finish().await?)
    }
}

impl Spool {
    /// The next step of bytes at `offset`, never empty.
    async fn read(&self, offset: u64, size: u64) -> Result<Bytes, SessionError> {
        let file = Arc::clone(&self.file);
        let length = (size - offset).min(STEP as u64) as usize;
        blocking(move || {
            let mut buffer = vec![0; length];
            let mut file = &*file;
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(&mut buffer)?;
            Ok(Bytes::from(buffer))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SessionError> + Send + 'static,
) -> Result<T, SessionError> {
    spawn_blocking(work).await.map_err(|error| SessionError::Io { source: error.into() })?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(limits: SpoolLimits) -> (tempfile::TempDir, SpoolSessions) {
        let folder = tempfile::tempdir().unwrap();
        let sessions = SpoolSessions::new(folder.path(), limits);
        (folder, sessions)
    }

    #[tokio::test]
    async fn one_request_at_a_time_has_a_session() {
        let (_folder, sessions) = sessions(SpoolLimits::default());
        let id = sessions.start("a").await.unwrap();
        let mut first = sessions.take("a", &id).await.unwrap();
        assert!(matches!(sessions.take("a", &id).await, Err(SessionError::Busy)));
        first.append(Bytes::from_static(b"abc")).await.unwrap();
        assert_eq!(sessions.offset("a", &id).await.unwrap(), 3);
        first.rewind(1).await.unwrap();
        first.rewind(2).await.unwrap();
        assert_eq!(first.offset(), 1);
        drop(first);
        assert_eq!(sessions.take("a", &id).await.unwrap().offset(), 1);
    }

    #[tokio::test]
    async fn a_session_belongs_to_its_repository_and_ends_once() {
        let (_folder, sessions) = sessions(SpoolLimits::default());
        let id = sessions.start("a").await.unwrap();
        assert!(matches!(sessions.offset("b", &id).await, Err(SessionError::Unknown)));
        sessions.cancel("a", &id).await.unwrap();
        assert!(matches!(sessions.cancel("a", &id).await, Err(SessionError::Unknown)));
    }

    #[tokio::test]
    async fn limits_hold_and_idle_sessions_make_room() {
        let limits = SpoolLimits { sessions: 1, bytes: 4, idle: Duration::from_millis(50) };
        let (_folder, sessions) = sessions(limits);
        let id = sessions.start("a").await.unwrap();
        assert!(matches!(sessions.start("a").await, Err(SessionError::Full)));
        let mut session = sessions.take("a", &id).await.unwrap();
        let too_much = session.append(Bytes::from_static(b"12345")).await;
        assert!(matches!(too_much, Err(SessionError::TooLarge { limit: 4 })));
        assert_eq!(session.offset(), 0);
        tokio::time::sleep(Duration::from_millis(60)).await;
        // In use, it does not count as idle.
        assert!(matches!(sessions.start("a").await, Err(SessionError::Full)));
        drop(session);
        sessions.start("a").await.unwrap();
        assert!(matches!(sessions.offset("a", &id).await, Err(SessionError::Unknown)));
    }
}
