//! Manifests, tags, referrers and the catalogue from registries that misbehave.
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use std::sync::Arc;

use bytes::Bytes;
use sealkit_oci::{
    Descriptor, Digest, Index, MAX_MANIFEST_BYTES, Manifest, Raw, Target, media_type,
};
use sealkit_remote::{Client, ClientOptions, Remote};
use sealkit_report::Hint;
use sealkit_store::{Page, RefStore, Referrers, StoreError};
use sealkit_testkit::TestRegistry;

use common::{Mock, options, remote, reply, write};

fn tag(name: &str) -> Target {
    Target::Tag(name.to_owned())
}

async fn put(remote: &Remote, text: &str, subject: Option<&Descriptor>) -> Descriptor {
    let layer = write(remote, text.as_bytes()).await.unwrap();
    write(remote, media_type::EMPTY_JSON).await.unwrap();
    let subject = subject.cloned().unwrap_or_else(|| Descriptor::of("x", b"subject"));
    let mut manifest = Manifest::referrer("a/b", layer, &subject);
    manifest.annotations.insert("text".to_owned(), text.to_owned());
    let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    let bytes = Bytes::from(raw.into_bytes());
    remote.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap()
}

async fn answering(
    headers: &'static [(&'static str, &'static str)],
    body: Vec<u8>,
) -> (Mock, Remote) {
    let mock = Mock::start(move |_| reply(200, headers, body.clone())).await;
    let remote = remote(&mock.host, options());
    (mock, remote)
}

#[tokio::test]
async fn wrong_bytes_and_wrong_digests_are_refused() {
    let registry = TestRegistry::start().await;
    let remote = remote(&registry.host(), options());
    let stored = put(&remote, "one", None).await;
    registry.faults().set(|faults| faults.wrong_digest = true);
    let error = remote.manifest(&Target::Digest(stored.digest)).await.unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
    let (_mock, remote) =
        answering(&[("content-type", media_type::OCI_MANIFEST)], b"{}".to_vec()).await;
    let error = remote.manifest(&Target::Digest(Digest::of(b"x"))).await.unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
    assert!(remote.manifest(&tag("v1")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_registry_that_stores_another_manifest_is_reported() {
    let registry = TestRegistry::start().await;
    let remote = remote(&registry.host(), options());
    registry.faults().set(|faults| faults.wrong_digest = true);
    let bytes = Bytes::from_static(b"{\"schemaVersion\":2,\"manifests\":[]}");
    let error = remote.put_manifest(media_type::OCI_INDEX, bytes, Some("v1")).await.unwrap_err();
    assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
}

#[tokio::test]
async fn a_document_must_be_what_its_header_says() {
    let index = format!(r#"{{"mediaType":"{}"}}"#, media_type::OCI_INDEX).into_bytes();
    let (_mock, remote) =
        answering(&[("content-type", media_type::OCI_MANIFEST)], index.clone()).await;
    let error = remote.manifest(&tag("v1")).await.unwrap_err();
    assert!(error.to_string().contains("calls itself"), "{error}");
    let (_mock, remote) = answering(&[("content-type", "application/json")], index).await;
    let found = remote.manifest(&tag("v1")).await.unwrap().unwrap();
    assert_eq!(found.descriptor.media_type, media_type::OCI_INDEX);
    let header = &[("content-type", "application/vnd.oci.image.index.v1+json; charset=utf-8")];
    let (_mock, remote) = answering(header, b"{}".to_vec()).await;
    let found = remote.manifest(&tag("v1")).await.unwrap().unwrap();
    assert_eq!(found.descriptor.media_type, media_type::OCI_INDEX);
    let (_mock, remote) = answering(&[], b"not json".to_vec()).await;
    let error = remote.manifest(&tag("v1")).await.unwrap_err();
    assert_eq!(error.code(), "document-malformed");
}

#[tokio::test]
async fn a_manifest_that_is_too_large_is_not_read() {
    let (_mock, remote) = answering(&[], vec![b' '; MAX_MANIFEST_BYTES + 1]).await;
    let error = remote.manifest(&tag("v1")).await.unwrap_err();
    assert_eq!(error.code(), "document-malformed");
}

#[tokio::test]
async fn a_tag_that_could_be_a_path_is_not_sent() {
    let (mock, remote) = answering(&[], b"{}".to_vec()).await;
    for name in ["../../x", "a/b", "a?b", "", "-x", "a#b", "a%2fb"] {
        let error = remote.manifest(&tag(name)).await.unwrap_err();
        assert_eq!(error.code(), "reference-malformed", "{name}");
    }
    assert!(mock.all().is_empty());
    let client = Arc::new(Client::new(options()));
    for (registry, repository) in [
        ("127.0.0.1:1", "../x"),
        ("127.0.0.1:1", "a//b"),
        ("127.0.0.1:1", ""),
        ("a/b", "x"),
        ("u:p@h", "x"),
        ("h?x", "x"),
        ("", "x"),
    ] {
        let made = Remote::new(registry, repository, Arc::clone(&client));
        assert!(made.is_err(), "{registry} {repository}");
    }
}

#[tokio::test]
async fn registries_that_can_not_remove_say_so() {
    for (status, target) in [(405, tag("v1")), (400, tag("v1"))] {
        let mock = Mock::start(move |_| reply(status, &[], "")).await;
        let error = remote(&mock.host, options()).delete_manifest(&target).await.unwrap_err();
        assert_eq!(error.code(), "unsupported");
    }
}

#[tokio::test]
async fn tags_come_from_all_pages_sorted() {
    let mock = Mock::start(|got| match got.uri.as_str() {
        "/v2/org/model/tags/list?n=1000" => reply(
            200,
            &[("link", "</v2/org/model/tags/list?last=b&n=1000>; rel=\"next\"")],
            r#"{"name":"org/model","tags":["a","B","b"]}"#,
        ),
        _ => reply(200, &[], r#"{"tags":["C","d"]}"#),
    })
    .await;
    let remote = remote(&mock.host, options());
    assert_eq!(remote.tags(&Page::default()).await.unwrap(), ["B", "C", "a", "b", "d"]);
    let page = Page { after: Some("C".to_owned()), limit: Some(2) };
    assert_eq!(remote.tags(&page).await.unwrap(), ["a", "b"]);
    assert_eq!(mock.all().len(), 4);
}

#[tokio::test]
async fn listings_end() {
    let registry = TestRegistry::start().await;
    let mut options = options();
    options.lists.pages = 20;
    let remote = remote(&registry.host(), options);
    let subject = put(&remote, "one", None).await;
    registry.faults().set(|faults| faults.endless_pages = true);
    registry.log().clear();
    assert!(remote.tags(&Page::default()).await.is_err());
    assert!(remote.referrers(&subject.digest, None).await.is_err());
    assert!(registry.log().all().len() <= 40);
}

#[tokio::test]
async fn pages_that_always_differ_and_lists_that_are_too_long_end_too() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let mock = Mock::start(move |_| {
        let next = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let link = format!("</v2/org/model/tags/list?last={next}>; rel=\"next\"");
        reply(200, &[("link", &link)], r#"{"tags":["a","b"]}"#)
    })
    .await;
    let mut options = options();
    options.lists.pages = 5;
    let error = remote(&mock.host, options.clone()).tags(&Page::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Limit { what: "tags", .. }), "{error}");
    options.lists.entries = 3;
    let error = remote(&mock.host, options).tags(&Page::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::Limit { limit: 3, .. }), "{error}");
}

#[tokio::test]
async fn a_list_of_few_huge_entries_ends_too() {
    let digest = Digest::of(b"x");
    let padding = "a".repeat(3 << 20);
    let body = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"m","digest":"{digest}","size":1,"annotations":{{"k":"{padding}"}}}}]}}"#
    );
    let count = std::sync::atomic::AtomicU32::new(0);
    let mock = Mock::start(move |_| {
        let next = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let link = format!("</v2/org/model/referrers/x?last={next}>; rel=\"next\"");
        reply(200, &[("content-type", media_type::OCI_INDEX), ("link", &link)], body.clone())
    })
    .await;
    let error = remote(&mock.host, options()).referrers(&digest, None).await.unwrap_err();
    assert!(matches!(error, StoreError::Limit { what: "referrers", .. }), "{error}");
    assert!(mock.all().len() < 30, "{}", mock.all().len());
}

