//! An OCI Image Layout on disk (image-spec, image-layout.md) that several processes share.
//!
//! Beside the files of the specification there are ours: `sealkit.lock` guards changes,
//! `ingest/` holds what is not a blob yet, `history.jsonl` remembers how tags moved. Readers take no
//! lock: every file is replaced whole or not at all. This module is sync and knows no async runtime;
//! the async traits are implemented in its `adapter`.

mod adapter;
mod blobs;
mod cache;
mod disk;
mod fsck;
mod gc;
mod history;
mod index;
mod ingest;
mod lock;
mod lookup;
mod mark;
mod refs;
mod writer;

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use sealkit_oci::{Digest, RawError};

pub use adapter::LayoutRepository;
pub use blobs::BlobReader;
pub use disk::FaultHook;
pub use fsck::{FsckReport, Problem, ProblemKind};
pub use gc::{GcOptions, GcReport};
pub use history::TagMove;
pub use ingest::Ingest;
pub use lookup::{Entry, Resolved};
pub use refs::Expect;
pub use writer::LayoutWriter;

use self::disk::{Disk, guard};
use self::index::IndexFile;
use self::lock::{Lock, Session};
use crate::{Links, StoreError};

/// Bytes that are read, written and hashed at once: 1 MiB.
const BUFFER: usize = 1 << 20;
/// Largest `index.json` that is read, in bytes.
const MAX_INDEX_BYTES: u64 = 64 << 20;
/// Documents whose links are kept in memory.
const MAX_CACHED_LINKS: usize = 4096;
/// How long a file must have been left alone before its time stamp tells two contents apart.
const SETTLED: Duration = Duration::from_secs(1);

const LAYOUT_FILE: &str = "oci-layout";
const LAYOUT_BYTES: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX_FILE: &str = "index.json";

/// What the reference names in `index.json` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Many repositories: a name is `registry/repository:tag`. The local store.
    Store,
    /// One repository: a name is a tag. A layout folder that is exchanged with other tools.
    Plain,
}

/// Tells the time: `gc` compares it with the age of files, the history records it.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// An OCI Image Layout. Clones share everything.
#[derive(Clone)]
pub struct Layout {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    naming: Naming,
    clock: Clock,
    disk: Disk,
    index: Mutex<Option<(Stamp, Arc<IndexFile>)>>,
    links: Mutex<HashMap<(Digest, String), Arc<Links>>>,
}

/// What tells one content of a file from the next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    size: u64,
    inode: u64,
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layout")
            .field("root", &self.inner.root)
            .field("naming", &self.inner.naming)
            .finish_non_exhaustive()
    }
}

