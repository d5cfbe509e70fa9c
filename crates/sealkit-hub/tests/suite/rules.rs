//! Tags that stay, and quotas, from outside.

use crate::common::guarded::Guarded;
use sealkit_hub::{ImmutableTags, RuleChange, Rules};
use sealkit_oci::Digest;
use sealkit_testkit::Reply;

fn tags(which: ImmutableTags) -> RuleChange {
    RuleChange { immutable_tags: Some(Some(which)), ..RuleChange::default() }
}

fn bytes(most: u64) -> RuleChange {
    RuleChange { max_bytes: Some(Some(most)), ..RuleChange::default() }
}

fn message(reply: &Reply) -> String {
    reply.json()["errors"][0]["message"].as_str().unwrap().to_owned()
}

/// Sends a blob in one request; gives the answer to its bytes.
async fn blob(guarded: &Guarded, token: &str, name: &str, content: &[u8]) -> Reply {
    let begun = guarded.ask(token, "POST", &format!("/v2/{name}/blobs/uploads/"), b"").await;
    assert_eq!(begun.status, 202);
    let path = format!("{}?digest={}", begun.header("location"), Digest::of(content));
    guarded.ask(token, "PUT", &path, content).await
}

#[tokio::test]
async fn version_tags_stay_and_other_tags_move() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:team"]).await;
    let admin = guarded.token("a", &["admin:team"]).await;
    for tag in ["v1.2.3", "2026-11-25", "latest", "main"] {
        assert_eq!(guarded.tag(&writer, "team/a", tag, "one").await.status, 201, "{tag}");
        assert_eq!(guarded.tag(&writer, "team/a", tag, "one").await.status, 201, "{tag} again");
    }
    for tag in ["latest", "main"] {
        assert_eq!(guarded.tag(&writer, "team/a", tag, "two").await.status, 201, "{tag}");
    }
    for token in [&writer, &admin] {
        let reply = guarded.tag(token, "team/a", "v1.2.3", "two").await;
        assert_eq!((reply.status, reply.error_code().as_str()), (403, "DENIED"));
        let told = message(&reply);
        assert!(told.contains("`v1.2.3` of `team/a` is sha256:") && told.contains("hub repo set"));
    }
    let path = "/v2/team/a/manifests/v1.2.3";
    assert_eq!(guarded.ask(&writer, "DELETE", path, b"").await.status, 403);
    assert_eq!(guarded.ask(&admin, "DELETE", path, b"").await.status, 202);
    assert_eq!(guarded.tag(&writer, "team/a", "v1.2.3", "two").await.status, 201, "it is free");
}

#[tokio::test]
async fn a_rule_says_for_its_prefix_which_tags_stay() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.rules.set("*", tags(ImmutableTags::All)).await.unwrap();
    guarded.rules.set("dev/", tags(ImmutableTags::None)).await.unwrap();
    guarded.rules.set("dev/strict", tags(ImmutableTags::Versions)).await.unwrap();
    for (name, latest, version) in [
        ("a", 403, 403),
        ("devel", 403, 403),
        ("dev", 201, 201),
        ("dev/a", 201, 201),
        ("dev/strict/x", 201, 403),
        ("dev/stricter", 201, 201),
    ] {
        for (tag, expected) in [("latest", latest), ("v1", version)] {
            assert_eq!(guarded.tag(&writer, name, tag, "one").await.status, 201);
            let reply = guarded.tag(&writer, name, tag, "two").await;
            assert_eq!(reply.status, expected, "{name}:{tag}");
        }
    }
    // As another process does it: it holds from the next request on.
    let other = Rules::of(&guarded.storage).await.unwrap();
    let clear = RuleChange { immutable_tags: Some(None), ..RuleChange::default() };
    other.set("*", clear).await.unwrap();
    assert_eq!(guarded.tag(&writer, "a", "latest", "two").await.status, 201);
    assert_eq!(guarded.tag(&writer, "a", "v1", "two").await.status, 403, "versions by default");
    for prefix in ["", "/", "A", "../x", "a:b", "a*"] {
        assert!(other.set(prefix, clear).await.is_err(), "{prefix}");
    }
}

