//! Uploads as a client makes them.

use sealkit_oci::Digest;
use sealkit_testkit::{Client, TestRegistry};

const UPLOADS: &str = "/v2/org/model/blobs/uploads/";
const SHA512_OF_ABC: &str = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

async fn session() -> (TestRegistry, Client, String) {
    let registry = TestRegistry::start().await;
    let client = registry.client();
    let reply = client.call("POST", UPLOADS).await;
    assert_eq!(reply.status, 202);
    let location = reply.header("location").to_owned();
    assert!(location.starts_with(UPLOADS), "{location}");
    (registry, client, location)
}

fn put(location: &str, content: &[u8]) -> String {
    format!("{location}?digest={}", Digest::of(content))
}

async fn blob(client: &Client, content: &[u8]) -> Vec<u8> {
    let reply = client.get(&format!("/v2/org/model/blobs/{}", Digest::of(content))).await;
    if reply.status == 200 { reply.body } else { Vec::new() }
}

#[tokio::test]
async fn post_then_put() {
    let (_registry, client, location) = session().await;
    let reply = client.send("PUT", &put(&location, b"abc"), &[], b"abc").await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("location"), format!("/v2/org/model/blobs/{}", Digest::of(b"abc")));
    assert_eq!(blob(&client, b"abc").await, b"abc");
    // The session is over.
    assert_eq!(client.get(&location).await.status, 404);
}

#[tokio::test]
async fn chunks_in_order_and_the_last_one_in_the_put() {
    let (_registry, client, location) = session().await;
    let first = client.send("PATCH", &location, &[("Content-Range", "0-2")], b"abc").await;
    assert_eq!((first.status, first.header("range")), (202, "0-2"));
    let state = client.get(&location).await;
    assert_eq!((state.status, state.header("range")), (204, "0-2"));
    let path = put(&location, b"abcdef");
    let last = client.send("PUT", &path, &[("Content-Range", "3-5")], b"def").await;
    assert_eq!(last.status, 201);
    assert_eq!(blob(&client, b"abcdef").await, b"abcdef");
}

#[tokio::test]
async fn a_chunk_out_of_order_is_refused_with_the_place_to_go_on() {
    let (_registry, client, location) = session().await;
    client.send("PATCH", &location, &[("Content-Range", "0-2")], b"abc").await;
    for range in ["0-2", "4-6", "2-4"] {
        let reply = client.send("PATCH", &location, &[("Content-Range", range)], b"xyz").await;
        assert_eq!((reply.status, reply.header("range")), (416, "0-2"), "{range}");
        assert_eq!(reply.header("location"), location);
    }
    let path = put(&location, b"abcdef");
    let last = client.send("PUT", &path, &[("Content-Range", "9-11")], b"def").await;
    assert_eq!(last.status, 416);
    // Nothing of it was taken.
    let last = client.send("PUT", &path, &[("Content-Range", "3-5")], b"def").await;
    assert_eq!(last.status, 201);
}

#[tokio::test]
async fn a_chunk_that_is_not_as_long_as_it_says_changes_nothing() {
    let (_registry, client, location) = session().await;
    let short = client.send("PATCH", &location, &[("Content-Range", "0-5")], b"abc").await;
    assert_eq!((short.status, short.error_code().as_str()), (400, "SIZE_INVALID"));
    let chunked = [("Content-Range", "0-1"), ("Transfer-Encoding", "chunked")];
    let long = client.send("PATCH", &location, &chunked, b"4\r\nabcd\r\n0\r\n\r\n").await;
    assert_eq!((long.status, long.error_code().as_str()), (400, "SIZE_INVALID"));
    for bad in ["abc", "5-1", "0-18446744073709551615", "-1"] {
        let reply = client.send("PATCH", &location, &[("Content-Range", bad)], b"abc").await;
        assert_eq!(reply.status, 400, "{bad}");
    }
    assert_eq!(client.send("PATCH", &location, &[], b"abc").await.header("range"), "0-2");
}