#[tokio::test]
async fn a_next_page_on_another_host_is_not_followed() {
    let other = Mock::start(|_| reply(200, &[], r#"{"tags":["evil"]}"#)).await;
    let link = format!("<http://{}/v2/org/model/tags/list>; rel=\"next\"", other.host);
    let mock = Mock::start(move |_| reply(200, &[("link", &link)], r#"{"tags":["a"]}"#)).await;
    let error = remote(&mock.host, options()).tags(&Page::default()).await.unwrap_err();
    assert_eq!(error.code(), "registry-redirect");
    assert!(other.all().is_empty());
}

#[tokio::test]
async fn an_absent_repository_is_not_found() {
    let mock = Mock::start(|_| reply(404, &[], "")).await;
    let error = remote(&mock.host, options()).tags(&Page::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "repository", .. }), "{error}");
}

#[tokio::test]
async fn without_the_api_referrers_are_kept_under_a_tag() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.no_referrers = true);
    let remote = remote(&registry.host(), options());
    let subject = Descriptor::of("x", b"subject");
    let (one, two) = (put(&remote, "one", None).await, put(&remote, "two", None).await);
    put(&remote, "two", None).await;
    let found = remote.referrers(&subject.digest, Some("a/b")).await.unwrap();
    assert_eq!(found.iter().map(Descriptor::bare).collect::<Vec<_>>(), [one.bare(), two.bare()]);
    assert_eq!(found[0].annotations.get("text").map(String::as_str), Some("one"));
    let fallback = tag(&format!("sha256-{}", subject.digest.hex()));
    let stored = remote.manifest(&fallback).await.unwrap().unwrap();
    assert_eq!(stored.descriptor.media_type, media_type::OCI_INDEX);
    let index: Index = serde_json::from_slice(&stored.bytes).unwrap();
    assert_eq!(index.manifests.len(), 2, "the same one is listed once");
    remote.delete_manifest(&Target::Digest(one.digest)).await.unwrap();
    let found = remote.referrers(&subject.digest, None).await.unwrap();
    assert_eq!(found.iter().map(Descriptor::bare).collect::<Vec<_>>(), [two.bare()]);
}