impl Layout {
    /// Opens a layout that exists. Nothing is written.
    pub fn open(root: impl Into<PathBuf>, naming: Naming) -> Result<Self, StoreError> {
        let root = root.into();
        let path = root.join(LAYOUT_FILE);
        let bytes = match read_bounded(&path, 64 << 10) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let reason = "there is no such file: the folder is no OCI image layout".to_owned();
                return Err(StoreError::Corrupt { path, reason });
            }
            read => read?,
        };
        check_version(&path, &bytes)?;
        Ok(Self::at(root, naming))
    }

    /// Makes a new layout. A folder that holds one already is [`StoreError::Io`] of kind
    /// `AlreadyExists`.
    pub fn create(root: impl Into<PathBuf>, naming: Naming) -> Result<Self, StoreError> {
        let root = root.into();
        let path = root.join(LAYOUT_FILE);
        if path.exists() {
            let source = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(StoreError::io("create", path, source));
        }
        Self::open_or_create(root, naming)
    }

    /// Opens a layout, or makes it where there is none, or where an earlier start was cut short.
    pub fn open_or_create(root: impl Into<PathBuf>, naming: Naming) -> Result<Self, StoreError> {
        let root = root.into();
        if root.join(LAYOUT_FILE).exists() {
            return Self::open(root, naming);
        }
        for directory in [root.join("blobs").join("sha256"), root.join("ingest")] {
            fs::create_dir_all(&directory).map_err(|e| StoreError::io("create", directory, e))?;
        }
        let layout = Self::at(root, naming);
        let lock = Lock::exclusive(&layout.inner.root)?;
        let index = layout.inner.root.join(INDEX_FILE);
        if !index.exists() {
            layout.replace(&index, &IndexFile::empty().to_bytes()?)?;
        }
        let marker = layout.inner.root.join(LAYOUT_FILE);
        if !marker.exists() {
            // Last, so that a folder with this file is a whole layout.
            layout.replace(&marker, LAYOUT_BYTES)?;
        }
        drop(lock);
        Self::open(layout.inner.root.clone(), naming)
    }

    fn at(root: PathBuf, naming: Naming) -> Self {
        let inner = Inner {
            root,
            naming,
            clock: Arc::new(SystemTime::now),
            disk: Disk::default(),
            index: Mutex::default(),
            links: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The same layout with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        self.rebuilt(|inner| inner.clock = clock)
    }

    /// The same layout on a disk that fails where `fault` says.
    #[must_use]
    pub fn with_fault(self, fault: FaultHook) -> Self {
        self.rebuilt(|inner| inner.disk.fault = Some(fault))
    }

    fn rebuilt(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            root: self.inner.root.clone(),
            naming: self.inner.naming,
            clock: Arc::clone(&self.inner.clock),
            disk: self.inner.disk.fresh(),
            index: Mutex::default(),
            links: Mutex::default(),
        };
        change(&mut inner);
        Self { inner: Arc::new(inner) }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// What reference names mean here.
    pub fn naming(&self) -> Naming {
        self.inner.naming
    }

    /// The place for messages.
    pub fn place(&self) -> String {
        match self.inner.naming {
            Naming::Store => crate::error::LOCAL_STORE.to_owned(),
            Naming::Plain => format!("oci:{}", self.inner.root.display()),
        }
    }

    fn ingest_dir(&self) -> PathBuf {
        self.inner.root.join("ingest")
    }

    fn replace(&self, target: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.inner.disk.replace(&self.ingest_dir(), target, bytes)
    }

    fn not_found(&self, what: &'static str, name: impl ToString) -> StoreError {
        StoreError::NotFound { what, name: name.to_string(), place: self.place() }
    }

    /// The index as it is now, for reading.
    fn load_index(&self) -> Result<Arc<IndexFile>, StoreError> {
        let path = self.inner.root.join(INDEX_FILE);
        let stamp = stamp(&path);
        if let (Some(stamp), Some((cached, index))) = (stamp, &*guard(&self.inner.index))
            && *cached == stamp
        {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(self.load_index_fresh()?);
        // A file that was changed a moment ago may change again within one tick of its time stamp.
        let settled = |stamp: &Stamp| stamp.modified.elapsed().is_ok_and(|age| age > SETTLED);
        if let Some(stamp) = stamp.filter(settled) {
            *guard(&self.inner.index) = Some((stamp, Arc::clone(&index)));
        }
        Ok(index)
    }

    fn load_index_fresh(&self) -> Result<IndexFile, StoreError> {
        let path = self.inner.root.join(INDEX_FILE);
        let bytes = read_bounded(&path, MAX_INDEX_BYTES)?;
        IndexFile::parse(self.inner.naming, &bytes)
            .map_err(|reason| StoreError::Corrupt { path, reason })
    }

    /// What a manifest of this store points at, none where the manifest is absent.
    fn links(&self, media_type: &str, digest: &Digest) -> Result<Option<Arc<Links>>, StoreError> {
        let key = (digest.clone(), media_type.to_owned());
        if let Some(links) = guard(&self.inner.links).get(&key) {
            return Ok(Some(Arc::clone(links)));
        }
        let Some(bytes) = self.document(digest)? else { return Ok(None) };
        let links = Links::parse(media_type, &bytes).map_err(|e| self.malformed(digest, e))?;
        let links = Arc::new(links);
        Ok(Some(writer::remember(&self.inner.links, MAX_CACHED_LINKS, key, links)))
    }

    fn malformed(&self, name: impl ToString, source: RawError) -> StoreError {
        StoreError::Document { name: name.to_string(), place: self.place(), source }
    }

    /// The verified bytes of a manifest, none where it is absent.
    fn document(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(size) = self.blob_size(digest)? else { return Ok(None) };
        if size > sealkit_oci::MAX_MANIFEST_BYTES as u64 {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            return Err(self.malformed(digest, RawError::TooLarge { size }));
        }
        let path = self.blob_path(digest);
        let bytes = match read_bounded(&path, size) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            read => read?,
        };
        let actual = crate::hasher::digest_of(digest.algorithm(), &bytes)?;
        if actual != *digest {
            let (expected, place) = (digest.clone(), self.place());
            return Err(StoreError::DigestMismatch { expected, actual, place });
        }
        Ok(Some(bytes))
    }
}

fn check_version(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let corrupt = |reason| StoreError::Corrupt { path: path.to_owned(), reason };
    let parsed: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| corrupt(e.to_string()))?;
    match parsed.get("imageLayoutVersion").and_then(serde_json::Value::as_str) {
        Some(version) if version.starts_with("1.") => Ok(()),
        Some(version) => {
            Err(corrupt(format!("its layout version is `{version}`; version 1 is known")))
        }
        None => Err(corrupt("it names no layout version".to_owned())),
    }
}

/// Reads a small file whole; a larger one than `limit` bytes is [`StoreError::Corrupt`].
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let failed = |e| StoreError::io("read", path, e);
    if !fs::metadata(path).map_err(failed)?.is_file() {
        // A named pipe in a layout from elsewhere would be waited for without end.
        let reason = "it is not a file".to_owned();
        return Err(StoreError::Corrupt { path: path.to_owned(), reason });
    }
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        let reason = format!("it is larger than {limit} bytes");
        return Err(StoreError::Corrupt { path: path.to_owned(), reason });
    }
    Ok(bytes)
}

fn stamp(path: &Path) -> Option<Stamp> {
    let meta = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&meta);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Stamp { modified: meta.modified().ok()?, size: meta.len(), inode })
}