#[tokio::test]
async fn a_streamed_patch_of_unknown_length_is_taken() {
    let (_registry, client, location) = session().await;
    let chunked = [("Transfer-Encoding", "chunked")];
    let reply =
        client.send("PATCH", &location, &chunked, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("range")), (202, "0-4"));
    assert_eq!(client.call("PUT", &put(&location, b"abcde")).await.status, 201);
    assert_eq!(blob(&client, b"abcde").await, b"abcde");
}

#[tokio::test]
async fn what_came_before_the_connection_broke_stays() {
    let (registry, client, location) = session().await;
    let head = format!("PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    let broken = {
        use tokio::io::AsyncWriteExt;
        let addr = registry.addr();
        let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        stream
    };
    drop(broken);
    let mut range = String::new();
    for _ in 0..100 {
        range = client.get(&location).await.header("range").to_owned();
        if range == "0-2" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(range, "0-2");
    let path = put(&location, b"abcdef");
    let reply = client.send("PUT", &path, &[("Content-Range", "3-5")], b"def").await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn wrong_bytes_are_not_stored() {
    let (_registry, client, location) = session().await;
    let reply = client.send("PUT", &put(&location, b"abc"), &[], b"abd").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "DIGEST_INVALID"));
    let path = format!("{UPLOADS}?digest={}", Digest::of(b"abc"));
    let reply = client.send("POST", &path, &[], b"abd").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "DIGEST_INVALID"));
    let chunked = [("Transfer-Encoding", "chunked")];
    let reply = client.send("POST", &path, &chunked, b"3\r\nabd\r\n0\r\n\r\n").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "DIGEST_INVALID"));
    let fresh = client.call("POST", UPLOADS).await.header("location").to_owned();
    client.send("PATCH", &fresh, &[], b"abd").await;
    let reply = client.call("PUT", &put(&fresh, b"abc")).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "DIGEST_INVALID"));
    assert!(blob(&client, b"abc").await.is_empty());
    assert!(blob(&client, b"abd").await.is_empty());
}

#[tokio::test]
async fn wrong_bytes_are_refused_where_the_right_ones_are_there() {
    let (_registry, client, location) = session().await;
    let path = format!("{UPLOADS}?digest={}", Digest::of(b"abc"));
    assert_eq!(client.send("POST", &path, &[], b"abc").await.status, 201);
    assert_eq!(client.send("POST", &path, &[], b"abc").await.status, 201);
    assert_eq!(client.send("POST", &path, &[], b"abd").await.status, 400);
    client.send("PATCH", &location, &[], b"abd").await;
    assert_eq!(client.call("PUT", &put(&location, b"abc")).await.status, 400);
    assert_eq!(blob(&client, b"abc").await, b"abc");
}

