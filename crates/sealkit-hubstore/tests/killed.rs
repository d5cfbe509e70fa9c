//! A hub that is killed at any moment: what it acknowledged is there, and what is left over is swept.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may panic, a child reports")]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use common::{Place, kit, later, read, repository};
use sealkit_hubstore::{GcOptions, Limits, Storage};
use sealkit_oci::{Descriptor, Target};
use sealkit_store::{Page, UploadSessions as _};

/// Says to this program that it is the child, and where its storage is.
const CHILD: &str = "SEALKIT_HUBSTORE_KILLED";
const ROUNDS: u64 = 12;

fn weights(tag: &str) -> Vec<u8> {
    tag.bytes().cycle().take(300_000).collect()
}

/// Not a test of its own: what the child does until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn the_child() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let storage = Storage::open(Path::new(&folder)).unwrap();
    let pusher = |number: u32| {
        let storage = storage.clone();
        async move {
            for round in 0.. {
                let tag = format!("t{}-{number}-{round}", std::process::id());
                kit(&storage, "a", &tag, &weights(&tag)).await;
                println!("ACK {tag}");
                let id = storage.start("a").await.unwrap();
                let mut session = storage.take("a", &id).await.unwrap();
                session.append(Bytes::from(weights("half"))).await.unwrap();
            }
        }
    };
    tokio::join!(pusher(0), pusher(1), pusher(2));
}

fn spawn(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_child", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_the_kill_is_there_after_it() {
    let place = Place::new();
    let folder = place.path().join("hub");
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut child = spawn(&folder);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut note = |line: &str| {
            // The harness may print on the same line.
            if let Some((_, tag)) = line.split_once("ACK ") {
                acknowledged.insert(tag.to_owned());
            }
        };
        // It works by then; the kill comes at another place of its loop each time.
        while let Some(Ok(line)) = lines.next() {
            note(&line);
            if line.contains("ACK ") {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(1_300 * round * round));
        child.kill().unwrap();
        child.wait().unwrap();
        lines.map_while(Result::ok).for_each(|line| note(&line));
    }
    assert!(acknowledged.len() >= ROUNDS as usize, "{}", acknowledged.len());
    let storage = place.with(Limits::default(), later);
    assert_eq!(storage.fsck().await.unwrap().problems, []);
    let own = repository(&storage, "a");
    for tag in &acknowledged {
        let found = own.manifest(&Target::Tag(tag.clone())).await.unwrap();
        assert!(found.is_some(), "{tag} was acknowledged");
        let blob = Descriptor::of("application/octet-stream", &weights(tag));
        assert_eq!(read(&storage, "a", &blob).await, weights(tag), "{tag}");
    }
    // What the kills left over goes; what somebody has stays.
    let swept = storage.gc(&GcOptions::default()).await.unwrap();
    assert!(swept.uploads > 0, "{swept:?}");
    let fsck = storage.fsck().await.unwrap();
    assert_eq!(fsck.problems, []);
    assert_eq!(place.objects().len() as u64, fsck.blobs, "one object for each blob");
    let tags = own.tags(&Page::default()).await.unwrap();
    assert!(acknowledged.iter().all(|tag| tags.contains(tag)));
    assert_eq!(storage.scrub(None).await.unwrap().damaged, Vec::<String>::new());
}
