//! Faults of one node, from outside: full disks, broken databases, power cuts, and clients that come at once.
#![cfg(feature = "hub")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::common::{Sandbox, wait_for};
use crate::hub_process::{Hub, INDEX, bytes, header, index, report};
use sealkit_oci::Digest;

/// Sets a tag; gives the status.
fn tag(hub: &Hub, tag: &str, text: &str) -> u16 {
    let head = format!("PUT /v2/a/b/manifests/{tag} HTTP/1.1\r\ncontent-type: {INDEX}");
    hub.ask(&head, index(text).as_bytes()).0
}

fn get(hub: &Hub, path: &str) -> (u16, Vec<u8>) {
    let (status, _, body) = hub.ask(&format!("GET /v2/a/b/{path} HTTP/1.1"), b"");
    (status, body)
}

fn start_upload(hub: &Hub) -> String {
    let (_, head, _) = hub.ask("POST /v2/a/b/blobs/uploads/ HTTP/1.1", b"");
    header(&head, "location")
}

/// A file system that is gone at the end.
struct Mounted(PathBuf);

impl Mounted {
    /// None, and said so, where nothing can be mounted.
    fn new(at: &Path, args: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(args).arg(at).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        if !mounted {
            println!("SKIPPED: no file system can be mounted here");
        }
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A lazy unmount can not fail for a file that is still open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_an_upload_is_said_and_nothing_is_lost() {
    let sandbox = Sandbox::new();
    let tmpfs = ["-t", "tmpfs", "-o", "size=6m", "tmpfs"];
    let Some(_disk) = Mounted::new(&sandbox.work().join("data"), &tmpfs) else { return };
    let hub = Hub::start(&sandbox, &[]);
    let good = bytes(1, 500_000);
    assert_eq!((hub.put(&good), tag(&hub, "v1", "good")), (201, 201));
    let location = start_upload(&hub);
    let mut refused = None;
    for step in 0..10_u8 {
        let (status, _, body) =
            hub.ask(&format!("PATCH {location} HTTP/1.1"), &bytes(step, 1_000_000));
        if status != 202 {
            refused = Some((status, String::from_utf8(body).unwrap()));
            break;
        }
    }
    let (status, body) = refused.expect("the disk has not room for all of it");
    assert_eq!(status, 507, "{body}");
    assert!(body.starts_with(r#"{"errors":[{"code":"#), "{body}");
    // Others go on reading, and what is given up gives its room back.
    let path = format!("blobs/{}", Digest::of(&good));
    assert_eq!(get(&hub, &path), (200, good.clone()));
    assert_eq!(hub.ask(&format!("DELETE {location} HTTP/1.1"), b"").0, 204);
    assert_eq!(hub.put(&bytes(2, 3_000_000)), 201);
    assert_eq!(get(&hub, "manifests/v1"), (200, index("good").into_bytes()));
    hub.kill();
    assert_eq!(report(&sandbox, "fsck", &[], 0)["problems"], serde_json::json!([]));
}

#[test]
fn a_disk_that_is_full_when_a_transaction_ends_undoes_it_whole() {
    let sandbox = Sandbox::new();
    let data = sandbox.work().join("data");
    let tmpfs = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"];
    let Some(_disk) = Mounted::new(&data, &tmpfs) else { return };
    let hub = Hub::start(&sandbox, &[]);
    assert_eq!(tag(&hub, "v0", "kept"), 201);
    // Whatever is left is taken, to the last byte.
    let filler = data.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write(&[0; 4096]).is_ok_and(|count| count > 0) {}
    let large = "x".repeat(100_000);
    let statuses: Vec<u16> =
        (0..40).map(|at| tag(&hub, &format!("t{at}"), &format!("{at}{large}"))).collect();
    assert_eq!(*statuses.last().unwrap(), 507, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 507)), "{statuses:?}");
    for (at, status) in statuses.iter().enumerate() {
        let expected = if *status == 201 { 200 } else { 404 };
        assert_eq!(get(&hub, &format!("manifests/t{at}")).0, expected, "t{at}: {statuses:?}");
    }
    assert_eq!(get(&hub, "manifests/v0"), (200, index("kept").into_bytes()));
    drop(file);
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(tag(&hub, "after", "there is room again"), 201);
    hub.kill();
    let hub = Hub::start(&sandbox, &[]);
    assert_eq!(get(&hub, "manifests/after").0, 200);
    hub.kill();
    assert_eq!(report(&sandbox, "fsck", &[], 0)["problems"], serde_json::json!([]));
}

#[test]
fn a_database_that_can_not_be_read_is_said_and_nothing_is_written_over_it() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    for at in 0..50 {
        assert_eq!(tag(&hub, &format!("v{at}"), "text"), 201);
    }
    hub.kill();
    // A copy has everything in one file and no write-ahead log.
    report(&sandbox, "backup", &["copy"], 0);
    std::fs::remove_dir_all(sandbox.work().join("data")).unwrap();
    std::fs::rename(sandbox.work().join("copy"), sandbox.work().join("data")).unwrap();
    let file = sandbox.work().join("data/hub.db");
    let good = std::fs::read(&file).unwrap();
    assert!(good.len() > 16_384, "{}", good.len());
    let later = {
        let mut later = good.clone();
        later[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
        later
    };
    let torn = [&good[..4_096], &vec![0x55; good.len() - 4_096][..]].concat();
    let cases = [
        ("none", b"this is no database, and it is somebody's only copy".repeat(100)),
        ("half", good[..good.len() / 8192 * 4096].to_vec()),
        ("torn", torn),
        ("later", later),
    ];
    for (case, content) in cases {
        for beside in ["hub.db-wal", "hub.db-shm"] {
            let _ = std::fs::remove_file(sandbox.work().join("data").join(beside));
        }
        std::fs::write(&file, &content).unwrap();
        let fsck = sandbox.run(["hub", "fsck", "--data", "data"]);
        assert!(matches!(fsck.code, Some(1 | 2)), "{case}: {fsck}");
        let mut command = sandbox.command();
        command.args(["hub", "--data", "data", "--listen", "127.0.0.1:0", "--insecure-no-tokens"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{case}: it serves");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(ended, Some(2), "{case}: {said}");
        assert!(said.contains("hub.db"), "{case}: {said}");
        assert!(std::fs::read(&file).unwrap() == content, "{case}: the file was changed");
    }
    std::fs::write(&file, &good).unwrap();
    let hub = Hub::start(&sandbox, &[]);
    assert_eq!(get(&hub, "manifests/v49").0, 200);
}

#[test]
fn of_two_clients_on_one_session_one_writes_and_the_other_is_told() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    let all = bytes(3, 200_000);
    let location = start_upload(&hub);
    let mut first = hub.open(&format!("PATCH {location} HTTP/1.1"));
    write!(first, "content-length: {}\r\nconnection: close\r\n\r\n", all.len()).unwrap();
    first.write_all(&all[..100_000]).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let line = format!("PATCH {location} HTTP/1.1\r\ncontent-range: 7-9");
    assert_eq!(hub.ask(&line, b"bad").0, 409, "the first has it");
    let digest = Digest::of(&all);
    let early = hub.ask(&format!("PUT {location}?digest={digest} HTTP/1.1"), b"").0;
    assert_eq!(early, 409, "it can not be ended under the first");
    first.write_all(&all[100_000..]).unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    assert_eq!(hub.ask(&format!("PUT {location}?digest={digest} HTTP/1.1"), b"").0, 201);
    assert_eq!(get(&hub, &format!("blobs/{digest}")), (200, all));
}

#[test]
fn pushes_of_one_blob_at_once_all_succeed_and_are_one_object() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    let blob = bytes(4, 300_000);
    let statuses = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let status = hub.put(&blob);
                statuses.lock().unwrap().push(status);
            });
        }
    });
    assert_eq!(*statuses.lock().unwrap(), [201; 64]);
    assert_eq!(get(&hub, &format!("blobs/{}", Digest::of(&blob))), (200, blob));
    assert_eq!(report(&sandbox, "fsck", &[], 0)["blobs"], 1);
    let folders = std::fs::read_dir(sandbox.work().join("data/objects")).unwrap();
    let objects: usize =
        folders.map(|one| std::fs::read_dir(one.unwrap().path()).unwrap().count()).sum();
    assert_eq!(objects, 1);
}

