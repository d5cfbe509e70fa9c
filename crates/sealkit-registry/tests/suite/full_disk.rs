//! A registry whose disk is full, and then is not.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sealkit_oci::Digest;
use sealkit_store::{Layout, Naming};
use sealkit_testkit::TestRegistry;

const UPLOADS: &str = "/v2/org/model/blobs/uploads/";

/// A registry over a layout on a disk that is full while the flag says so.
async fn registry(full: &Arc<AtomicBool>) -> (tempfile::TempDir, TestRegistry) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(folder.path().join("store"), Naming::Store).unwrap();
    let full = Arc::clone(full);
    let layout = layout.with_fault(Arc::new(move |action, _: &Path| {
        let fails = action == "write" && full.load(Ordering::SeqCst);
        if fails { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }));
    (folder, TestRegistry::over(Arc::new(layout)).await)
}

#[tokio::test]
async fn what_was_sent_is_still_there_when_the_disk_has_room_again() {
    let full = Arc::new(AtomicBool::new(false));
    let (_folder, registry) = registry(&full).await;
    let client = registry.client();
    let start = client.call("POST", UPLOADS).await;
    let location = start.header("location").to_owned();
    let sent = client.send("PATCH", &location, &[("Content-Range", "0-2")], b"abc").await;
    assert_eq!(sent.status, 202);
    full.store(true, Ordering::SeqCst);
    let path = format!("{location}?digest={}", Digest::of(b"abcdef"));
    let put = client.send("PUT", &path, &[("Content-Range", "3-5")], b"def").await;
    assert_eq!(put.status, 507);
    // Who tries again hears what is wrong, not that the upload is unknown.
    let again = client.call("PUT", &path).await;
    assert_eq!(again.status, put.status);
    full.store(false, Ordering::SeqCst);
    let done = client.call("PUT", &path).await;
    assert_eq!(done.status, 201);
    let blob = client.get(&format!("/v2/org/model/blobs/{}", Digest::of(b"abcdef"))).await;
    assert_eq!((blob.status, blob.body.as_slice()), (200, &b"abcdef"[..]));
    assert_eq!(client.get(&location).await.status, 404, "the session is over");
}

#[tokio::test]
async fn wrong_bytes_end_the_session_even_then() {
    let full = Arc::new(AtomicBool::new(false));
    let (_folder, registry) = registry(&full).await;
    let client = registry.client();
    let start = client.call("POST", UPLOADS).await;
    let location = start.header("location").to_owned();
    client.send("PATCH", &location, &[], b"abc").await;
    let path = format!("{location}?digest={}", Digest::of(b"other"));
    assert_eq!(client.call("PUT", &path).await.status, 400);
    assert_eq!(client.get(&location).await.status, 404);
}
