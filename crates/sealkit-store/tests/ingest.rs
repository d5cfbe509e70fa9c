//! Blobs that arrive in pieces, and disks that are full.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod common;

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use common::{REPO, manifest, put, store};
use sealkit_oci::{Descriptor, Digest, Target, media_type};
use sealkit_report::Hint;
use sealkit_store::{BlobStore, BlobWriter, Layout, Naming, StoreError, conformance};

fn partials(layout: &Layout) -> Vec<String> {
    layout.fsck(false).unwrap().leftovers
}

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 253) as u8).collect()
}

#[tokio::test]
async fn a_write_goes_on_in_another_process_where_it_stopped() {
    let (_folder, layout) = store();
    let content = bytes((3 << 20) + 17);
    let expected = Descriptor::of("x", &content);
    let first = layout.repository(REPO);
    let mut upload = first.write(&expected).await.unwrap();
    upload.append(Bytes::copy_from_slice(&content[..2_500_000])).await.unwrap();
    drop(upload);
    drop(first);
    assert_eq!(partials(&layout).len(), 1);
    let reopened = Layout::open(layout.root(), Naming::Store).unwrap().repository(REPO);
    let mut upload = reopened.write(&expected).await.unwrap();
    assert_eq!(upload.offset(), 2_500_000, "all that was sent is kept");
    upload.append(Bytes::copy_from_slice(&content[2_500_000..])).await.unwrap();
    upload.finish().await.unwrap();
    drop(reopened);
    assert_eq!(partials(&layout), Vec::<String>::new());
    assert_eq!(std::fs::read(layout.blob_path(&expected.digest)).unwrap(), content);
    let upload = layout.repository(REPO).write(&expected).await.unwrap();
    assert_eq!(upload.offset(), expected.size, "a blob that is there is complete at once");
    upload.finish().await.unwrap();
}

#[tokio::test]
async fn a_poisoned_partial_is_thrown_away_at_the_end() {
    let (_folder, layout) = store();
    let content = bytes(100_000);
    let expected = Descriptor::of("x", &content);
    let partial = format!("ingest/sha256-{}.partial", expected.digest.hex());
    std::fs::write(layout.root().join(&partial), vec![0xEE; 40_000]).unwrap();
    let repository = layout.repository(REPO);
    let mut upload = repository.write(&expected).await.unwrap();
    assert_eq!(upload.offset(), 40_000);
    upload.append(Bytes::copy_from_slice(&content[40_000..])).await.unwrap();
    let error = upload.finish().await.unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
    conformance::write(&repository, &content).await;
    // One that is longer than the blob can only be wrong.
    std::fs::remove_file(layout.blob_path(&expected.digest)).unwrap();
    std::fs::write(layout.root().join(&partial), vec![0xEE; 200_000]).unwrap();
    assert_eq!(repository.write(&expected).await.unwrap().offset(), 0);
}

#[tokio::test]
async fn two_writers_of_one_blob_do_not_disturb_each_other() {
    let (_folder, layout) = store();
    let content = bytes(100_000);
    let expected = Descriptor::of("x", &content);
    let (one, two) = (layout.repository(REPO), layout.repository(REPO));
    let mut first = one.write(&expected).await.unwrap();
    first.append(Bytes::copy_from_slice(&content[..50_000])).await.unwrap();
    let mut second = two.write(&expected).await.unwrap();
    assert_eq!(second.offset(), 0, "the second writes a copy of its own");
    second.append(Bytes::copy_from_slice(&content)).await.unwrap();
    second.finish().await.unwrap();
    first.append(Bytes::copy_from_slice(&content[50_000..])).await.unwrap();
    first.finish().await.unwrap();
    drop((one, two));
    assert_eq!(partials(&layout), Vec::<String>::new());
    assert_eq!(std::fs::read(layout.blob_path(&expected.digest)).unwrap(), content);
}

#[tokio::test]
async fn sha512_blobs_are_checked_and_kept_apart() {
    let (_folder, layout) = store();
    let digest: Digest = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e".parse().unwrap();
    let empty = Descriptor::new("x", digest.clone(), 0);
    let repository = layout.repository(REPO);
    repository.write(&empty).await.unwrap().finish().await.unwrap();
    assert_eq!(repository.stat(&digest).await.unwrap(), Some(0));
    assert!(layout.blob_path(&digest).starts_with(layout.root().join("blobs/sha512")));
}

