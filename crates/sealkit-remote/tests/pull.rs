//! Reading blobs from registries that misbehave.
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use futures_util::StreamExt;
use sealkit_oci::{Descriptor, Digest};
use sealkit_report::Hint;
use sealkit_store::{BlobStore, StoreError};
use sealkit_testkit::TestRegistry;

use common::{Mock, bytes, options, read, read_range, remote, reply, write};

const SIZE: usize = 3 << 20;

async fn stage() -> (TestRegistry, sealkit_remote::Remote, Vec<u8>, Descriptor) {
    let registry = TestRegistry::start().await;
    let remote = remote(&registry.host(), options());
    let content = bytes(SIZE);
    let blob = write(&remote, &content).await.unwrap();
    registry.log().clear();
    (registry, remote, content, blob)
}

#[tokio::test]
async fn a_cut_connection_goes_on_at_the_byte_reached() {
    let (registry, remote, content, blob) = stage().await;
    registry.faults().set(|faults| {
        faults.drop_after = Some(1_000_000);
        faults.drops = Some(2);
    });
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
    let requests = registry.log().matching("GET", "/blobs/");
    assert_eq!(requests.len(), 3);
    assert!(requests[1].header("range").unwrap().starts_with("bytes="));
    // What the server wrote and the client did not see any more is all that comes twice.
    let twice = registry.blob_bytes_served() - SIZE as u64;
    assert!(twice < 1 << 20, "{twice} bytes came twice");
}

#[tokio::test]
async fn a_pull_that_was_killed_asks_only_for_the_rest() {
    let (registry, remote, content, blob) = stage().await;
    let mut stream = remote.read(&blob.digest, 0..blob.size).await.unwrap();
    let mut have = Vec::new();
    while have.len() < SIZE / 2 {
        have.extend_from_slice(&stream.next().await.unwrap().unwrap());
    }
    drop(stream);
    let rest = read_range(&remote, &blob, have.len() as u64..blob.size).await.unwrap();
    assert_eq!([have, rest].concat(), content);
    let second = &registry.log().matching("GET", "/blobs/")[1];
    assert_eq!(second.status, 206);
    assert!(second.served <= SIZE as u64 / 2);
}

#[tokio::test]
async fn a_registry_that_ignores_ranges_is_read_all_the_same() {
    let (registry, remote, content, blob) = stage().await;
    registry.faults().set(|faults| faults.no_range = true);
    assert_eq!(read_range(&remote, &blob, 1000..5000).await.unwrap(), &content[1000..5000]);
    let end = blob.size;
    assert_eq!(read_range(&remote, &blob, end - 5..end).await.unwrap(), &content[SIZE - 5..]);
    let error = read_range(&remote, &blob, 0..end + 1).await.unwrap_err();
    assert!(matches!(error, StoreError::SizeMismatch { .. }), "{error}");
    registry.faults().set(|faults| {
        faults.drop_after = Some(1_500_000);
        faults.drops = Some(1);
    });
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
}

#[tokio::test]
async fn a_connection_that_always_breaks_is_given_up() {
    let (registry, remote, _, blob) = stage().await;
    registry.faults().set(|faults| faults.drop_after = Some(10));
    let error = read(&remote, &blob).await.unwrap_err();
    assert_eq!(error.code(), "interrupted");
    assert!(error.hint().unwrap().contains("run the command again"));
    let attempts = registry.log().matching("GET", "/blobs/").len();
    assert_eq!(attempts, 5, "one try and four retries");
}

#[tokio::test]
async fn a_short_body_is_an_error() {
    let (registry, remote, _, blob) = stage().await;
    registry.faults().set(|faults| faults.short_body = Some(1000));
    assert!(read(&remote, &blob).await.is_err());
}

#[tokio::test]
async fn busy_registries_are_asked_again_and_refusals_are_not() {
    let (registry, remote, content, blob) = stage().await;
    registry.faults().set(|faults| {
        faults.server_errors = 2;
        faults.too_many_requests = 2;
        faults.retry_after = Some(0);
    });
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
    assert_eq!(registry.log().matching("GET", "/blobs/").len(), 5);
    registry.log().clear();
    registry.faults().set(|faults| {
        faults.too_many_requests = 1;
        faults.retry_after = Some(3600);
    });
    let error = read(&remote, &blob).await.unwrap_err();
    assert_eq!(error.code(), "registry-busy");
    assert!(error.to_string().contains("registry replied: TOOMANYREQUESTS"), "{error}");
    assert_eq!(registry.log().all().len(), 1, "it asked for too long a wait");
}

