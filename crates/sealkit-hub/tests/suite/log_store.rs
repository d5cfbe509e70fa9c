//! The transparency log without a server: what is kept, what a crash leaves, what is refused.

use std::path::Path;
use std::sync::Arc;

use sealkit_attest::log::{
    Checkpoint, LogAct, LogLeaf, MerkleHash, NoteSigner, TilePath, Tiles, leaf_hash,
    prove_consistency, tiles_for, tree_root, verify_consistency, verify_inclusion,
};
use sealkit_hub::log::{FileLog, Known, Log, LogError, LogStore, MemoryLog};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;

fn signer() -> NoteSigner {
    NoteSigner::from_seed("hub.example", &[7; 32]).unwrap()
}

fn leaf(repository: &str, act: LogAct) -> LogLeaf {
    let (actor, repository) = ("ana".to_owned(), repository.to_owned());
    LogLeaf { actor, time: 1_800_000_000, repository, act }
}

fn push(number: u64) -> LogLeaf {
    let digest = Digest::of(&number.to_le_bytes());
    leaf("org/model", LogAct::Push { digest, media_type: "m".to_owned() })
}

fn tag(tag: &str, number: u64) -> LogLeaf {
    let (tag, digest) = (tag.to_owned(), Digest::of(&number.to_le_bytes()));
    leaf("org/model", LogAct::Tag { tag, digest, old: None, previous: None })
}

fn untag(tag: &str) -> LogLeaf {
    leaf("org/model", LogAct::Untag { tag: tag.to_owned(), old: Digest::of(b"?"), previous: None })
}

fn open(store: Arc<dyn LogStore>) -> Result<(Log, Known), LogError> {
    Log::open(store, signer())
}

/// The tiles of a log that `paths` name.
fn tiles(log: &Log, paths: impl IntoIterator<Item = TilePath>) -> Tiles {
    let mut tiles = Tiles::default();
    for path in paths {
        tiles.add(&path, &log.tile(&path).unwrap().unwrap()).unwrap();
    }
    tiles
}

fn checked(log: &Log) -> Checkpoint {
    let checkpoint = Checkpoint::parse(&log.checkpoint()).unwrap();
    checkpoint.verify(log.key()).unwrap();
    checkpoint
}

/// What every kind of store must do.
fn conforms(store: &dyn LogStore) {
    assert!(store.is_empty().unwrap());
    let entry = |number: u64| format!("{{\"n\":{number}}}").into_bytes();
    let all: Vec<_> = (0..700).map(entry).collect();
    store.append(&all[..1]).unwrap();
    store.append(&[]).unwrap();
    store.append(&all[1..256]).unwrap();
    store.append(&all[256..]).unwrap();
    assert_eq!(store.len().unwrap(), 700);
    for (from, until) in [(0, 700), (0, 1), (255, 257), (256, 256), (512, 700), (699, 700)] {
        let found = store.entries(from..until).unwrap();
        assert_eq!(found, all[from as usize..until as usize]);
    }
    assert!(store.entries(699..701).is_err());
    assert_eq!(store.object("tile/1/000").unwrap(), None);
    store.put_object("tile/1/000", b"a").unwrap();
    store.put_object("tile/1/000", b"bc").unwrap();
    assert_eq!(store.object("tile/1/000").unwrap().as_deref(), Some(&b"bc"[..]));
}

#[test]
fn every_store_keeps_entries_and_objects() {
    conforms(&MemoryLog::default());
    let dir = tempfile::tempdir().unwrap();
    conforms(&FileLog::open(dir.path()).unwrap());
    let again = FileLog::open(dir.path()).unwrap();
    assert_eq!(again.len().unwrap(), 700);
    assert_eq!(again.entries(699..700).unwrap(), [b"{\"n\":699}"]);
    assert!(matches!(FileLog::open(dir.path()), Err(LogError::InUse)));
}

