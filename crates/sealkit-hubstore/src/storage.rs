//! Objects and state together: what the hub's registry serves.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::Digest;
use sealkit_pack::tar::BodyHasher;
use sealkit_store::{HashedRange, Namespace, Page, Repository, StoreError, StoredManifest, Tagged};

use crate::reading::FOREVER;
use crate::repository::Held;
use crate::seen::Seen;
use crate::state::HeldBlob;
use crate::{Database, Files, Objects, State, TagMove};

/// Room in bytes for what is known of blobs that are asked for again and again.
const SEEN_BLOBS: usize = 1 << 20;
/// Room in bytes for such manifests.
const SEEN_MANIFESTS: usize = 8 << 20;

/// Room in bytes for small blobs themselves.
const SMALL_BLOBS: usize = 8 << 20;
/// Room in bytes for the digests of files in blobs that came lately.
const HASHED_RANGES: usize = 4 << 20;
/// What one of them takes, its digest with it.
const HASHED_RANGE: usize = 160;

/// What open uploads may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most sessions open at once.
    pub sessions: u64,
    /// Largest upload in bytes.
    pub bytes: u64,
    /// A session that nobody touched for so long is thrown away.
    pub idle: Duration,
}

impl Default for Limits {
    /// 10,000 sessions of any size, a day idle.
    fn default() -> Self {
        Self { sessions: 10_000, bytes: u64::MAX, idle: Duration::from_hours(24) }
    }
}

/// The hub's storage: objects, and the state that says what they are. Clones share it.
pub struct Storage<S: State = Database> {
    pub(crate) inner: Arc<Inner<S>>,
}

impl<S: State> Clone for Storage<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

pub(crate) struct Inner<S> {
    pub(crate) objects: Arc<dyn Objects>,
    pub(crate) state: S,
    pub(crate) limits: Limits,
    /// Unix seconds.
    pub(crate) clock: fn() -> i64,
    pub(crate) seen_blobs: Seen<HeldBlob>,
    /// Their bytes were found to be their own.
    pub(crate) seen_manifests: Seen<StoredManifest>,
    /// Small blobs by the keys of their objects; their bytes were found to be their own.
    pub(crate) small: Seen<Bytes>,
    /// Files in blobs by the digests of the blobs, hashed while these came.
    pub(crate) hashed: Seen<Arc<[HashedRange]>>,
    live: Mutex<HashMap<String, Arc<Live>>>,
}

/// An upload as this process knows it.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// How many bytes it has.
    pub(crate) place: AtomicU64,
    busy: AtomicBool,
    /// What was found in its bytes, and how many these were, while no request has it.
    found: Mutex<Option<(u64, BodyHasher)>>,
}

impl Live {
    /// Keeps what was found in the first `place` bytes for the next request. Many may wait for one: what takes room is
    /// not kept.
    pub(crate) fn keep_found(&self, place: u64, found: Option<BodyHasher>) {
        let mut kept = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = found.filter(BodyHasher::is_small).map(|found| (place, found));
    }

    /// What was kept, where it is of the first `place` bytes.
    pub(crate) fn take_found(&self, place: u64) -> Option<BodyHasher> {
        let kept = self.found.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.filter(|(at, _)| *at == place).map(|(_, found)| found)
    }

    /// Takes it for one request; false where another has it.
    pub(crate) fn take(&self) -> bool {
        !self.busy.swap(true, Ordering::AcqRel)
    }

    /// Gives it back.
    pub(crate) fn give_back(&self) {
        self.busy.store(false, Ordering::Release);
    }
}

impl Storage {
    /// The storage in `folder`: `hub.db`, and `objects` beside it. Made where it is missing.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        sealkit_store::create_private_dir(folder)
            .map_err(|source| StoreError::io("create", folder, source))?;
        let database = Database::open(&folder.join("hub.db"))?;
        let objects = Files::open(&folder.join("objects"))?;
        Ok(Self::new(Arc::new(objects), database, Limits::default()))
    }

    /// Its database, in which others may keep tables of their own.
    pub fn database(&self) -> &Database {
        &self.inner.state
    }

    /// Takes the lock of `folder` for a hub that serves it; none where another hub has it. It lasts until
    /// the file is dropped.
    pub fn serve_alone(&self, folder: &Path) -> Result<Option<std::fs::File>, StoreError> {
        let path = folder.join("hub.lock");
        let failed = |source| StoreError::io("lock", &path, source);
        let file =
            std::fs::File::options().create(true).append(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl<S: State> Storage<S> {
    /// Storage over any place for objects, and any for its state.
    pub fn new(objects: Arc<dyn Objects>, state: S, limits: Limits) -> Self {
        Self::with_clock(objects, state, limits, now)
    }

    /// The same with another clock, which gives unix seconds.
    pub fn with_clock(
        objects: Arc<dyn Objects>,
        state: S,
        limits: Limits,
        clock: fn() -> i64,
    ) -> Self {
        let (seen_blobs, seen_manifests) = (Seen::new(SEEN_BLOBS), Seen::new(SEEN_MANIFESTS));
        let (small, hashed) = (Seen::new(SMALL_BLOBS), Seen::new(HASHED_RANGES));
        let live = Mutex::default();
        let inner = Inner {
            objects,
            state,
            limits,
            clock,
            seen_blobs,
            seen_manifests,
            small,
            hashed,
            live,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Every move of a tag of `repository`, oldest first: which digest it had when. Nothing forgets them.
    pub async fn tag_history(
        &self,
        repository: &str,
        tag: &str,
    ) -> Result<Vec<TagMove>, StoreError> {
        self.inner.state.tag_moves(repository, tag).await
    }
}

impl<S> Inner<S> {
    fn live(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The upload of this id, as this process knows it from now on.
    pub(crate) fn known(&self, id: &str) -> Arc<Live> {
        Arc::clone(self.live().entry(id.to_owned()).or_default())
    }

    /// The same where it knows it already.
    pub(crate) fn if_known(&self, id: &str) -> Option<Arc<Live>> {
        self.live().get(id).cloned()
    }

    pub(crate) fn forget(&self, id: &str) {
        self.live().remove(id);
    }

    /// Remembers what was hashed of a blob that is there now.
    pub(crate) fn remember(&self, blob: &Digest, ranges: Vec<HashedRange>) {
        if !ranges.is_empty() {
            let size = ranges.len() * HASHED_RANGE;
            self.hashed.put(FOREVER, blob.to_string(), ranges.into(), size);
        }
    }
}

/// Unix seconds by the clock of this machine.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[async_trait]
impl<S: State> Namespace for Storage<S> {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.state.repositories(page).await
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        Ok(Arc::new(Held::new(Arc::clone(&self.inner), name)))
    }

    async fn tagged(&self) -> Result<Vec<Tagged>, StoreError> {
        self.inner.state.tagged().await
    }
}