#[tokio::test]
async fn what_is_not_temporary_is_asked_for_once() {
    for status in [400, 403, 404, 501] {
        let mock = Mock::start(move |_| reply(status, &[], "")).await;
        let remote = remote(&mock.host, options());
        let error = remote.read(&Digest::of(b"x"), 0..10).await.err().unwrap();
        assert_eq!(mock.all().len(), 1, "{status}: {error}");
    }
}

#[tokio::test]
async fn a_wrong_content_range_is_refused() {
    let digest = Digest::of(b"x");
    for header in ["bytes 1-10/100", "bytes 0-10/100", "bytes 0-", "bytes 5-4/9", "nonsense"] {
        let mock =
            Mock::start(move |_| reply(206, &[("content-range", header)], "0123456789")).await;
        let remote = remote(&mock.host, options());
        let error = remote.read(&digest, 0..10).await.err().unwrap();
        assert!(
            ["registry-protocol", "size-mismatch"].contains(&error.code()),
            "{header}: {error}"
        );
    }
}

#[tokio::test]
async fn more_bytes_than_the_range_are_refused() {
    let stream = || {
        let pieces = vec![Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"0123456789more"))];
        axum::body::Body::from_stream(futures_util::stream::iter(pieces))
    };
    let mock =
        Mock::start(move |_| reply(206, &[("content-range", "bytes 0-9/10")], stream())).await;
    let remote = remote(&mock.host, options());
    let blob = Descriptor::new("x", Digest::of(b"x"), 10);
    let error = read(&remote, &blob).await.unwrap_err();
    assert_eq!(error.code(), "registry-protocol");
}

#[tokio::test]
async fn a_part_of_the_range_is_followed_by_the_rest() {
    let content = b"0123456789";
    let mock = Mock::start(move |got| {
        let range = got.header("range").unwrap().strip_prefix("bytes=").unwrap().to_owned();
        let start: usize = range.split('-').next().unwrap().parse().unwrap();
        let end = (start + 4).min(content.len());
        let header = format!("bytes {start}-{}/10", end - 1);
        reply(206, &[("content-range", &header)], content[start..end].to_vec())
    })
    .await;
    let remote = remote(&mock.host, options());
    let blob = Descriptor::new("x", Digest::of(content), 10);
    assert_eq!(read(&remote, &blob).await.unwrap(), content);
    assert_eq!(mock.all().len(), 3);
}

#[tokio::test]
async fn a_coding_that_nobody_asked_for_is_refused() {
    let mock = Mock::start(|_| reply(200, &[("content-encoding", "gzip")], "0123456789")).await;
    let remote = remote(&mock.host, options());
    let error = remote.read(&Digest::of(b"x"), 0..10).await.err().unwrap();
    assert_eq!(error.code(), "registry-protocol");
    assert_eq!(mock.all()[0].header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn any_range_over_any_broken_line_is_the_range() {
    let (registry, remote, content, blob) = stage().await;
    let mut seed = 7_u64;
    let mut random = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    for _ in 0..40 {
        let start = random(blob.size);
        let end = start + 1 + random(blob.size - start);
        let (cut, no_range) = (1 + random(blob.size), random(2) == 0);
        registry.faults().set(|faults| {
            faults.drop_after = Some(cut);
            faults.drops = Some(3);
            faults.no_range = no_range;
        });
        let part = read_range(&remote, &blob, start..end).await.unwrap();
        assert!(part == content[start as usize..end as usize], "{start}..{end} cut at {cut}");
    }
}

#[tokio::test]
async fn a_registry_that_goes_silent_is_given_up() {
    let (registry, _, _, blob) = stage().await;
    registry.faults().set(|faults| faults.bytes_per_second = Some(1));
    let mut options = options();
    options.timeouts.idle = std::time::Duration::from_millis(20);
    options.retry.retries = 1;
    let error = read(&remote(&registry.host(), options), &blob).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
}