#[tokio::test]
async fn a_log_grows_and_proves_that_it_only_grows() {
    let (log, known) = open(Arc::new(MemoryLog::default())).unwrap();
    assert!(known.is_empty() && checked(&log).size() == 0);
    let mut seen: Vec<(u64, MerkleHash)> = Vec::new();
    for round in 0..14u64 {
        let acts = (0..50).map(|at| push(round * 50 + at)).collect();
        let numbers = log.record(acts).await.unwrap();
        assert_eq!(numbers, (round * 50..round * 50 + 50).collect::<Vec<_>>());
        let now = checked(&log);
        for (old, before) in &seen {
            let paths = tiles_for(now.size(), |read| prove_consistency(*old, now.size(), read));
            let tiles = tiles(&log, paths);
            let proof = prove_consistency(*old, now.size(), |node| tiles.read(node)).unwrap();
            verify_consistency((*old, before), (now.size(), now.root()), &proof).unwrap();
        }
        seen.push((now.size(), *now.root()));
    }
    let (checkpoint, proofs) = log.prove(&[0, 255, 256, 699, 700]).unwrap();
    let checkpoint = Checkpoint::parse(&checkpoint).unwrap();
    assert_eq!(proofs.len(), 4, "what is not there is left out");
    for proof in proofs {
        let (hash, size) = (leaf_hash(&proof.entry), checkpoint.size());
        verify_inclusion(&hash, proof.index, size, &proof.hashes, checkpoint.root()).unwrap();
        let mut expected = push(proof.index);
        expected.time = 1_800_000_000;
        assert_eq!(LogLeaf::parse(&proof.entry).unwrap(), expected);
    }
    // A tile that is not there yet, or not so wide yet.
    for absent in ["tile/0/002.p/189", "tile/0/003.p/1", "tile/2/000.p/1", "tile/entries/002"] {
        assert_eq!(log.tile(&absent.parse().unwrap()).unwrap(), None, "{absent}");
    }
    let narrow = log.tile(&"tile/0/000.p/3".parse().unwrap()).unwrap().unwrap();
    let whole = log.tile(&"tile/0/000".parse().unwrap()).unwrap().unwrap();
    assert_eq!((narrow.len(), whole.len()), (96, 8192));
    assert!(whole.starts_with(&narrow));
}

