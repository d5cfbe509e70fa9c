//! Access control from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::common::TestHub;
use crate::common::guarded::{Guarded, new};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit_hub::{Access, Storage, TokenKeys, Tokens};
use sealkit_report::Hint as _;

fn basic(user: &str, token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{token}")))
}

#[tokio::test]
async fn without_a_good_token_nothing_is_answered() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["read:*"]).await;
    let client = &guarded.hub.client;
    for path in ["/v2/", "/v2/_catalog", "/v2/a/tags/list", "/v2/x/y", "/api/v1/kits", "/", "/x"] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 401, "{path}");
        let offers: Vec<_> = reply.headers.get_all("www-authenticate").iter().collect();
        let kinds: &[&str] =
            if path.starts_with("/v2/") { &["Bearer", "Basic"] } else { &["Basic"] };
        assert_eq!(offers.len(), kinds.len(), "{path}: {offers:?}");
        for (offer, kind) in offers.iter().zip(kinds) {
            assert!(offer.to_str().unwrap().starts_with(&format!("{kind} realm=\"")), "{path}");
        }
    }
    assert_eq!(client.get("/v2/").await.error_code(), "UNAUTHORIZED");
    assert_eq!(client.get("/api/v1/kits").await.json()["code"], "unauthorized");
    assert_eq!(client.get("/healthz").await.status, 200);
    let mut altered = token.clone();
    altered.replace_range(10..11, if &token[10..11] == "a" { "b" } else { "a" });
    let wrong = [
        basic("other", &token),
        basic("ci", ""),
        basic("ci", &altered),
        basic("", &token),
        "Basic !!!".to_owned(),
        "Basic".to_owned(),
        format!("Digest {token}"),
        format!("Bearer {altered}"),
        "Bearer ".to_owned(),
        token.clone(),
    ];
    for header in wrong {
        let reply = client.send("GET", "/v2/", &[("Authorization", &header)], b"").await;
        assert_eq!(reply.status, 401, "{header}");
    }
    let (good, bad) = (basic("ci", &token), "Bearer no");
    let twice = [("Authorization", good.as_str()), ("Authorization", bad)];
    assert_eq!(client.send("GET", "/v2/", &twice, b"").await.status, 401);
    for header in [good, format!("bearer {token}")] {
        let reply = client.send("GET", "/v2/", &[("Authorization", &header)], b"").await;
        assert_eq!(reply.status, 200, "{header}");
    }
}