/// What was acknowledged: tags with the number of their last text.
type Acknowledged = Mutex<BTreeMap<String, u64>>;

/// Moves tags until it is told to stop.
fn push_until(hub: &Hub, number: u64, stop: &AtomicBool, acknowledged: &Acknowledged) {
    for round in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("t{number}-{}", round % 5);
        let head = format!("PUT /v2/a/b/manifests/{name} HTTP/1.1\r\ncontent-type: {INDEX}");
        if try_ask(hub, &head, index(&round.to_string()).as_bytes()) == Some(201) {
            acknowledged.lock().unwrap().insert(name, round);
        }
    }
}

/// The number in the text of a tag.
fn number(hub: &Hub, name: &str) -> u64 {
    let (status, body) = get(hub, &format!("manifests/{name}"));
    assert_eq!(status, 200, "{name}");
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    body["annotations"]["a"].as_str().unwrap().parse().unwrap()
}

/// The status, where there is one: the hub may be stopped or gone.
fn try_ask(hub: &Hub, head: &str, body: &[u8]) -> Option<u16> {
    let mut stream = std::net::TcpStream::connect(&hub.host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let length = body.len();
    write!(
        stream,
        "{head}\r\nhost: {}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
        hub.host
    )
    .ok()?;
    stream.write_all(body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    String::from_utf8_lossy(answer.get(9..12)?).parse().ok()
}

#[test]
fn a_copy_made_while_tags_move_is_served_elsewhere_and_is_whole() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    assert_eq!(hub.put(&bytes(5, 100_000)), 201);
    let before: BTreeMap<String, String> =
        (0..20).map(|at| (format!("v{at}"), format!("before {at}"))).collect();
    for (name, text) in &before {
        assert_eq!(tag(&hub, name, text), 201);
    }
    let (stop, acknowledged) = (AtomicBool::new(false), Acknowledged::default());
    std::thread::scope(|scope| {
        for number in 0..3 {
            let (hub, stop, acknowledged) = (&hub, &stop, &acknowledged);
            scope.spawn(move || push_until(hub, number, stop, acknowledged));
        }
        std::thread::sleep(Duration::from_millis(200));
        report(&sandbox, "backup", &["elsewhere"], 0);
        stop.store(true, Ordering::SeqCst);
    });
    hub.kill();
    std::fs::rename(sandbox.work().join("data"), sandbox.work().join("lost")).unwrap();
    std::fs::rename(sandbox.work().join("elsewhere"), sandbox.work().join("data")).unwrap();
    assert_eq!(report(&sandbox, "fsck", &[], 0)["problems"], serde_json::json!([]));
    assert_eq!(report(&sandbox, "scrub", &[], 0)["damaged"], serde_json::json!([]));
    let hub = Hub::start(&sandbox, &[]);
    for (name, text) in &before {
        assert_eq!(get(&hub, &format!("manifests/{name}")), (200, index(text).into_bytes()));
    }
    assert_eq!(tag(&hub, "after", "and it goes on"), 201);
}

fn signal(hub: &Hub, name: &str) {
    let id = hub.child.id().to_string();
    assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
}

/// A file system whose disk is a file. A copy of that file, made while everything stands still and with nothing
/// flushed, has what a disk has after its power was cut.
#[test]
fn after_a_power_cut_everything_that_was_acknowledged_is_there() {
    let sandbox = Sandbox::new();
    let disk = sandbox.work().join("disk");
    std::fs::File::create(&disk).unwrap().set_len(64 << 20).unwrap();
    let made = Command::new("mkfs.ext4").arg("-q").arg(&disk).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("SKIPPED: no `mkfs.ext4` here");
        return;
    }
    let shown = disk.display().to_string();
    let Some(mounted) = Mounted::new(&sandbox.work().join("mnt"), &["-o", "loop", &shown]) else {
        return;
    };
    std::os::unix::fs::symlink("mnt/data", sandbox.work().join("data")).unwrap();
    std::fs::create_dir(sandbox.work().join("mnt/data")).unwrap();
    let hub = Hub::start(&sandbox, &[]);
    let (stop, blobs) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let (tags, cut) = (Acknowledged::default(), sandbox.work().join("cut"));
    let (known_blobs, known_tags) = std::thread::scope(|scope| {
        for number in 0..4 {
            let (hub, stop, tags) = (&hub, &stop, &tags);
            scope.spawn(move || push_until(hub, number, stop, tags));
        }
        scope.spawn(|| {
            for at in 0..100_u8 {
                let blob = bytes(at, 200_000);
                let (location, digest) = (start_upload(&hub), Digest::of(&blob));
                let head = format!("PUT {location}?digest={digest} HTTP/1.1");
                if stop.load(Ordering::SeqCst) || try_ask(&hub, &head, &blob) != Some(201) {
                    break;
                }
                blobs.lock().unwrap().push(digest);
            }
        });
        std::thread::sleep(Duration::from_millis(700));
        let enough = || !blobs.lock().unwrap().is_empty() && tags.lock().unwrap().len() >= 4;
        wait_for("a blob and four tags", enough);
        let known = (blobs.lock().unwrap().clone(), tags.lock().unwrap().clone());
        signal(&hub, "-STOP");
        std::fs::copy(&disk, &cut).unwrap();
        stop.store(true, Ordering::SeqCst);
        signal(&hub, "-CONT");
        known
    });
    assert!(!known_blobs.is_empty() && known_tags.len() >= 4, "{known_blobs:?} {known_tags:?}");
    hub.kill();
    drop(mounted);
    let shown = cut.display().to_string();
    let Some(_mounted) = Mounted::new(&sandbox.work().join("mnt"), &["-o", "loop", &shown]) else {
        return;
    };
    assert_eq!(report(&sandbox, "fsck", &[], 0)["problems"], serde_json::json!([]));
    assert_eq!(report(&sandbox, "scrub", &[], 0)["damaged"], serde_json::json!([]));
    let hub = Hub::start(&sandbox, &[]);
    for digest in known_blobs {
        let (status, body) = get(&hub, &format!("blobs/{digest}"));
        assert!(status == 200 && digest.matches(&body), "{digest}: {status}");
    }
    for (name, round) in known_tags {
        assert!(number(&hub, &name) >= round, "{name} went back");
    }
}
