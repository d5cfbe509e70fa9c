//! Manifests as a client meets them.

use sealkit_oci::{Algorithm, Descriptor, Digest, Index, Manifest, media_type};
use sealkit_testkit::{Client, Kit, KitBuilder, TestRegistry};

const OCI: (&str, &str) = ("Content-Type", media_type::OCI_MANIFEST);
const INDEX: (&str, &str) = ("Content-Type", media_type::OCI_INDEX);

async fn with_kit() -> (TestRegistry, Client, Kit) {
    let registry = TestRegistry::start().await;
    let kit = KitBuilder::small("small").store(registry.repository("org/kit").as_ref(), "v1").await;
    let client = registry.client();
    (registry, client, kit)
}

fn at(reference: impl std::fmt::Display) -> String {
    format!("/v2/org/kit/manifests/{reference}")
}

#[tokio::test]
async fn the_stored_bytes_come_back_by_tag_and_digest() {
    let (_registry, client, kit) = with_kit().await;
    let digest = kit.manifest.digest().to_string();
    for reference in ["v1", &digest] {
        let reply = client.get(&at(reference)).await;
        assert_eq!(reply.body, kit.manifest.bytes());
        assert_eq!(reply.header("content-type"), media_type::OCI_MANIFEST);
        assert_eq!(reply.header("docker-content-digest"), digest);
        let head = client.call("HEAD", &at(reference)).await;
        assert_eq!(head.header("content-length"), kit.manifest.bytes().len().to_string());
        assert_eq!(head.header("docker-content-digest"), digest);
    }
    let absent = client.get(&at("v2")).await;
    assert_eq!((absent.status, absent.error_code().as_str()), (404, "MANIFEST_UNKNOWN"));
}

#[tokio::test]
async fn bytes_are_kept_even_where_we_would_write_them_otherwise() {
    let (_registry, client, kit) = with_kit().await;
    let mut bytes = b"\n  ".to_vec();
    bytes.extend_from_slice(kit.manifest.bytes());
    let bytes = [&bytes[..bytes.len() - 1], br#", "unknown" : 1.50 }"#].concat();
    let reply = client.send("PUT", &at("odd"), &[OCI], &bytes).await;
    assert_eq!(reply.status, 201);
    let digest = Digest::of(&bytes);
    assert_eq!(reply.header("location"), at(&digest));
    assert_eq!(client.get(&at(&digest)).await.body, bytes);
}

#[tokio::test]
async fn a_digest_that_does_not_fit_is_refused() {
    let (_registry, client, kit) = with_kit().await;
    let reply = client.send("PUT", &at(Digest::of(b"x")), &[OCI], kit.manifest.bytes()).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn several_tags_are_set_at_once() {
    let (_registry, client, kit) = with_kit().await;
    let path = format!("{}?tag=a&tag=b", at(kit.manifest.digest()));
    let reply = client.send("PUT", &path, &[OCI], kit.manifest.bytes()).await;
    assert_eq!((reply.status, reply.header("oci-tag")), (201, "a, b"));
    assert_eq!(client.get(&at("b")).await.body, kit.manifest.bytes());
    let path = format!("{}?tag=c&tag=d&tag=c", at(kit.manifest.digest()));
    let reply = client.send("PUT", &path, &[OCI], kit.manifest.bytes()).await;
    assert_eq!((reply.status, reply.header("oci-tag")), (201, "c, d"), "each is told once");
    let hostile = format!("{}?tag=../x", at(kit.manifest.digest()));
    let reply = client.send("PUT", &hostile, &[OCI], kit.manifest.bytes()).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "MANIFEST_INVALID"));
}

#[tokio::test]
async fn a_missing_child_is_named() {
    let (_registry, client, kit) = with_kit().await;
    let mut manifest = kit.manifest.value().clone();
    let absent = Descriptor::of("application/vnd.kitops.modelkit.code.v1.tar", b"absent");
    manifest.layers.as_mut().unwrap().push(absent.clone());
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let reply = client.send("PUT", &at("v2"), &[OCI], &bytes).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (404, "MANIFEST_BLOB_UNKNOWN"));
    assert!(String::from_utf8_lossy(&reply.body).contains(&absent.digest.to_string()));
    let index = Index::of(vec![Descriptor::of(media_type::OCI_MANIFEST, b"absent")]);
    let bytes = serde_json::to_vec(&index).unwrap();
    let reply = client.send("PUT", &at("all"), &[INDEX], &bytes).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (404, "MANIFEST_BLOB_UNKNOWN"));
    let index = Index::of(vec![kit.manifest.descriptor().clone()]);
    let bytes = serde_json::to_vec(&index).unwrap();
    assert_eq!(client.send("PUT", &at("all"), &[INDEX], &bytes).await.status, 201);
}

#[tokio::test]
async fn foreign_layers_may_be_elsewhere_and_subjects_may_come_later() {
    let (_registry, client, kit) = with_kit().await;
    let mut manifest = kit.manifest.value().clone();
    let mut foreign = Descriptor::of("application/octet-stream", b"elsewhere");
    foreign.urls.push("https://example.com/x".into());
    manifest.layers.as_mut().unwrap().push(foreign);
    let subject = Descriptor::of(media_type::OCI_MANIFEST, b"later");
    manifest.subject = Some(subject.clone());
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let reply = client.send("PUT", &at("v2"), &[OCI], &bytes).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("oci-subject"), subject.digest.to_string());
    let path = format!("/v2/org/kit/referrers/{}", subject.digest);
    assert_eq!(client.get(&path).await.json()["manifests"][0]["size"], bytes.len());
}

