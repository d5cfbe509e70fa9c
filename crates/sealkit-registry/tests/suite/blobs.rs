//! Blobs as a client meets them.

use sealkit_oci::Digest;
use sealkit_testkit::{Client, TestRegistry};

const CONTENT: &[u8] = b"0123456789";

async fn with_blob() -> (TestRegistry, Client, String) {
    let registry = TestRegistry::start().await;
    let client = registry.client();
    let digest = Digest::of(CONTENT);
    let path = format!("/v2/org/model/blobs/uploads/?digest={digest}");
    assert_eq!(client.send("POST", &path, &[], CONTENT).await.status, 201);
    let path = format!("/v2/org/model/blobs/{digest}");
    (registry, client, path)
}

#[tokio::test]
async fn a_blob_comes_whole_with_its_headers() {
    let (_registry, client, path) = with_blob().await;
    let digest = Digest::of(CONTENT).to_string();
    for method in ["GET", "HEAD"] {
        let reply = client.call(method, &path).await;
        assert_eq!((reply.status, reply.header("content-length")), (200, "10"), "{method}");
        assert_eq!(reply.header("docker-content-digest"), digest);
        assert_eq!(reply.header("accept-ranges"), "bytes");
        assert_eq!(reply.header("content-type"), "application/octet-stream");
        assert!(reply.complete);
    }
    assert_eq!(client.get(&path).await.body, CONTENT);
    assert_eq!(client.get(&path.replace(':', "%3A")).await.body, CONTENT);
}

#[tokio::test]
async fn ranges_are_cut_out() {
    let (_registry, client, path) = with_blob().await;
    for (range, body, place) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=5-1000", "56789", "bytes 5-9/10"),
    ] {
        let reply = client.send("GET", &path, &[("Range", range)], b"").await;
        assert_eq!((reply.status, reply.body.as_slice()), (206, body.as_bytes()), "{range}");
        assert_eq!(reply.header("content-range"), place);
        assert_eq!(reply.header("content-length"), body.len().to_string());
    }
    let beyond = client.send("GET", &path, &[("Range", "bytes=10-")], b"").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */10"));
    let head = client.send("HEAD", &path, &[("Range", "bytes=1-2")], b"").await;
    assert_eq!((head.status, head.header("content-length")), (206, "2"));
}

#[tokio::test]
async fn a_range_of_other_bytes_is_the_whole() {
    let (_registry, client, path) = with_blob().await;
    let own = format!("\"{}\"", Digest::of(CONTENT));
    let weak = format!("W/{own}");
    for (meant, status) in [
        (own.as_str(), 206),
        // Strong comparison (RFC 9110 §13.1.5); nothing here has a date.
        (weak.as_str(), 200),
        ("\"other\"", 200),
        ("*", 200),
        ("Sat, 29 Oct 1994 19:43:31 GMT", 200),
    ] {
        let headers = [("Range", "bytes=1-2"), ("If-Range", meant)];
        let reply = client.send("GET", &path, &headers, b"").await;
        assert_eq!(reply.status, status, "{meant}");
        assert_eq!(reply.body, if status == 206 { &CONTENT[1..3] } else { CONTENT }, "{meant}");
    }
}

#[tokio::test]
async fn absent_and_malformed_blobs_have_their_codes() {
    let (_registry, client, _) = with_blob().await;
    let absent = client.get(&format!("/v2/org/model/blobs/{}", Digest::of(b"other"))).await;
    assert_eq!((absent.status, absent.error_code().as_str()), (404, "BLOB_UNKNOWN"));
    for bad in ["sha256:12", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:..%2F..%2Fetc"] {
        let reply = client.get(&format!("/v2/org/model/blobs/{bad}")).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (400, "DIGEST_INVALID"), "{bad}");
    }
    let name = client.get(&format!("/v2/Org/blobs/{}", Digest::of(CONTENT))).await;
    assert_eq!((name.status, name.error_code().as_str()), (400, "NAME_INVALID"));
}

#[tokio::test]
async fn a_blob_is_deleted_once() {
    let (_registry, client, path) = with_blob().await;
    assert_eq!(client.call("DELETE", &path).await.status, 202);
    let again = client.call("DELETE", &path).await;
    assert_eq!((again.status, again.error_code().as_str()), (404, "BLOB_UNKNOWN"));
    assert!(String::from_utf8_lossy(&again.body).contains("there is no such blob here"));
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_blob_that_a_manifest_names_stays_and_the_client_learns_why() {
    let (_registry, client, path) = with_blob().await;
    let digest = Digest::of(CONTENT);
    let part = format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":10}}"#);
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let body =
        format!(r#"{{"schemaVersion":2,"mediaType":"{kind}","config":{part},"layers":[{part}]}}"#);
    let headers = [("content-type", kind)];
    let put = client.send("PUT", "/v2/org/model/manifests/v1", &headers, body.as_bytes()).await;
    assert_eq!(put.status, 201);
    let reply = client.call("DELETE", &path).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (405, "UNSUPPORTED"));
    let text = String::from_utf8(reply.body.clone()).unwrap();
    assert!(text.contains("does not allow removing a blob that a manifest names"), "{text}");
    assert_eq!(client.get(&path).await.status, 200);
}

#[tokio::test]
async fn deleting_can_be_switched_off() {
    let namespace = TestRegistry::start().await.namespace();
    let registry = TestRegistry::configured(namespace, |options| options.deletes = false).await;
    let client = registry.client();
    for path in [format!("/v2/a/blobs/{}", Digest::of(b"")), "/v2/a/manifests/v1".to_owned()] {
        let reply = client.call("DELETE", &path).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (405, "UNSUPPORTED"));
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_work() {
    let (_registry, client, path) = with_blob().await;
    let reply = client.call("PUT", &path).await;
    assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, DELETE"));
    assert_eq!(client.call("POST", "/v2/").await.status, 405);
    assert_eq!(client.call("POST", "/v2/_catalog").await.status, 405);
}
