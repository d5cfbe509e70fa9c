//! Several real processes on one store, and processes that are killed at random moments. A child is
//! this test binary again, told by its environment what to do.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Dice, REPO, blob, manifest, put, refer};
use sealkit_oci::{Target, media_type};
use sealkit_store::{Expect, GcOptions, Layout, Naming};

const ROLE: &str = "SEALKIT_STORE_TEST_ROLE";
const ROOT: &str = "SEALKIT_STORE_TEST_ROOT";
const SEED: &str = "SEALKIT_STORE_TEST_SEED";

fn child(role: &str, root: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_child", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(ROOT, root)
        .env(SEED, seed.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The file that a child makes just before it touches the store.
fn ready_file(root: &Path, seed: u64) -> PathBuf {
    root.with_file_name(format!("ready-{seed}"))
}

/// Kills a child at a random moment after it began with the store.
fn run_and_kill(root: &Path, dice: &mut Dice, longest: Duration) {
    let seed = dice.roll(u64::MAX);
    let mut process = child("everything", root, seed);
    let began = Instant::now();
    while !ready_file(root, seed).exists() {
        assert!(began.elapsed() < Duration::from_secs(30), "the child does not start");
        std::thread::sleep(Duration::from_micros(300));
    }
    let wait = dice.roll(u64::try_from(longest.as_micros()).unwrap());
    std::thread::sleep(Duration::from_micros(wait));
    process.kill().unwrap();
    process.wait().unwrap();
}

/// Not a test by itself: what a child process does.
#[test]
fn the_child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let root = std::env::var(ROOT).unwrap();
    let seed: u64 = std::env::var(SEED).unwrap().parse().unwrap();
    std::fs::write(ready_file(Path::new(&root), seed), b"").unwrap();
    let layout = Layout::open_or_create(root, Naming::Store).unwrap();
    match role.as_str() {
        "everything" => everything(&layout, seed),
        "writer" => (0..40).for_each(|i| write_one(&layout, &format!("w{seed}-{i}"))),
        "remover" => (0..40).for_each(|i| remove_some(&layout, i)),
        "collector" => (0..30).for_each(|_| collect(&layout)),
        other => panic!("unknown role {other}"),
    }
}

fn write_one(layout: &Layout, name: &str) {
    let kept = put(layout, REPO, name, Some(name));
    refer(layout, REPO, &format!("about {name}"), &kept);
    // What the remover is allowed to take.
    put(layout, "localhost/prey", name, Some(name));
}

fn remove_some(layout: &Layout, round: usize) {
    for tag in layout.tags("localhost/prey").unwrap().into_iter().skip(round % 3) {
        let target = Target::Tag(tag.clone());
        if let Some(found) = layout.manifest("localhost/prey", &target).unwrap() {
            // Another process may have been faster: that is an answer, not a failure.
            let _ = layout.remove("localhost/prey", &found.descriptor.digest);
        }
    }
    std::thread::sleep(Duration::from_millis(3));
}

fn collect(layout: &Layout) {
    layout.gc(&GcOptions { grace: Duration::ZERO, dry_run: false }).unwrap();
    std::thread::sleep(Duration::from_millis(5));
}

fn everything(layout: &Layout, seed: u64) {
    let mut dice = Dice(seed | 1);
    for round in 0.. {
        let name = format!("k{}", dice.roll(12));
        let text = format!("{seed} {round}");
        match dice.roll(7) {
            0 => drop(blob(layout, &vec![7; usize::try_from(dice.roll(3 << 20)).unwrap()])),
            1 => drop(layout.untag(REPO, &name, &Expect::Any)),
            2 => collect(layout),
            3 => {
                let target = Target::Tag(name);
                if let Some(found) = layout.manifest(REPO, &target).unwrap() {
                    layout.remove(REPO, &found.descriptor.digest).unwrap();
                }
            }
            4 => {
                let target = Target::Tag(name);
                if let Some(found) = layout.manifest(REPO, &target).unwrap() {
                    refer(layout, REPO, &text, &found.descriptor);
                }
            }
            _ => drop(put(layout, REPO, &text, Some(&name))),
        }
    }
}

#[test]
fn a_store_whose_making_was_cut_short_is_made_the_next_time() {
    let mut dice = Dice(0x5eed_4321_dcba_0003);
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        run_and_kill(&root, &mut dice, Duration::from_millis(4));
        let layout = Layout::open_or_create(&root, Naming::Store).unwrap();
        put(&layout, REPO, "after", Some("v1"));
        assert_eq!(layout.fsck(true).unwrap().problems, [], "round {round}");
    }
}

