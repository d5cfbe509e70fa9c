//! A client that sends its body byte by byte holds nothing for long.

use std::sync::Arc;
use std::time::Duration;

use sealkit_oci::media_type;
use sealkit_store::Memory;
use sealkit_testkit::TestRegistry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn registry() -> TestRegistry {
    TestRegistry::configured(Arc::new(Memory::new()), |options| {
        options.body_timeout = Duration::from_millis(300);
    })
    .await
}

/// Announces a megabyte, sends a byte each 50 milliseconds for as long as the server listens, and
/// gives the answer's first line.
async fn trickle(registry: &TestRegistry, method: &str, path: &str, kind: &str) -> String {
    let mut stream = TcpStream::connect(registry.addr()).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 1000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let sender = tokio::spawn(async move {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = vec![0; 12];
    let read = tokio::time::timeout(Duration::from_secs(10), reader.read_exact(&mut answer)).await;
    sender.abort();
    // It answers before the body ends.
    read.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_trickled_chunk_ends_and_what_came_can_be_resumed() {
    let registry = registry().await;
    let client = registry.client();
    let location =
        client.call("POST", "/v2/org/kit/blobs/uploads/").await.header("location").to_owned();
    assert_eq!(
        trickle(&registry, "PATCH", &location, "application/octet-stream").await,
        "HTTP/1.1 408"
    );
    let status = client.get(&location).await;
    assert_eq!(status.status, 204);
    let end: u64 = status.header("range").strip_prefix("0-").unwrap().parse().unwrap();
    assert!((1..20).contains(&end), "{end}");
}

#[tokio::test]
async fn a_trickled_blob_or_manifest_ends_and_is_not_stored() {
    let registry = registry().await;
    let digest = sealkit_oci::Digest::of(b"x");
    let blob = format!("/v2/org/kit/blobs/uploads/?digest={digest}");
    assert_eq!(trickle(&registry, "POST", &blob, "application/octet-stream").await, "HTTP/1.1 408");
    let path = "/v2/org/kit/manifests/v1";
    assert_eq!(trickle(&registry, "PUT", path, media_type::OCI_MANIFEST).await, "HTTP/1.1 408");
    let client = registry.client();
    assert_eq!(client.call("HEAD", &format!("/v2/org/kit/blobs/{digest}")).await.status, 404);
    assert_eq!(client.get(path).await.status, 404);
}