#[tokio::test]
async fn nonsense_is_refused() {
    let (_registry, client, kit) = with_kit().await;
    let put = async |headers: &[(&str, &str)], body: &[u8]| {
        let reply = client.send("PUT", &at("bad"), headers, body).await;
        (reply.status, reply.error_code())
    };
    let invalid = (400, "MANIFEST_INVALID".to_owned());
    assert_eq!(put(&[OCI], b"").await, invalid);
    assert_eq!(put(&[OCI], b"[]").await, invalid);
    assert_eq!(put(&[OCI], b"{}").await, invalid);
    assert_eq!(put(&[OCI], "[".repeat(100_000).as_bytes()).await, invalid);
    assert_eq!(put(&[("Content-Type", "text/html")], b"{}").await, invalid);
    assert_eq!(put(&[], kit.manifest.bytes()).await.0, 400);
    let untyped = br#"{"schemaVersion":2}"#;
    assert_eq!(put(&[], untyped).await, invalid);
    let other = format!(r#"{{"mediaType":"{}"}}"#, media_type::OCI_INDEX);
    assert_eq!(put(&[OCI], other.as_bytes()).await, invalid);
    assert_eq!(client.get(&at("bad")).await.status, 404);
}

#[tokio::test]
async fn what_is_no_object_is_told_so_in_the_words_of_json() {
    let (_registry, client, _kit) = with_kit().await;
    let index = ("Content-Type", media_type::OCI_INDEX);
    let put = async |kind: (&str, &str), body: &str| {
        let reply = client.send("PUT", &at("bad"), &[kind], body.as_bytes()).await;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert_eq!((reply.status, reply.error_code().as_str()), (400, "MANIFEST_INVALID"));
        for name in ["struct", "Peek", "Manifest ", "Index", "Descriptor"] {
            assert!(!text.contains(name), "{body}: {text}");
        }
        text
    };
    for kind in [OCI, index] {
        for body in ["null", "[]", " [2]", "1", "\"x\"", "true"] {
            let text = put(kind, body).await;
            assert!(text.contains("it is not a JSON object"), "{body}: {text}");
        }
    }
    for body in [r#"{"schemaVersion":2,"config":null}"#, r#"{"schemaVersion":2,"config":[]}"#] {
        assert!(put(OCI, body).await.contains("expected a JSON object"), "{body}");
    }
    let body = r#"{"schemaVersion":2,"manifests":[1]}"#;
    assert!(put(index, body).await.contains("expected a JSON object"));
}

#[tokio::test]
async fn more_tags_than_one_request_may_set_are_told_the_limit() {
    let (_registry, client, kit) = with_kit().await;
    let path = |count: usize| {
        let tags: Vec<String> = (0..count).map(|number| format!("tag=t{number}")).collect();
        format!("{}?{}", at(kit.manifest.digest()), tags.join("&"))
    };
    assert_eq!(client.send("PUT", &path(64), &[OCI], kit.manifest.bytes()).await.status, 201);
    let reply = client.send("PUT", &path(65), &[OCI], kit.manifest.bytes()).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (414, "MANIFEST_INVALID"));
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(text.contains("at most 64 tags"), "{text}");
}

#[tokio::test]
async fn four_mebibytes_are_taken_and_more_are_not() {
    let (_registry, client, kit) = with_kit().await;
    let mut manifest: Manifest = kit.manifest.value().clone();
    let size = 4 * 1024 * 1024;
    manifest.annotations.insert("pad".into(), String::new());
    let empty = serde_json::to_vec(&manifest).unwrap().len();
    manifest.annotations.insert("pad".into(), "x".repeat(size - empty));
    let bytes = serde_json::to_vec(&manifest).unwrap();
    assert_eq!(bytes.len(), size);
    assert_eq!(client.send("PUT", &at("big"), &[OCI], &bytes).await.status, 201);
    let more = [&bytes[..], b" "].concat();
    assert_eq!(client.send("PUT", &at("big"), &[OCI], &more).await.status, 413);
    let chunked = [OCI, ("Transfer-Encoding", "chunked")];
    let framed = [format!("{:x}\r\n", more.len()).as_bytes(), &more, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(client.send("PUT", &at("big"), &chunked, &framed).await.status, 413);
}

#[tokio::test]
async fn a_tag_goes_alone_and_a_digest_with_its_tags() {
    let (_registry, client, kit) = with_kit().await;
    client.send("PUT", &at("v2"), &[OCI], kit.manifest.bytes()).await;
    assert_eq!(client.call("DELETE", &at("v2")).await.status, 202);
    assert_eq!(client.get(&at("v1")).await.status, 200);
    assert_eq!(client.call("DELETE", &at(kit.manifest.digest())).await.status, 202);
    assert_eq!(client.get(&at("v1")).await.status, 404);
    let again = client.call("DELETE", &at("v1")).await;
    assert_eq!((again.status, again.error_code().as_str()), (404, "MANIFEST_UNKNOWN"));
    let told = String::from_utf8_lossy(&again.body).into_owned();
    assert!(told.contains("there is no such tag here"), "{told}");
}

/// The layout store finds manifests by SHA-256 alone, and says so.
#[tokio::test]
async fn a_manifest_by_sha512_is_refused_where_the_store_has_none_instead_of_lost() {
    let (_registry, client, kit) = with_kit().await;
    let digest = sealkit_store::digest_of(Algorithm::Sha512, kit.manifest.bytes()).unwrap();
    let reply = client.send("PUT", &at(digest), &[OCI], kit.manifest.bytes()).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "UNSUPPORTED"));
}