#[tokio::test]
async fn of_two_that_set_a_version_at_once_one_wins() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    for round in 0..10 {
        let tag = format!("v{round}");
        let push = |text: String| {
            let (guarded, writer, tag) = (&guarded, &writer, &tag);
            async move { guarded.tag(writer, "a", tag, &text).await.status }
        };
        let (a, b, c) = tokio::join!(push("a".into()), push("b".into()), push("c".into()));
        let mut all = [a, b, c];
        all.sort_unstable();
        assert_eq!(all, [201, 403, 403], "round {round}");
        let moves = guarded.storage.tag_history("a", &tag).await.unwrap();
        assert_eq!(moves.len(), 1, "it was set once");
    }
}

#[tokio::test]
async fn a_quota_ends_what_may_be_held() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.rules.set("team", bytes(100)).await.unwrap();
    assert_eq!(blob(&guarded, &writer, "team/a", &[1; 60]).await.status, 201);
    assert_eq!(blob(&guarded, &writer, "team-x", &[2; 600]).await.status, 201, "not theirs");
    let reply = blob(&guarded, &writer, "team/b", &[3; 60]).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (403, "DENIED"));
    let told = message(&reply);
    assert!(told.contains("the quota of `team` is 100 bytes, 60 are used, and 60 more"), "{told}");
    assert_eq!(blob(&guarded, &writer, "team", &[3; 40]).await.status, 201, "what fits");
    let begun = guarded.ask(&writer, "POST", "/v2/team/a/blobs/uploads/", b"").await;
    let location = begun.header("location").to_owned();
    assert_eq!(guarded.ask(&writer, "PATCH", &location, b"x").await.status, 403);
    assert_eq!(guarded.ask(&writer, "DELETE", &location, b"").await.status, 204, "to end it");
    let path = format!("/v2/team/a/blobs/{}", Digest::of(&[1; 60]));
    let admin = guarded.token("a", &["admin:team"]).await;
    assert_eq!(guarded.ask(&admin, "DELETE", &path, b"").await.status, 202);
    assert_eq!(blob(&guarded, &writer, "team/b", &[4; 60]).await.status, 201, "room again");
    // Equal content is held, and counted, once.
    guarded.rules.set("team", bytes(160)).await.unwrap();
    assert_eq!(blob(&guarded, &writer, "team/c", &[4; 60]).await.status, 201);
    assert_eq!(guarded.storage.usage(Some("team")).await.unwrap().bytes, 100);
    assert_eq!(blob(&guarded, &writer, "team/c", &[5; 60]).await.status, 201);
}

#[tokio::test]
async fn uploads_that_are_under_way_count() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.rules.set("*", bytes(100)).await.unwrap();
    for expected in [202, 403] {
        let begun = guarded.ask(&writer, "POST", "/v2/a/blobs/uploads/", b"").await;
        let reply = guarded.ask(&writer, "PATCH", begun.header("location"), &[0; 60]).await;
        assert_eq!(reply.status, expected);
    }
}

#[tokio::test]
async fn a_quota_of_versions_counts_tags() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    let two = RuleChange { max_versions: Some(Some(2)), ..RuleChange::default() };
    guarded.rules.set("team", two).await.unwrap();
    assert_eq!(guarded.tag(&writer, "team/a", "v1", "one").await.status, 201);
    assert_eq!(guarded.tag(&writer, "team/b", "latest", "one").await.status, 201);
    let reply = guarded.tag(&writer, "team/c", "v1", "one").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (403, "DENIED"));
    assert!(message(&reply).contains("2 versions, and 2 are there"), "{}", message(&reply));
    assert_eq!(guarded.tag(&writer, "team/b", "latest", "two").await.status, 201, "moves");
    let by_digest = Digest::of(crate::common::guarded::index("three").as_bytes()).to_string();
    let reply = guarded.tag(&writer, "team/c", &by_digest, "three").await;
    assert_eq!(reply.status, 201, "without a tag it is no version");
}