#[tokio::test]
async fn a_token_reaches_what_its_scopes_say() {
    let guarded = Guarded::start(false).await;
    let reader = guarded.token("r", &["read:team"]).await;
    let writer = guarded.token("w", &["write:team/"]).await;
    let admin = guarded.token("a", &["admin:team"]).await;
    let blob = guarded.push(&writer, "team/a", b"bytes").await;
    let path = format!("/v2/team/a/blobs/{blob}");
    assert_eq!(guarded.ask(&reader, "GET", &path, b"").await.body, b"bytes");
    let start = "/v2/team/a/blobs/uploads/";
    assert_eq!(guarded.ask(&reader, "POST", start, b"").await.status, 403);
    assert_eq!(guarded.ask(&writer, "POST", "/v2/team-x/a/blobs/uploads/", b"").await.status, 403);
    assert_eq!(guarded.ask(&writer, "DELETE", &path, b"").await.status, 403);
    assert_eq!(guarded.ask(&admin, "DELETE", &path, b"").await.status, 202);
    for path in ["/log/tile/0/000", "/x", "/v2/a/b"] {
        assert_eq!(guarded.ask(&admin, "GET", path, b"").await.status, 403, "{path}");
        let all = guarded.token("all", &["read:*"]).await;
        assert_eq!(guarded.ask(&all, "GET", path, b"").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn what_one_may_not_see_looks_like_what_is_not_there() {
    let guarded = Guarded::start(false).await;
    let owner = guarded.token("o", &["write:secret"]).await;
    let other = guarded.token("x", &["write:mine"]).await;
    let blob = guarded.push(&owner, "secret/a", b"hidden").await;
    for there in [
        format!("/v2/secret/a/blobs/{blob}"),
        "/v2/secret/a/tags/list".to_owned(),
        "/v2/secret/a/manifests/v1".to_owned(),
        "/api/v1/kits/secret%2Fa/versions".to_owned(),
        "/api/v1/compare?a=secret/a:v1&b=mine/a:v1".to_owned(),
    ] {
        let absent = there.replace("secret", "nothing");
        for (method, body) in [("GET", b""), ("HEAD", b"")] {
            let seen = guarded.ask(&other, method, &there, body).await;
            let unseen = guarded.ask(&other, method, &absent, body).await;
            assert_eq!((seen.status, seen.body), (403, unseen.body), "{there}");
            assert_eq!(unseen.status, 403);
        }
        assert_eq!(guarded.hub.client.get(&there).await.status, 401);
    }
    // The bytes are the hub's, but not in the repository of who asks.
    let path = format!("/v2/mine/a/blobs/{blob}");
    assert_eq!(guarded.ask(&other, "GET", &path, b"").await.status, 404);
}

#[tokio::test]
async fn a_mount_takes_only_from_what_one_may_read() {
    let guarded = Guarded::start(false).await;
    let owner = guarded.token("o", &["write:secret"]).await;
    let other = guarded.token("x", &["write:mine"]).await;
    let both = guarded.token("b", &["write:mine", "read:secret"]).await;
    let blob = guarded.push(&owner, "secret/a", b"hidden").await;
    let mount = format!("/v2/mine/a/blobs/uploads/?mount={blob}");
    let tries = ["", "&from=secret/a", "&from=mine/a&from=secret/a", "&fr%6Fm=secret%2Fa"];
    for from in tries {
        let reply = guarded.ask(&other, "POST", &format!("{mount}{from}"), b"").await;
        assert_eq!(reply.status, 202, "{from}: an upload, as where there is nothing to mount");
    }
    let path = format!("/v2/mine/a/blobs/{blob}");
    assert_eq!(guarded.ask(&other, "HEAD", &path, b"").await.status, 404);
    let from = format!("{mount}&from=secret/a");
    assert_eq!(guarded.ask(&both, "POST", &from, b"").await.status, 201);
    assert_eq!(guarded.ask(&other, "GET", &path, b"").await.body, b"hidden");
}

#[tokio::test]
async fn an_upload_belongs_to_its_repository() {
    let guarded = Guarded::start(false).await;
    let owner = guarded.token("o", &["write:secret"]).await;
    let other = guarded.token("x", &["write:mine"]).await;
    let begun = guarded.ask(&owner, "POST", "/v2/secret/a/blobs/uploads/", b"").await;
    let location = begun.header("location").to_owned();
    assert_eq!(guarded.ask(&other, "PATCH", &location, b"x").await.status, 403);
    let moved = location.replace("secret", "mine");
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(guarded.ask(&other, method, &moved, b"x").await.status, 404, "{method}");
    }
    assert_eq!(guarded.ask(&owner, "PATCH", &location, b"x").await.status, 202);
}

#[tokio::test]
async fn anonymous_read_is_for_reading_and_not_for_bad_tokens() {
    let guarded = Guarded::start(true).await;
    let writer = guarded.token("w", &["write:team"]).await;
    let blob = guarded.push(&writer, "team/a", b"open").await;
    let client = &guarded.hub.client;
    let path = format!("/v2/team/a/blobs/{blob}");
    assert_eq!(client.get(&path).await.body, b"open");
    assert_eq!(client.get("/v2/_catalog").await.status, 200);
    assert_eq!(client.call("DELETE", &path).await.status, 401);
    assert_eq!(client.call("POST", "/v2/team/a/blobs/uploads/").await.status, 401);
    assert_eq!(guarded.ask("skt_no", "GET", &path, b"").await.status, 401);
    // Clients that show what they have only where they are asked for it are asked, and told that anyone gets one.
    let asked = client.get("/v2/").await;
    assert_eq!(asked.status, 401);
    assert!(asked.header("www-authenticate").starts_with("Bearer realm="));
    let given = client.get("/token?scope=repository:team/a:pull,push").await;
    assert_eq!((given.status, &given.json()["scope"]), (200, &"repository:team/a:pull".into()));
    let anyone = given.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(guarded.ask(&anyone, "GET", "/v2/", b"").await.status, 200);
    assert_eq!(guarded.ask(&anyone, "GET", &path, b"").await.body, b"open");
    assert_eq!(guarded.ask(&anyone, "DELETE", &path, b"").await.status, 401);
    assert_eq!(guarded.ask(&writer, "GET", "/v2/", b"").await.status, 200);
    let wrong = [("Authorization", basic("w", "skt_no"))];
    let wrong = wrong.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(client.send("GET", "/token", &wrong, b"").await.status, 401, "no login");
}

#[tokio::test]
async fn a_malformed_reference_is_told_to_who_may_read_the_repository() {
    let guarded = Guarded::start(false).await;
    let reader = guarded.token("r", &["read:team"]).await;
    let other = guarded.token("o", &["read:other"]).await;
    for bad in ["manifests/sha256:12", "manifests/.x", "blobs/sha256:12", "referrers/sha256:12"] {
        let path = format!("/v2/team/a/{bad}");
        assert_eq!(guarded.ask(&reader, "GET", &path, b"").await.status, 400, "{bad}");
        assert_eq!(guarded.ask(&reader, "PUT", &path, b"").await.status, 403, "{bad}");
        assert_eq!(guarded.ask(&other, "GET", &path, b"").await.status, 403, "{bad}");
        let nobody = guarded.hub.client.get(&path).await;
        assert_eq!(nobody.status, 401, "{bad}");
        assert!(nobody.header("www-authenticate").contains("repository:team/a:pull"), "{bad}");
        assert_eq!(nobody.header("docker-distribution-api-version"), "registry/2.0");
    }
}

#[tokio::test]
async fn nobody_is_called_as_who_acts_without_a_token() {
    let guarded = Guarded::start(false).await;
    for user in ["operator", "hub", "anonymous", "Operator"] {
        let refused = guarded.tokens.add(new(user, &["read:*"], None)).await.unwrap_err();
        assert!(refused.to_string().contains(user) && refused.hint().is_some(), "{refused}");
    }
}

static CLOCK: AtomicI64 = AtomicI64::new(1_000);

#[tokio::test]
async fn tokens_end_and_only_their_hash_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let database = storage.database().clone();
    let tokens =
        Tokens::with_clock(database.clone(), || CLOCK.load(Ordering::SeqCst)).await.unwrap();
    let first = tokens.first().await.unwrap().unwrap();
    assert_eq!(tokens.first().await.unwrap(), None, "there is one already");
    assert!(tokens.revoke(1).await.unwrap());
    assert!(!tokens.revoke(1).await.unwrap());
    assert!(!tokens.revoke(99).await.unwrap());
    assert_eq!(tokens.first().await.unwrap(), None, "revoking the first makes no other");
    let (short, _) = tokens.add(new("u", &["read:*"], Some(1_010))).await.unwrap();
    assert_ne!(first, short);
    let keys = Arc::new(TokenKeys::open(folder.path()).unwrap());
    let access = Access {
        tokens: tokens.clone(),
        keys,
        anonymous_read: false,
        address: None,
        limits: None,
        issuers: None,
    };
    let hub = TestHub::over(Arc::new(storage), |options| options.access = Some(access)).await;
    let status = async |token: &str| {
        let bearer = format!("Bearer {token}");
        hub.client.send("GET", "/v2/", &[("Authorization", &bearer)], b"").await.status
    };
    assert_eq!((status(&first).await, status(&short).await), (401, 200));
    CLOCK.store(1_010, Ordering::SeqCst);
    assert_eq!(status(&short).await, 401);
    database.write(|_| Ok(())).await.unwrap();
    let listed = tokens.list().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].revoked, listed[1].expires), (Some(1_000), Some(1_010)));
    assert_eq!((listed[0].used, listed[1].used), (None, Some(1_000)), "only what was good");
    for entry in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            for token in [&first, &short] {
                let random = &token.as_bytes()[4..34];
                assert!(!bytes.windows(30).any(|part| part == random), "{:?}", entry.path());
            }
        }
    }
}

