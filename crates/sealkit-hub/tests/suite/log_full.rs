//! The transparency log where there is no room for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sealkit_attest::log::{Checkpoint, LogAct, LogLeaf, NoteSigner, Tiles, tiles_for, tree_root};
use sealkit_hub::log::{Known, Log, LogError, LogStore, LoggedNames, MemoryLog};
use sealkit_oci::Digest;
use sealkit_store::Memory;
use sealkit_testkit::KitBuilder;

fn push(number: u64) -> LogLeaf {
    let digest = Digest::of(&number.to_le_bytes());
    let act = LogAct::Push { digest, media_type: "m".to_owned() };
    let (actor, repository) = ("ana".to_owned(), "org/model".to_owned());
    LogLeaf { actor, time: 1_800_000_000, repository, act }
}

fn checked(log: &Log) -> Checkpoint {
    let checkpoint = Checkpoint::parse(&log.checkpoint()).unwrap();
    checkpoint.verify(log.key()).unwrap();
    checkpoint
}

/// A store whose disk is full from the `left`-th write on.
struct Full {
    inner: MemoryLog,
    left: AtomicUsize,
}

impl Full {
    fn write(&self) -> Result<(), LogError> {
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| LogError::Damaged("no room".to_owned()))
    }
}

impl LogStore for Full {
    fn len(&self) -> Result<u64, LogError> {
        self.inner.len()
    }
    fn entries(&self, range: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>, LogError> {
        self.inner.entries(range)
    }
    fn append(&self, entries: &[Vec<u8>]) -> Result<(), LogError> {
        self.write()?;
        self.inner.append(entries)
    }
    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        self.inner.object(name)
    }
    fn put_object(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        self.write()?;
        self.inner.put_object(name, bytes)
    }
}

#[tokio::test]
async fn whatever_write_fails_nothing_is_acknowledged_and_the_log_goes_on_once_there_is_room() {
    for room in 1..6 {
        let store = Arc::new(Full { inner: MemoryLog::default(), left: AtomicUsize::new(room) });
        let (log, _) =
            Log::open(store.clone(), NoteSigner::from_seed("hub.example", &[7; 32]).unwrap())
                .unwrap();
        let acts: Vec<_> = (0..600).map(push).collect();
        let result = log.record(acts.clone()).await;
        // One write was the first checkpoint; entries, two tiles and a checkpoint follow.
        assert_eq!(result.is_ok(), room == 5, "{room}");
        assert_eq!(checked(&log).size(), if room == 5 { 600 } else { 0 });
        store.left.store(100, Ordering::SeqCst);
        assert_eq!(log.record(acts).await.unwrap(), (0..600).collect::<Vec<_>>());
        let now = checked(&log);
        let paths = tiles_for(600, |read| tree_root(600, read));
        let mut tiles = Tiles::default();
        for path in paths {
            tiles.add(&path, &log.tile(&path).unwrap().unwrap()).unwrap();
        }
        assert_eq!(tree_root(600, |node| tiles.read(node)).unwrap(), *now.root());
    }
}

#[tokio::test]
async fn a_first_start_over_many_tags_logs_them_in_few_batches() {
    const KITS: usize = 300;
    let memory = Arc::new(Memory::new());
    for at in 0..KITS {
        let kit = KitBuilder::small(&at.to_string()).build();
        kit.store(&memory.repository(&format!("team/kit-{at}")), Some("v1")).await;
    }
    // A checkpoint when it is opened; then three times entries and a checkpoint, and two tiles.
    let store = Arc::new(Full { inner: MemoryLog::default(), left: AtomicUsize::new(9) });
    let signer = || NoteSigner::from_seed("hub.example", &[7; 32]).unwrap();
    let (log, known) = Log::open(store.clone(), signer()).unwrap();
    let log = Arc::new(log);
    LoggedNames::new(memory.clone(), Arc::clone(&log)).reconcile(known).await.unwrap();
    assert_eq!(checked(&log).size(), 2 * KITS as u64);
    let before = log.checkpoint();
    drop(log);
    store.left.store(1, Ordering::SeqCst);
    let (log, known) = Log::open(store.clone(), signer()).unwrap();
    assert_eq!(known.len(), KITS);
    let log = Arc::new(log);
    LoggedNames::new(memory, Arc::clone(&log)).reconcile(known).await.unwrap();
    assert_eq!(log.checkpoint(), before, "what it read says everything");
    store.left.store(9, Ordering::SeqCst);
    let gone: Known = (0..KITS)
        .map(|at| ((format!("gone-{at}"), "v1".to_owned()), Digest::of(b"gone")))
        .collect();
    LoggedNames::new(Arc::new(Memory::new()), Arc::clone(&log)).reconcile(gone).await.unwrap();
    assert_eq!(checked(&log).size(), 3 * KITS as u64);
}