#[test]
fn a_hundred_kills_leave_a_sound_store() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let mut dice = Dice(0x5eed_1234_abcd_0001);
    for round in 0..100 {
        run_and_kill(&root, &mut dice, Duration::from_millis(250));
        let layout = Layout::open_or_create(&root, Naming::Store).unwrap();
        let report = layout.fsck(true).unwrap();
        assert_eq!(report.problems, [], "round {round}");
        let name = format!("after-{}", round % 5);
        put(&layout, REPO, &format!("round {round}"), Some(&name));
        let last = layout.history(Some(REPO), Some(&name)).unwrap().pop().unwrap();
        let found = layout.manifest(REPO, &Target::Tag(name)).unwrap().unwrap();
        assert_eq!(last.new.as_ref(), Some(&found.descriptor.digest), "round {round}");
    }
    let layout = Layout::open(&root, Naming::Store).unwrap();
    let moves = layout.history(None, None).unwrap().len();
    assert!(moves > 120, "the children moved only {moves} tags: they were killed too early");
    std::thread::sleep(Duration::from_millis(60));
    collect(&layout);
    let report = layout.fsck(true).unwrap();
    assert_eq!((report.problems, report.orphans), (vec![], vec![]));
    assert_eq!(report.leftovers, Vec::<String>::new(), "the dead left nothing behind");
}

#[test]
fn writers_a_remover_and_a_collector_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    Layout::create(&root, Naming::Store).unwrap();
    let roles = [("writer", 1), ("writer", 2), ("remover", 3), ("collector", 4)];
    let children: Vec<_> =
        roles.iter().map(|(role, seed)| (role, child(role, &root, *seed))).collect();
    for (role, mut process) in children {
        assert!(process.wait().unwrap().success(), "{role} failed");
    }
    let layout = Layout::open(&root, Naming::Store).unwrap();
    assert_eq!(layout.fsck(true).unwrap().problems, []);
    let mut expected: Vec<String> =
        (1..=2).flat_map(|w| (0..40).map(move |i| format!("w{w}-{i}"))).collect();
    expected.sort();
    assert_eq!(layout.tags(REPO).unwrap(), expected);
    for tag in expected {
        let kit = layout.manifest(REPO, &Target::Tag(tag.clone())).unwrap().unwrap();
        let about = layout.referrers(REPO, &kit.descriptor.digest, None).unwrap();
        assert_eq!(about.len(), 1, "the referrer of {tag}");
    }
}

#[test]
fn of_two_processes_that_set_a_new_tag_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let layout = Layout::create(&root, Naming::Store).unwrap();
    let digests: Vec<_> = (0..8)
        .map(|i| {
            let bytes = manifest(&layout, &format!("{i}"), None);
            layout.put_manifest(REPO, media_type::OCI_MANIFEST, &bytes, None).unwrap().digest
        })
        .collect();
    let winners = std::thread::scope(|scope| {
        let racers: Vec<_> = digests
            .iter()
            .map(|digest| {
                // A layout of its own shares nothing in memory, as another process would.
                let own = Layout::open(&root, Naming::Store).unwrap();
                scope.spawn(move || own.tag(REPO, "t", digest, &Expect::Absent).is_ok())
            })
            .collect();
        racers.into_iter().map(|r| r.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(winners, 1);
}