#[tokio::test]
async fn what_is_mounted_counts_as_much_as_what_is_sent() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.rules.set("team", bytes(100)).await.unwrap();
    let mut mounted = Vec::new();
    for at in 0..4_u8 {
        let content = [at; 60];
        assert_eq!(blob(&guarded, &writer, "other", &content).await.status, 201);
        let digest = Digest::of(&content);
        let path = format!("/v2/team/a/blobs/uploads/?mount={digest}&from=other");
        mounted.push(guarded.ask(&writer, "POST", &path, b"").await.status);
    }
    assert_eq!(mounted, [201, 202, 202, 202], "one fits, others are to be sent");
    assert_eq!(guarded.storage.usage(Some("team")).await.unwrap().bytes, 60);
    // What is there already is no more, and can be had again where nothing else fits.
    guarded.rules.set("team", bytes(60)).await.unwrap();
    let digest = Digest::of(&[0; 60]);
    let path = format!("/v2/team/a/blobs/uploads/?mount={digest}&from=other");
    assert_eq!(guarded.ask(&writer, "POST", &path, b"").await.status, 201);
    for path in [
        format!("/v2/team/b/blobs/uploads/?mount={digest}&from=a:b"),
        format!("/v2/team/b/blobs/uploads/?mount={}&from=other", Digest::of(b"absent")),
    ] {
        assert_eq!(guarded.ask(&writer, "POST", &path, b"").await.status, 202, "{path}");
    }
}

/// A body that does not say how long it is.
fn chunked(content: &[u8]) -> Vec<u8> {
    let mut body = format!("{:x}\r\n", content.len()).into_bytes();
    body.extend(content);
    body.extend(b"\r\n0\r\n\r\n");
    body
}

#[tokio::test]
async fn what_comes_without_saying_how_much_is_held_to_the_quota_too() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.rules.set("team", bytes(1_000)).await.unwrap();
    let bearer = format!("Bearer {writer}");
    let headers = [("Authorization", bearer.as_str()), ("Transfer-Encoding", "chunked")];
    let send = async |method: &str, path: &str, content: &[u8]| {
        guarded.hub.client.send(method, path, &headers, &chunked(content)).await
    };
    let begin = async || {
        let begun = guarded.ask(&writer, "POST", "/v2/team/a/blobs/uploads/", b"").await;
        begun.header("location").to_owned()
    };
    let large = [7; 5_000];
    for method in ["PATCH", "PUT"] {
        let location = begin().await;
        let path = format!("{location}?digest={}", Digest::of(&large));
        let reply = send(method, &path, &large).await;
        assert_eq!((reply.status, reply.error_code().as_str()), (403, "DENIED"), "{method}");
        let told = message(&reply);
        assert!(told.contains("0 are used, and 5000 more do not fit"), "{method}: {told}");
        let gone = guarded.ask(&writer, "GET", &location, b"").await;
        assert_eq!(gone.status, 404, "{method}: what can not be finished takes no room");
    }
    let path = format!("/v2/team/a/blobs/uploads/?digest={}", Digest::of(&large));
    assert_eq!(send("POST", &path, &large).await.status, 403);
    assert_eq!(guarded.storage.usage(Some("team")).await.unwrap().bytes, 0);

    let location = begin().await;
    assert_eq!(send("PATCH", &location, &[1; 600]).await.status, 202);
    assert_eq!(send("PATCH", &location, &[2; 600]).await.status, 403, "600 are there");
    let location = begin().await;
    let all = [3; 1_000];
    let path = format!("{location}?digest={}", Digest::of(&all));
    assert_eq!(send("PUT", &path, &all).await.status, 201, "all that fits");
    let reply = guarded.tag(&writer, "team/a", "latest", "one").await;
    assert_eq!((reply.status, reply.error_code().as_str()), (403, "DENIED"));
    assert!(message(&reply).contains("1000 are used"), "{}", message(&reply));
}

#[tokio::test]
async fn what_an_upload_has_written_counts_before_its_row_tells_of_it() {
    let guarded = Guarded::start(false).await;
    let writer = guarded.token("w", &["write:*"]).await;
    guarded.rules.set("team", bytes(5 << 20)).await.unwrap();
    let bearer = format!("Bearer {writer}");
    let headers = [("Authorization", bearer.as_str()), ("Transfer-Encoding", "chunked")];
    let begun = guarded.ask(&writer, "POST", "/v2/team/a/blobs/uploads/", b"").await;
    let location = begun.header("location").to_owned();
    let large = chunked(&vec![7; 13 << 20]);
    let reply = guarded.hub.client.send("PATCH", &location, &headers, &large).await;
    assert_eq!((reply.status, reply.error_code().as_str()), (403, "DENIED"));
    let told = message(&reply);
    let used = told.split_once("bytes, ").unwrap().1.split_once(' ').unwrap().0;
    let used: u64 = used.parse().unwrap();
    assert!((4 << 20..=5 << 20).contains(&used), "all that fits was written: {told}");
    assert_eq!(guarded.storage.usage(Some("team")).await.unwrap().bytes, 0, "it is gone");
}