#[tokio::test]
async fn a_body_cut_short_is_not_stored() {
    let (registry, client, location) = session().await;
    let path = put(&location, b"abcdef");
    let head = format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
    {
        use tokio::io::AsyncWriteExt;
        let mut stream = tokio::net::TcpStream::connect(registry.addr()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    assert!(blob(&client, b"abcdef").await.is_empty());
}

#[tokio::test]
async fn sha512_is_checked() {
    let (_registry, client, location) = session().await;
    let reply = client.send("PATCH", &location, &[], b"abc").await;
    assert_eq!(reply.status, 202);
    let path = format!("{location}?digest={SHA512_OF_ABC}");
    assert_eq!(client.call("PUT", &path).await.status, 201);
    let reply = client.get(&format!("/v2/org/model/blobs/{SHA512_OF_ABC}")).await;
    assert_eq!(reply.body, b"abc");
    let path = format!("{UPLOADS}?digest={SHA512_OF_ABC}");
    let delete = format!("/v2/org/model/blobs/{SHA512_OF_ABC}");
    assert_eq!(client.call("DELETE", &delete).await.status, 202);
    assert_eq!(client.send("POST", &path, &[], b"abd").await.status, 400);
    let known = client.call("POST", &format!("{UPLOADS}?digest-algorithm=sha512")).await;
    assert_eq!(known.status, 202);
    let unknown = client.call("POST", &format!("{UPLOADS}?digest-algorithm=md5")).await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn mounts_need_the_blob_to_be_there() {
    let (_registry, client, location) = session().await;
    client.send("PUT", &put(&location, b"abc"), &[], b"abc").await;
    let digest = Digest::of(b"abc");
    let other = "/v2/other/blobs/uploads/";
    let from = client.call("POST", &format!("{other}?mount={digest}&from=org/model")).await;
    assert_eq!(from.status, 201);
    assert_eq!(from.header("location"), format!("/v2/other/blobs/{digest}"));
    assert_eq!(client.call("POST", &format!("{other}?mount={digest}")).await.status, 201);
    let absent = Digest::of(b"absent");
    let path = format!("{other}?mount={absent}&from=org/model");
    let reply = client.call("POST", &path).await;
    assert_eq!(reply.status, 202);
    assert!(reply.header("location").starts_with(other));
    let hostile = client.call("POST", &format!("{other}?mount={digest}&from=../etc")).await;
    assert_eq!(hostile.status, 202);
    assert_eq!(client.call("POST", &format!("{other}?mount=zzz")).await.status, 400);
}

#[tokio::test]
async fn sessions_can_be_cancelled_and_are_not_shared() {
    let (_registry, client, location) = session().await;
    let elsewhere = location.replace("org/model", "org/other");
    assert_eq!(client.get(&elsewhere).await.status, 404);
    assert_eq!(client.call("DELETE", &location).await.status, 204);
    let gone = client.call("DELETE", &location).await;
    assert_eq!((gone.status, gone.error_code().as_str()), (404, "BLOB_UPLOAD_UNKNOWN"));
    assert_eq!(client.send("PATCH", &location, &[], b"abc").await.status, 404);
    assert_eq!(client.call("PUT", &put(&location, b"")).await.status, 404);
}

#[tokio::test]
async fn digests_must_be_given_and_well_formed() {
    let (_registry, client, location) = session().await;
    assert_eq!(client.send("PUT", &location, &[], b"abc").await.status, 400);
    let bad = client.send("PUT", &format!("{location}?digest=sha256:1"), &[], b"abc").await;
    assert_eq!((bad.status, bad.error_code().as_str()), (400, "DIGEST_INVALID"));
    // A malformed digest does not end the session.
    assert_eq!(client.get(&location).await.status, 204);
}

#[tokio::test]
async fn the_empty_blob_is_a_blob() {
    let (_registry, client, location) = session().await;
    assert_eq!(client.call("PUT", &put(&location, b"")).await.status, 201);
    let path = format!("/v2/org/model/blobs/{}", Digest::of(b""));
    let reply = client.get(&path).await;
    assert_eq!((reply.status, reply.header("content-length")), (200, "0"));
    let range = client.send("GET", &path, &[("Range", "bytes=0-")], b"").await;
    assert_eq!(range.status, 416);
}

#[tokio::test]
async fn a_large_blob_arrives_in_both_ways() {
    let (_registry, client, location) = session().await;
    let content: Vec<u8> = (0..3_000_001_u32).map(|i| (i % 251) as u8).collect();
    assert_eq!(client.send("PATCH", &location, &[], &content).await.status, 202);
    assert_eq!(client.call("PUT", &put(&location, &content)).await.status, 201);
    assert_eq!(blob(&client, &content).await, content);
    let other: Vec<u8> = content.iter().rev().copied().collect();
    let path = format!("{UPLOADS}?digest={}", Digest::of(&other));
    assert_eq!(client.send("POST", &path, &[], &other).await.status, 201);
    assert_eq!(blob(&client, &other).await, other);
}