#[tokio::test]
async fn the_log_says_each_thing_once_and_links_the_changes_of_a_tag() {
    let (log, _) = open(Arc::new(MemoryLog::default())).unwrap();
    let first = log.record(vec![push(1), tag("v1", 1), push(1), tag("v1", 1)]).await.unwrap();
    assert_eq!(first, [0, 1, 0, 1]);
    assert_eq!(log.record(vec![push(1), tag("v1", 1)]).await.unwrap(), [0, 1]);
    let moved = log.record(vec![push(2), tag("v1", 2), tag("v1", 1), untag("v1")]).await.unwrap();
    assert_eq!(moved, [2, 3, 4, 5]);
    assert_eq!(log.record(vec![untag("v1"), tag("v1", 2)]).await.unwrap(), [5, 6]);
    let gone = leaf("org/model", LogAct::Delete { digest: Digest::of(&1u64.to_le_bytes()) });
    assert_eq!(log.record(vec![gone.clone(), gone, push(1)]).await.unwrap(), [7, 7, 8]);
    // The same tag of another repository has a history of its own.
    let other = LogLeaf { repository: "org/other".to_owned(), ..tag("v1", 2) };
    assert_eq!(log.record(vec![other]).await.unwrap(), [9]);
    let history = log.tag_history("org/model", "v1", u64::MAX).unwrap();
    assert_eq!(history, [6, 5, 4, 3, 1]);
    assert_eq!(log.tag_history("org/model", "v1", 4).unwrap(), [3, 1]);
    let (_, proofs) = log.prove(&history).unwrap();
    let links: Vec<_> = proofs
        .iter()
        .map(|proof| match LogLeaf::parse(&proof.entry).unwrap().act {
            LogAct::Tag { previous, old, .. } => (previous, old.is_some()),
            LogAct::Untag { previous, .. } => (previous, true),
            act => panic!("{act:?}"),
        })
        .collect();
    assert_eq!(
        links,
        [(Some(5), false), (Some(4), true), (Some(3), true), (Some(1), true), (None, false)]
    );
    assert_eq!(log.about(&Digest::of(&1u64.to_le_bytes())).unwrap(), [8, 7, 4, 3, 1, 0]);
    assert!(log.about(&Digest::of(b"never")).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_at_the_same_time_has_one_number_each() {
    let store = Arc::new(MemoryLog::default());
    let (log, _) = open(store.clone()).unwrap();
    let log = Arc::new(log);
    let tasks: Vec<_> = (0..300u64)
        .map(|at| {
            let log = Arc::clone(&log);
            tokio::spawn(
                async move { log.record(vec![push(at), tag("latest", at)]).await.unwrap() },
            )
        })
        .collect();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.extend(task.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..600).collect::<Vec<_>>());
    assert_eq!(checked(&log).size(), 600);
    // Every move names where the tag was before: the links are one chain.
    let mut next = *log.tag_history("org/model", "latest", u64::MAX).unwrap().first().unwrap();
    let mut length = 1;
    while let LogAct::Tag { previous: Some(previous), .. } = act(&log, next) {
        (next, length) = (previous, length + 1);
    }
    assert_eq!(length, 300);
}

fn act(log: &Log, number: u64) -> LogAct {
    let (_, proofs) = log.prove(&[number]).unwrap();
    LogLeaf::parse(&proofs[0].entry).unwrap().act
}

fn folder(dir: &Path) -> Result<(Log, Known), LogError> {
    Log::open_folder(dir, Some("hub.example"))
}

/// Opens a log again once the thread of the one before has let go of it.
fn reopen(dir: &Path) -> Result<(Log, Known), LogError> {
    for _ in 0..200 {
        match folder(dir) {
            Err(LogError::InUse) => std::thread::sleep(std::time::Duration::from_millis(10)),
            done => return done,
        }
    }
    folder(dir)
}

#[tokio::test]
async fn a_log_in_a_folder_goes_on_where_it_was_and_makes_lost_tiles_again() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = folder(dir.path()).unwrap();
    log.record((0..600).map(push).chain([tag("v1", 3), tag("v2", 4), untag("v2")]).collect())
        .await
        .unwrap();
    let (before, key) = (checked(&log), log.key().to_string());
    let tile = |log: &Log| log.tile(&"tile/1/000.p/2".parse().unwrap()).unwrap();
    let old = tile(&log);
    drop(log);
    std::fs::remove_file(dir.path().join("tile/0/001")).unwrap();
    std::fs::write(dir.path().join("tile/0/000"), b"something else").unwrap();
    let (log, known) = reopen(dir.path()).unwrap();
    assert_eq!((checked(&log), log.key().to_string()), (before.clone(), key));
    assert_eq!(tile(&log), old);
    assert_eq!(
        known,
        Known::from([(("org/model".into(), "v1".into()), Digest::of(&3u64.to_le_bytes()))])
    );
    for path in ["tile/0/000", "tile/0/001"] {
        assert_eq!(log.tile(&path.parse().unwrap()).unwrap().unwrap().len(), 8192);
    }
    assert_eq!(log.record(vec![push(0), push(9_999)]).await.unwrap(), [0, 603]);
    assert_eq!(checked(&log).size(), 604);
    drop(log);
    // The key is nobody else's to read, and a log without its own is not begun anew.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(dir.path().join("key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    let other = loop {
        match Log::open_folder(dir.path(), Some("other.example")) {
            Err(LogError::InUse) => {}
            done => break done,
        }
    };
    assert_eq!(other.err().unwrap().code(), "log-other-origin");
    for bad in ["", "hub.example/log", "https://hub.example", "a b", "a+b", "hub.example:5000", "A"]
    {
        let other = tempfile::tempdir().unwrap();
        let error = Log::open_folder(other.path(), Some(bad)).err().unwrap();
        assert_eq!(error.code(), "log-origin-invalid", "{bad}");
        assert!(!other.path().join("key").exists());
    }
    // Without a name each log has its own.
    let own = || {
        let dir = tempfile::tempdir().unwrap();
        Log::open_folder(dir.path(), None).unwrap().0.key().name().to_owned()
    };
    assert_ne!(own(), own());
    std::fs::remove_file(dir.path().join("key")).unwrap();
    assert_eq!(reopen(dir.path()).err().unwrap().code(), "log-damaged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_made_while_the_log_grows_is_a_log() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    assert!(!Log::copy_folder(&from, &to).unwrap() && !to.exists());
    let (log, _) = folder(&from).unwrap();
    log.record((0..700).map(push).collect()).await.unwrap();
    let before = checked(&log);
    let log = Arc::new(log);
    let writer = {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for at in 700..1_100 {
                log.record(vec![push(at)]).await.unwrap();
            }
        })
    };
    let copied = tokio::task::spawn_blocking({
        let (from, to) = (from.clone(), to.clone());
        move || Log::copy_folder(&from, &to)
    });
    assert!(copied.await.unwrap().unwrap());
    writer.await.unwrap();
    let (copy, _) = folder(&to).unwrap();
    let now = checked(&copy);
    assert_eq!(copy.key().to_string(), log.key().to_string());
    assert!(now.size() >= before.size());
    // The copy is the beginning of the log.
    let paths = tiles_for(1_100, |read| tree_root(now.size(), read));
    let tiles = tiles(&log, paths);
    assert_eq!(tree_root(now.size(), |node| tiles.read(node)).unwrap(), *now.root());
}