#[tokio::test]
async fn two_that_attach_at_once_both_stay() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.no_referrers = true);
    let tasks: Vec<_> = (0..4)
        .map(|n| {
            let remote = remote(&registry.host(), options());
            tokio::spawn(async move { put(&remote, &format!("n{n}"), None).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let subject = Digest::of(b"subject");
    let found = remote(&registry.host(), options()).referrers(&subject, None).await.unwrap();
    assert_eq!(found.len(), 4);
}

#[tokio::test]
async fn the_filter_holds_even_where_the_registry_ignores_it() {
    let body = format!(
        r#"{{"schemaVersion":2,"manifests":[
            {{"mediaType":"m","digest":"{0}","size":1,"artifactType":"a/b"}},
            {{"mediaType":"m","digest":"{0}","size":1,"artifactType":"c/d"}}]}}"#,
        Digest::of(b"x")
    );
    let (_mock, remote) =
        answering(&[("content-type", media_type::OCI_INDEX)], body.into_bytes()).await;
    let found = remote.referrers(&Digest::of(b"s"), Some("a/b")).await.unwrap();
    assert_eq!(found.len(), 1);
    let malformed = br#"{"schemaVersion":2,"manifests":[{"digest":"md5:x"}]}"#.to_vec();
    let (_mock, remote) = answering(&[("content-type", media_type::OCI_INDEX)], malformed).await;
    assert!(remote.referrers(&Digest::of(b"s"), None).await.is_err(), "evidence can not vanish");
}

#[tokio::test]
async fn an_answer_that_is_no_index_is_no_api() {
    let mock = Mock::start(|got| {
        if got.uri.contains("/referrers/") {
            return reply(200, &[("content-type", "text/html")], "<p>hello</p>");
        }
        reply(404, &[], "")
    })
    .await;
    let found = remote(&mock.host, options()).referrers(&Digest::of(b"s"), None).await.unwrap();
    assert!(found.is_empty());
}

#[tokio::test]
async fn the_catalogue_is_listed_where_there_is_one() {
    let registry = TestRegistry::start().await;
    let client = Arc::new(Client::new(options()));
    for name in ["b/two", "a/one"] {
        put(&Remote::new(&registry.host(), name, Arc::clone(&client)).unwrap(), "x", None).await;
    }
    assert_eq!(client.catalog(&registry.host()).await.unwrap(), ["a/one", "b/two"]);
    let mock = Mock::start(|_| reply(404, &[], "")).await;
    assert_eq!(client.catalog(&mock.host).await.unwrap_err().code(), "unsupported");
}

#[tokio::test]
async fn foreign_words_can_not_forge_lines() {
    let body = "{\"errors\":[{\"code\":\"X\\n\\u001b[2Jok\",\"message\":\"a\\r\\nb\"}]}";
    let mock = Mock::start(move |_| reply(400, &[], body)).await;
    let error = remote(&mock.host, options()).manifest(&tag("v1")).await.unwrap_err();
    assert!(error.to_string().ends_with("registry replied: X  [2Jok: a  b (HTTP 400)"), "{error}");
    assert!(!error.to_string().contains('\u{1b}'));
}

#[tokio::test]
async fn unreachable_registries_have_their_own_codes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = remote(&closed, options()).manifest(&tag("v1")).await.unwrap_err();
    assert_eq!(error.code(), "connect", "{}", common::all_text(&error));
    // No resolver is asked for a label that is too long to be one.
    let nowhere = format!("{}.invalid", "a".repeat(64));
    let error = remote(&nowhere, options()).manifest(&tag("v1")).await.unwrap_err();
    assert_eq!(error.code(), "dns", "{}", common::all_text(&error));
    let body = "Client sent an HTTP request to an HTTPS server.";
    let mock = Mock::start(move |_| reply(400, &[], body)).await;
    let error = remote(&mock.host, options()).manifest(&tag("v1")).await.unwrap_err();
    assert_eq!(error.hint().unwrap(), "run the command without `--plain-http`");
    let mock = Mock::start(|_| reply(200, &[], "")).await;
    let secure = ClientOptions { plain_http: false, ..options() };
    let error = remote(&mock.host, secure).manifest(&tag("v1")).await.unwrap_err();
    assert_eq!(error.code(), "tls-plain-server", "{}", common::all_text(&error));
    assert!(error.hint().unwrap().contains("--plain-http"));
}
