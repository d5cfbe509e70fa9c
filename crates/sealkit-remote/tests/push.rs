//! Writing blobs to registries that misbehave.
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest};
use sealkit_remote::Remote;
use sealkit_report::Hint;
use sealkit_store::{BlobStore, StoreError};
use sealkit_testkit::TestRegistry;

use common::{Mock, bytes, chunked, options, read, remote, reply, write};

const CHUNK: usize = 100_000;

async fn stage(options: sealkit_remote::ClientOptions) -> (TestRegistry, Remote, Vec<u8>) {
    let registry = TestRegistry::start().await;
    let remote = remote(&registry.host(), options);
    (registry, remote, bytes(10 * CHUNK + 7))
}

fn received(registry: &TestRegistry) -> u64 {
    registry.log().all().iter().map(|seen| seen.received).sum()
}

#[tokio::test]
async fn a_small_blob_goes_in_one_request_and_only_once() {
    let (registry, remote, _) = stage(options()).await;
    let blob = write(&remote, b"small").await.unwrap();
    let methods: Vec<_> = registry.log().all().iter().map(|seen| seen.method.to_string()).collect();
    assert_eq!(methods, ["HEAD", "POST", "PUT"]);
    registry.log().clear();
    write(&remote, b"small").await.unwrap();
    assert_eq!(registry.log().all().len(), 1, "only a look whether it is there");
    assert_eq!(read(&remote, &blob).await.unwrap(), b"small");
}

#[tokio::test]
async fn a_large_blob_goes_in_chunks() {
    let (registry, remote, content) = stage(chunked(CHUNK)).await;
    let blob = write(&remote, &content).await.unwrap();
    let chunks = registry.log().matching("PATCH", "/uploads/");
    assert_eq!(chunks.len(), 11);
    assert_eq!(chunks[1].header("content-range"), Some("100000-199999"));
    assert_eq!(received(&registry), content.len() as u64);
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
}