#[tokio::test]
async fn a_crash_at_any_byte_loses_only_what_was_not_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = folder(dir.path()).unwrap();
    log.record(vec![push(0), push(1)]).await.unwrap();
    let acknowledged = checked(&log);
    let kept = std::fs::read(dir.path().join("open")).unwrap();
    let checkpoint = std::fs::read(dir.path().join("checkpoint")).unwrap();
    log.record(vec![push(2), push(3)]).await.unwrap();
    drop(log);
    let all = std::fs::read(dir.path().join("open")).unwrap();
    for cut in kept.len()..=all.len() {
        for filler in [&b""[..], &[0; 9]] {
            // The entries reached the disk up to a byte, and nothing behind them did.
            let bytes = [&all[..cut], filler].concat();
            loop {
                std::fs::write(dir.path().join("checkpoint"), &checkpoint).unwrap();
                std::fs::write(dir.path().join("open"), &bytes).unwrap();
                match folder(dir.path()) {
                    Err(LogError::InUse) => {}
                    opened => {
                        let now = checked(&opened.unwrap().0);
                        assert!((2..=4).contains(&now.size()), "{cut}: {}", now.size());
                        assert!(now.size() < 4 || cut == all.len());
                        assert!(now.size() > 2 || now.root() == acknowledged.root());
                        break;
                    }
                }
            }
        }
    }
    // Less than what was acknowledged is damage, and no new log.
    for bad in [&kept[..kept.len() - 1], b""] {
        std::thread::sleep(std::time::Duration::from_millis(30));
        std::fs::write(dir.path().join("checkpoint"), &checkpoint).unwrap();
        std::fs::write(dir.path().join("open"), bad).unwrap();
        assert_eq!(reopen(dir.path()).err().unwrap().code(), "log-damaged");
    }
}

#[tokio::test]
async fn a_history_that_was_changed_is_not_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = folder(dir.path()).unwrap();
    log.record((0..300).map(push).collect()).await.unwrap();
    drop(log);
    let path = dir.path().join("tile/entries/000");
    let text = std::fs::read(&path).unwrap();
    let at = text.windows(3).position(|part| part == b"ana").unwrap();
    let mut changed = text.clone();
    changed[at] = b'e';
    for bad in [Some(changed), None, Some(text[..100].to_vec())] {
        match bad {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        assert!(reopen(dir.path()).is_err());
    }
    std::fs::write(&path, text).unwrap();
    assert_eq!(checked(&reopen(dir.path()).unwrap().0).size(), 300);
    // A checkpoint that the log's key did not sign.
    let foreign = NoteSigner::from_seed("hub.example", &[9; 32]).unwrap();
    let forged = foreign.sign_checkpoint(1, &leaf_hash(b"x"));
    std::thread::sleep(std::time::Duration::from_millis(30));
    std::fs::write(dir.path().join("checkpoint"), forged).unwrap();
    assert_eq!(reopen(dir.path()).err().unwrap().code(), "log-proof-invalid");
}
