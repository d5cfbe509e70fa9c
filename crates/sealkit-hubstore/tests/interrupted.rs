//! Uploads whose request or process goes away in the middle of a write.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::{Place, read, repository};
use sealkit_hubstore::{
    Database, Limits, MemoryObjects, ObjectWriter, Objects, Storage, StoredObject,
};
use sealkit_oci::Descriptor;
use sealkit_store::{Session, SessionError, StoreError, UploadSessions as _};

/// Objects on a disk that stands still while the flag says so.
#[derive(Clone, Default)]
struct Slow {
    objects: MemoryObjects,
    stands: Arc<AtomicBool>,
    /// It can not be flushed.
    fails: Arc<AtomicBool>,
}

struct SlowWriter {
    inner: Box<dyn ObjectWriter>,
    stands: Arc<AtomicBool>,
    fails: Arc<AtomicBool>,
}

impl Write for SlowWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        while self.stands.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl ObjectWriter for SlowWriter {
    fn sync(&mut self) -> Result<(), StoreError> {
        // Once, as a system does that forgets what it could not write.
        if self.fails.swap(false, Ordering::SeqCst) {
            let full = std::io::ErrorKind::StorageFull.into();
            return Err(StoreError::io("sync", "object", full));
        }
        self.inner.sync()
    }
}

impl Objects for Slow {
    fn create(&self, key: &str) -> Result<(), StoreError> {
        self.objects.create(key)
    }

    fn append(&self, key: &str, place: u64) -> Result<Box<dyn ObjectWriter>, StoreError> {
        let inner = self.objects.append(key, place)?;
        let (stands, fails) = (Arc::clone(&self.stands), Arc::clone(&self.fails));
        Ok(Box::new(SlowWriter { inner, stands, fails }))
    }

    fn read(&self, key: &str, range: Range<u64>) -> Result<Box<dyn Read + Send>, StoreError> {
        self.objects.read(key, range)
    }

    fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.objects.size(key)
    }

    fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.objects.remove(key)
    }

    fn list(&self) -> Result<Vec<StoredObject>, StoreError> {
        self.objects.list()
    }

    fn copy_to(&self, key: &str, folder: &Path) -> Result<bool, StoreError> {
        self.objects.copy_to(key, folder)
    }
}

fn storage(place: &Place, objects: &Slow) -> Storage {
    let database = Database::open(&place.path().join("hub.db")).unwrap();
    Storage::new(Arc::new(objects.clone()), database, Limits::default())
}

/// The session as soon as nobody has it any more.
async fn take(storage: &Storage, id: &str) -> Box<dyn Session> {
    loop {
        match storage.take("a", id).await {
            Ok(session) => return session,
            Err(SessionError::Busy) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_while_the_bytes_of_a_request_that_went_away_are_written() {
    let (place, objects) = (Place::new(), Slow::default());
    let storage = storage(&place, &objects);
    let id = storage.start("a").await.unwrap();
    let mut session = storage.take("a", &id).await.unwrap();
    session.append(Bytes::from_static(b"good ")).await.unwrap();
    drop(session);
    let mut session = storage.take("a", &id).await.unwrap();
    objects.stands.store(true, Ordering::SeqCst);
    let late = session.append(Bytes::from_static(b"late bytes"));
    assert!(tokio::time::timeout(Duration::from_millis(50), late).await.is_err());
    drop(session);
    let again = storage.take("a", &id).await;
    assert!(matches!(again, Err(SessionError::Busy)), "the disk still has its bytes");
    objects.stands.store(false, Ordering::SeqCst);
    let mut session = take(&storage, &id).await;
    assert_eq!((session.offset(), storage.offset("a", &id).await.unwrap()), (5, 5));
    session.append(Bytes::from_static(b"end")).await.unwrap();
    let blob = Descriptor::of("application/octet-stream", b"good end");
    session.store(&*repository(&storage, "a"), &blob.digest).await.unwrap();
    assert_eq!(read(&storage, "a", &blob).await, b"good end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_in_a_long_request_does_not_begin_again_at_nothing() {
    let (place, objects) = (Place::new(), Slow::default());
    let first = storage(&place, &objects);
    let id = first.start("a").await.unwrap();
    let mut session = first.take("a", &id).await.unwrap();
    let step = Bytes::from(vec![7; 1 << 20]);
    for _ in 0..70 {
        session.append(step.clone()).await.unwrap();
    }
    // A killed process tidies nothing up.
    std::mem::forget(session);
    common::push(&first, "a", b"behind it in the queue").await;
    let second = storage(&place, &objects);
    assert_eq!(second.offset("a", &id).await.unwrap(), 64 << 20);
    let mut session = second.take("a", &id).await.unwrap();
    session.append(Bytes::from_static(b"end")).await.unwrap();
    let mut all = vec![7; 64 << 20];
    all.extend_from_slice(b"end");
    let blob = Descriptor::of("application/octet-stream", &all);
    session.store(&*repository(&second, "a"), &blob.digest).await.unwrap();
    assert_eq!(second.fsck().await.unwrap().problems, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_could_not_be_flushed_are_never_acknowledged() {
    let (place, objects) = (Place::new(), Slow::default());
    let storage = storage(&place, &objects);
    let own = repository(&storage, "a");
    let blob = Descriptor::of("application/octet-stream", b"bytes");
    let id = storage.start("a").await.unwrap();
    let mut session = storage.take("a", &id).await.unwrap();
    session.append(Bytes::from_static(b"bytes")).await.unwrap();
    drop(session);
    objects.fails.store(true, Ordering::SeqCst);
    let session = take(&storage, &id).await;
    let stored = session.store(&*own, &blob.digest).await;
    assert!(matches!(stored, Err(SessionError::Store(StoreError::Io { .. }))), "{stored:?}");
    assert_eq!(own.stat(&blob.digest).await.unwrap(), None);
    let again = storage.take("a", &id).await.err();
    assert!(matches!(again, Some(SessionError::Unknown)), "{again:?}");
    assert_eq!(objects.list().unwrap(), []);
    common::push(&storage, "a", b"bytes").await;
    assert_eq!(read(&storage, "a", &blob).await, b"bytes");
}