/// Tokens that are used again and again are kept in memory; another process may revoke them.
#[tokio::test]
async fn a_token_that_another_process_revokes_is_refused_at_once() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["read:*"]).await;
    let status = async || guarded.ask(&token, "GET", "/v2/", b"").await.status;
    assert_eq!((status().await, status().await), (200, 200));
    let other = Storage::open(guarded.folder.path()).unwrap();
    let others = Tokens::of(&other).await.unwrap();
    let id = others.list().await.unwrap()[0].id;
    assert!(others.revoke(id).await.unwrap());
    assert_eq!((status().await, status().await), (401, 401));
}

static MINUTES: AtomicI64 = AtomicI64::new(5_000);

#[tokio::test]
async fn the_last_use_of_a_token_is_kept_to_the_minute() {
    let guarded = Guarded::start(false).await;
    let database = guarded.storage.database().clone();
    let tokens = Tokens::with_clock(database, || MINUTES.load(Ordering::SeqCst)).await.unwrap();
    let keys = Arc::new(TokenKeys::open(guarded.folder.path()).unwrap());
    let access = Access {
        tokens: tokens.clone(),
        keys,
        anonymous_read: false,
        address: None,
        limits: None,
        issuers: None,
    };
    let names = Arc::new(guarded.storage.clone());
    let hub = TestHub::over(names, |options| options.access = Some(access)).await;
    let (token, _) = tokens.add(new("ci", &["read:a"], None)).await.unwrap();
    tokens.add(new("idle", &["read:a"], None)).await.unwrap();
    let ask = async |authorization: &str, path: &str| {
        hub.client.send("GET", path, &[("Authorization", authorization)], b"").await
    };
    let used = async || {
        // Behind an act of its own all that was noted before is written.
        guarded.storage.database().write(|_| Ok(())).await.unwrap();
        let listed = tokens.list().await.unwrap();
        listed.iter().map(|token| token.used).collect::<Vec<_>>()
    };
    let bearer = format!("Bearer {token}");
    assert_eq!(ask(&bearer, "/v2/b/tags/list").await.status, 403);
    assert_eq!(used().await, [Some(5_000), None], "one that is refused was used too");
    MINUTES.store(5_059, Ordering::SeqCst);
    ask(&bearer, "/v2/a/tags/list").await;
    assert_eq!(used().await, [Some(5_000), None]);
    // A short-lived token is used for the one that it was given for.
    let short = ask(&basic("ci", &token), "/token?scope=repository:a:pull").await.json();
    MINUTES.store(5_060, Ordering::SeqCst);
    ask(&format!("Bearer {}", short["token"].as_str().unwrap()), "/v2/a/tags/list").await;
    assert_eq!(used().await, [Some(5_060), None]);
    MINUTES.store(9_000, Ordering::SeqCst);
    assert_eq!(ask(&basic("other", &token), "/v2/").await.status, 401);
    assert_eq!(used().await, [Some(5_060), None]);
}