/// A disk that has room for so many more writes.
fn filling(layout: &Layout, room: i64, action: &'static str) -> Layout {
    let left = Arc::new(AtomicI64::new(room));
    layout.clone().with_fault(Arc::new(move |tried, _: &Path| {
        if tried == action && left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(())
    }))
}

#[test]
fn a_full_disk_is_reported_as_such_and_leaves_nothing() {
    for (room, action) in [(0, "write"), (1, "write"), (2, "write"), (0, "sync"), (0, "rename")] {
        let (_folder, sound) = store();
        let layout = filling(&sound, room, action);
        let writer = layout.blob_writer();
        let mut blob = writer.create().unwrap();
        let written = blob.write_all(&bytes(5 << 20)).and_then(|()| blob.write_all(b"more"));
        if let Err(e) = &written {
            assert_eq!(e.kind(), ErrorKind::StorageFull);
            assert!(blob.write_all(b"again").is_err(), "a write after a failure succeeded");
        }
        let committed = blob.commit();
        if room < 2 {
            let error = committed.unwrap_err();
            assert_eq!(error.code(), "disk-full", "{room} {action}: {error}");
        }
        drop(writer);
        let report = sound.fsck(true).unwrap();
        assert_eq!(report.leftovers, Vec::<String>::new(), "{room} {action}");
        assert_eq!(report.problems, []);
    }
}

#[test]
fn a_disk_that_is_full_at_any_step_of_a_tag_loses_nothing() {
    for action in ["write", "sync", "rename"] {
        for room in 0..12 {
            let (_folder, sound) = store();
            let old = put(&sound, REPO, "old", Some("v1"));
            let new = manifest(&sound, "new", None);
            let full = filling(&sound, room, action);
            let kind = media_type::OCI_MANIFEST;
            let done = full.put_manifest(REPO, kind, &new, Some("v1"));
            let target = Target::Tag("v1".to_owned());
            let found = sound.manifest(REPO, &target).unwrap().unwrap().descriptor.digest;
            match &done {
                Ok(put) => assert_eq!(found, put.digest),
                Err(error) => {
                    assert_eq!(error.code(), "disk-full", "{action} {room}: {error}");
                    let renamed = found == Digest::of(&new);
                    assert!(found == old.digest || renamed, "{action} {room}");
                }
            }
            let report = sound.fsck(true).unwrap();
            assert_eq!((report.problems, report.leftovers), (vec![], vec![]), "{action} {room}");
            sound.put_manifest(REPO, kind, &new, Some("v1")).unwrap();
        }
    }
}

#[tokio::test]
async fn a_pull_that_filled_the_disk_goes_on_when_there_is_room() {
    let (_folder, sound) = store();
    let content = bytes(5 << 20);
    let expected = Descriptor::of("x", &content);
    let full = filling(&sound, 2, "write").repository(REPO);
    let mut upload = full.write(&expected).await.unwrap();
    let mut failed = None;
    for chunk in content.chunks(1 << 20) {
        if let Err(error) = upload.append(Bytes::copy_from_slice(chunk)).await {
            failed = Some(error);
            break;
        }
    }
    assert_eq!(failed.unwrap().code(), "disk-full");
    drop(upload);
    let repository = sound.repository(REPO);
    assert_eq!(repository.write(&expected).await.unwrap().offset(), 2 << 20);
    conformance::write(&repository, &content).await;
    assert_eq!(std::fs::read(sound.blob_path(&expected.digest)).unwrap(), content);
}

/// A small file system of its own, unmounted when dropped.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path());
        let mounted = mount.stderr(std::process::Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_really_full_disk_is_survived() {
    let Some(disk) = Tmpfs::mount("4m") else {
        println!("skipped: a tmpfs can not be mounted here");
        return;
    };
    let layout = Layout::create(disk.0.path().join("store"), Naming::Store).unwrap();
    let kit = put(&layout, REPO, "kit", Some("v1"));
    let writer = layout.blob_writer();
    let mut blob = writer.create().unwrap();
    let written = blob.write_all(&bytes(8 << 20));
    assert_eq!(written.unwrap_err().kind(), ErrorKind::StorageFull);
    let error = blob.commit().unwrap_err();
    assert_eq!(error.code(), "disk-full", "{error}");
    drop(writer);
    let report = layout.fsck(true).unwrap();
    assert_eq!((report.problems, report.leftovers), (vec![], vec![]));
    // The space is free again: what fits, fits.
    put(&layout, REPO, &"x".repeat(1 << 20), Some("v2"));
    assert!(layout.manifest(REPO, &Target::Digest(kit.digest)).unwrap().is_some());
}