#[tokio::test]
async fn temporary_failures_in_the_middle_are_survived() {
    let (registry, remote, content) = stage(chunked(CHUNK)).await;
    let blob = Descriptor::of("x", &content);
    let mut upload = remote.write(&blob).await.unwrap();
    for (at, piece) in content.chunks(50_000).enumerate() {
        if at % 5 == 1 {
            registry.faults().set(|faults| faults.server_errors = 1);
        }
        upload.append(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    registry.faults().set(|faults| faults.too_many_requests = 1);
    upload.finish().await.unwrap();
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
}

#[tokio::test]
async fn a_chunk_that_arrived_in_part_is_completed() {
    // The registry keeps half of the first chunk and says that it failed.
    let mock = half_keeper().await;
    let remote = remote(&mock.host, chunked(10));
    write(&remote, b"0123456789abcdefghij").await.unwrap();
    let ranges: Vec<_> = mock
        .all()
        .iter()
        .filter_map(|got| got.header("content-range").map(str::to_owned))
        .collect();
    assert_eq!(ranges, ["0-9", "5-9", "10-19"]);
}

async fn half_keeper() -> Mock {
    let count = std::sync::atomic::AtomicU32::new(0);
    Mock::start(move |got| match got.method.as_str() {
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up?state=0")], ""),
        "GET" => reply(204, &[("location", "/up?state=1"), ("range", "0-4")], ""),
        "PATCH" if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 => {
            reply(503, &[], "")
        }
        "PATCH" => reply(202, &[("location", "/up?state=2")], ""),
        _ => reply(201, &[], ""),
    })
    .await
}

#[tokio::test]
async fn a_killed_push_goes_on_in_the_next_process() {
    let sessions = tempfile::tempdir().unwrap();
    let with_sessions = || {
        let mut options = chunked(CHUNK);
        options.session_dir = Some(sessions.path().to_owned());
        options
    };
    let (registry, first, content) = stage(with_sessions()).await;
    let blob = Descriptor::of("x", &content);
    let mut upload = first.write(&blob).await.unwrap();
    upload.append(Bytes::copy_from_slice(&content[..6 * CHUNK + 50])).await.unwrap();
    // A killed process drops nothing, but gives its locks back.
    drop(upload);
    drop(first);
    let second = remote(&registry.host(), with_sessions());
    let mut upload = second.write(&blob).await.unwrap();
    assert_eq!(upload.offset(), 6 * CHUNK as u64);
    upload.append(Bytes::copy_from_slice(&content[6 * CHUNK..])).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(received(&registry), content.len() as u64, "no byte was sent twice");
    assert_eq!(read(&second, &blob).await.unwrap(), content);
    assert_eq!(std::fs::read_dir(sessions.path()).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_session_file_of_another_blob_or_of_rubbish_is_not_used() {
    let sessions = tempfile::tempdir().unwrap();
    let mut options = chunked(CHUNK);
    options.session_dir = Some(sessions.path().to_owned());
    let (registry, first, content) = stage(options.clone()).await;
    let blob = Descriptor::of("x", &content);
    let mut upload = first.write(&blob).await.unwrap();
    upload.append(Bytes::copy_from_slice(&content[..2 * CHUNK])).await.unwrap();
    drop(upload);
    for entry in std::fs::read_dir(sessions.path()).unwrap() {
        std::fs::write(entry.unwrap().path(), b"{\"registry\":1}").unwrap();
    }
    let second = remote(&registry.host(), options);
    assert_eq!(second.write(&blob).await.unwrap().offset(), 0);
    write(&second, &content).await.unwrap();
}

#[tokio::test]
async fn a_forgotten_upload_is_reported_and_the_next_one_succeeds() {
    let (registry, remote, content) = stage(chunked(CHUNK)).await;
    let blob = Descriptor::of("x", &content);
    let mut upload = remote.write(&blob).await.unwrap();
    upload.append(Bytes::copy_from_slice(&content[..CHUNK])).await.unwrap();
    registry.faults().set(|faults| faults.forget_uploads = 1);
    let next = Bytes::copy_from_slice(&content[CHUNK..2 * CHUNK]);
    let error = upload.append(next).await.unwrap_err();
    assert_eq!(error.code(), "upload-lost");
    drop(upload);
    write(&remote, &content).await.unwrap();
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
}

#[tokio::test]
async fn a_smallest_chunk_is_respected() {
    let (registry, remote, content) = stage(chunked(CHUNK)).await;
    registry.faults().set(|faults| faults.min_chunk = Some(300_000));
    // The last chunk may be smaller; this registry refuses it all the same, so it fits exactly.
    write(&remote, &content[..900_000]).await.unwrap();
    let chunks = registry.log().matching("PATCH", "/uploads/");
    assert_eq!(chunks.len(), 3);
}

#[tokio::test]
async fn a_registry_that_demands_huge_chunks_gets_one_stream() {
    let mut options = chunked(CHUNK);
    options.upload.max_chunk = 200_000;
    let (registry, remote, content) = stage(options).await;
    registry.faults().set(|faults| faults.min_chunk = Some(300_000));
    let blob = write(&remote, &content).await.unwrap();
    assert!(registry.log().matching("PATCH", "/uploads/").is_empty());
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
}

#[tokio::test]
async fn a_registry_that_takes_no_chunks_gets_one_stream() {
    let mock = Mock::start(|got| match got.method.as_str() {
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up?a=b")], ""),
        "PATCH" => reply(405, &[], ""),
        _ => reply(201, &[], ""),
    })
    .await;
    let remote = remote(&mock.host, chunked(CHUNK));
    let content = bytes(10 * CHUNK + 7);
    let blob = write(&remote, &content).await.unwrap();
    let put = mock.all().into_iter().find(|got| got.method == "PUT").unwrap();
    assert_eq!(put.body, content);
    let digest = blob.digest.to_string().replace(':', "%3A");
    assert_eq!(put.uri, format!("/up?a=b&digest={digest}"));
    assert_eq!(put.header("content-length"), Some("1000007"));
}

#[tokio::test]
async fn a_stream_that_is_refused_says_why() {
    let mock = Mock::start(|got| match got.method.as_str() {
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up")], ""),
        "PATCH" => reply(405, &[], ""),
        _ => {
            let body = r#"{"errors":[{"code":"DENIED","message":"quota is full"}]}"#;
            reply(403, &[("content-type", "application/json")], body)
        }
    })
    .await;
    let remote = remote(&mock.host, chunked(CHUNK));
    let error = write(&remote, &bytes(3 * CHUNK)).await.unwrap_err();
    assert_eq!(error.code(), "registry-denied");
    assert!(error.to_string().ends_with("registry replied: DENIED: quota is full (HTTP 403)"));
}

#[tokio::test]
async fn a_lost_answer_to_the_last_request_is_no_failure() {
    // The registry stores the blob and says 503.
    let stored = std::sync::atomic::AtomicBool::new(false);
    let mock = Mock::start(move |got| match got.method.as_str() {
        "HEAD" if stored.load(std::sync::atomic::Ordering::SeqCst) => {
            reply(200, &[("content-length", "5")], "")
        }
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up")], ""),
        _ => {
            stored.store(true, std::sync::atomic::Ordering::SeqCst);
            reply(503, &[], "")
        }
    })
    .await;
    write(&remote(&mock.host, options()), b"small").await.unwrap();
    assert_eq!(mock.all().iter().filter(|got| got.method == "PUT").count(), 1);
}

#[tokio::test]
async fn a_registry_that_stores_something_else_is_reported() {
    let other = Digest::of(b"other").to_string();
    let mock = Mock::start(move |got| match got.method.as_str() {
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up")], ""),
        _ => reply(201, &[("docker-content-digest", &other)], ""),
    })
    .await;
    let error = write(&remote(&mock.host, options()), b"small").await.unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
}

#[tokio::test]
async fn a_blob_is_mounted_or_sent() {
    let registry = TestRegistry::start().await;
    let client = std::sync::Arc::new(sealkit_remote::Client::new(options()));
    let repository =
        |name: &str| Remote::new(&registry.host(), name, std::sync::Arc::clone(&client)).unwrap();
    let (one, two) = (repository("org/one"), repository("org/two"));
    let blob = write(&one, b"shared").await.unwrap();
    assert!(two.mount(&blob, "org/one").await.unwrap());
    assert_eq!(read(&two, &blob).await.unwrap(), b"shared");
    registry.faults().set(|faults| faults.no_mounts = true);
    let three = repository("org/three");
    assert!(!three.mount(&blob, "org/one").await.unwrap());
    registry.log().clear();
    write(&three, b"shared").await.unwrap();
    let posts = registry.log().matching("POST", "/uploads");
    assert!(posts.is_empty(), "the upload that the mount opened is used");
}

#[tokio::test]
async fn a_registry_that_takes_part_of_a_chunk_gets_the_rest() {
    let (registry, remote, content) = stage(chunked(CHUNK)).await;
    registry.faults().set(|faults| faults.short_accept = Some(70_000));
    let content = &content[..3 * CHUNK];
    let blob = write(&remote, content).await.unwrap();
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
    assert!(registry.log().matching("PATCH", "/uploads/").len() >= 5);
}

#[tokio::test]
async fn a_registry_that_takes_nothing_is_given_up() {
    let mock = Mock::start(|got| match got.method.as_str() {
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up")], ""),
        "GET" => reply(204, &[("range", "0-0")], ""),
        "PATCH" => reply(202, &[("location", "/up"), ("range", "0-0")], ""),
        _ => reply(201, &[], ""),
    })
    .await;
    let remote = remote(&mock.host, chunked(CHUNK));
    let error = write(&remote, &bytes(3 * CHUNK)).await.unwrap_err();
    assert!(["registry-protocol", "upload-lost"].contains(&error.code()), "{error}");
    assert!(mock.all().len() < 20);
}

#[tokio::test]
async fn a_registry_that_claims_more_than_it_was_sent_is_not_believed() {
    let mock = Mock::start(|got| match got.method.as_str() {
        "HEAD" => reply(404, &[], ""),
        "POST" => reply(202, &[("location", "/up")], ""),
        "PATCH" => reply(202, &[("location", "/up"), ("range", "0-250000")], ""),
        _ => reply(201, &[], ""),
    })
    .await;
    let remote = remote(&mock.host, chunked(CHUNK));
    let error = write(&remote, &bytes(3 * CHUNK)).await.unwrap_err();
    assert_eq!(error.code(), "upload-lost");
}

#[tokio::test]
async fn an_aborted_upload_is_removed_from_the_registry() {
    let (registry, remote, content) = stage(chunked(CHUNK)).await;
    let mut upload = remote.write(&Descriptor::of("x", &content)).await.unwrap();
    upload.append(Bytes::copy_from_slice(&content[..2 * CHUNK])).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(registry.log().matching("DELETE", "/uploads/").len(), 1);
    assert_eq!(remote.write(&Descriptor::of("x", &content)).await.unwrap().offset(), 0);
}

#[tokio::test]
async fn wrong_bytes_never_become_a_blob() {
    for size in [5, 3 * CHUNK] {
        let (registry, remote, _) = stage(chunked(CHUNK)).await;
        let content = bytes(size);
        let expected = Descriptor::new("x", Digest::of(b"other"), size as u64);
        let mut upload = remote.write(&expected).await.unwrap();
        upload.append(Bytes::from(content)).await.unwrap();
        let error = upload.finish().await.unwrap_err();
        assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
        assert!(registry.log().matching("PUT", "/uploads/").is_empty(), "it was never committed");
    }
}

#[tokio::test]
async fn two_processes_do_not_share_a_session() {
    let sessions = tempfile::tempdir().unwrap();
    let mut options = chunked(CHUNK);
    options.session_dir = Some(sessions.path().to_owned());
    let (registry, one, content) = stage(options.clone()).await;
    let two = remote(&registry.host(), options);
    let blob = Descriptor::of("x", &content);
    let mut first = one.write(&blob).await.unwrap();
    first.append(Bytes::copy_from_slice(&content[..3 * CHUNK])).await.unwrap();
    let mut second = two.write(&blob).await.unwrap();
    assert_eq!(second.offset(), 0, "the first one still writes");
    second.append(Bytes::copy_from_slice(&content)).await.unwrap();
    first.append(Bytes::copy_from_slice(&content[3 * CHUNK..])).await.unwrap();
    second.finish().await.unwrap();
    first.finish().await.unwrap();
    assert_eq!(read(&one, &blob).await.unwrap(), content);
}