#[tokio::test]
async fn a_token_that_could_not_be_listed_or_used_is_not_made() {
    let guarded = Guarded::start(false).await;
    let long = "x".repeat(65);
    for user in ["", "a b", "a:b", "a\u{1b}[31m", "ä", &long] {
        assert!(guarded.tokens.add(new(user, &["read:*"], None)).await.is_err(), "{user:?}");
    }
    assert!(guarded.tokens.add(new("u", &[], None)).await.is_err());
    assert_eq!(guarded.tokens.list().await.unwrap(), []);
}

#[tokio::test]
async fn nobody_writes_to_what_is_no_repository_with_less_than_write_everywhere() {
    let guarded = Guarded::start(true).await;
    let reader = guarded.token("r", &["read:*"]).await;
    let writer = guarded.token("w", &["write:team"]).await;
    let path = "/log/api/v2/log/entries";
    assert_eq!(guarded.hub.client.call("POST", path).await.status, 401);
    for token in [&reader, &writer] {
        assert_eq!(guarded.ask(token, "POST", path, b"{}").await.status, 403);
    }
    let all = guarded.token("all", &["write:*"]).await;
    assert_ne!(guarded.ask(&all, "POST", path, b"{}").await.status, 403);
}

#[tokio::test]
async fn who_asks_too_often_waits() {
    let guarded = crate::common::guarded::limited(5).await;
    let busy = guarded.token("busy", &["read:*"]).await;
    let calm = guarded.token("calm", &["read:*"]).await;
    let mut last = guarded.ask(&busy, "GET", "/v2/", b"").await;
    for _ in 0..100 {
        last = guarded.ask(&busy, "GET", "/v2/", b"").await;
        if last.status == 429 {
            break;
        }
    }
    assert_eq!((last.status, last.error_code().as_str()), (429, "TOOMANYREQUESTS"));
    assert_eq!(last.header("retry-after"), "1");
    let page = guarded.ask(&busy, "GET", "/api/v1/kits", b"").await;
    assert_eq!((page.status, page.json()["code"].as_str()), (429, Some("too-many-requests")));
    let authorization = basic("busy", &busy);
    let busy = [("Authorization", authorization.as_str())];
    let refused = guarded.hub.client.send("GET", "/token", &busy, b"").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"), "nor fetch others");
    assert_eq!(guarded.ask(&calm, "GET", "/v2/", b"").await.status, 200);
    assert_eq!(guarded.hub.client.get("/healthz").await.status, 200);
}
