//! The distribution token flow from outside.

use std::collections::BTreeMap;

use crate::common::guarded::{Guarded, new};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sealkit_testkit::Reply;
use serde_json::{Value, json};

async fn ask(guarded: &Guarded, user: &str, token: &str, query: &str) -> Reply {
    let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{token}")));
    let headers = [("Authorization", basic.as_str())];
    guarded.hub.client.send("GET", &format!("/token?{query}"), &headers, b"").await
}

/// A short-lived token for `query`.
async fn get(guarded: &Guarded, user: &str, token: &str, query: &str) -> String {
    let reply = ask(guarded, user, token, query).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    let answer = reply.json();
    assert_eq!(answer["token"], answer["access_token"]);
    let granted = claims(answer["token"].as_str().unwrap())["access"].clone();
    let told = granted.as_array().unwrap().iter().map(|one| {
        let actions: Vec<&str> =
            one["actions"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let text = |key: &str| one[key].as_str().unwrap().to_owned();
        format!("{}:{}:{}", text("type"), text("name"), actions.join(","))
    });
    assert_eq!(
        answer["scope"],
        told.collect::<Vec<_>>().join(" "),
        "what is in it, not what was asked"
    );
    answer["token"].as_str().unwrap().to_owned()
}

async fn form(guarded: &Guarded, text: &str) -> Reply {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    guarded.hub.client.send("POST", "/token", &headers, text.as_bytes()).await
}

fn claims(token: &str) -> Value {
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

/// The parameters of the first challenge.
fn challenge(reply: &Reply) -> BTreeMap<String, String> {
    let text = reply.header("www-authenticate").strip_prefix("Bearer ").unwrap().to_owned();
    let pairs = text.split("\",").map(|pair| pair.split_once("=\"").unwrap());
    pairs.map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned())).collect()
}

#[tokio::test]
async fn a_challenge_leads_to_a_token_for_what_was_refused() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["write:team"]).await;
    let blob = guarded.push(&token, "team/a", b"bytes").await;
    let path = format!("/v2/team/a/blobs/{blob}");
    let refused = guarded.hub.client.get(&path).await;
    let told = challenge(&refused);
    assert_eq!(told["realm"], format!("http://{}/token", guarded.hub.addr));
    assert_eq!((&*told["service"], &*told["scope"]), ("sealkit-hub", "repository:team/a:pull"));
    let query = format!("service={}&scope={}&account=ci", told["service"], told["scope"]);
    let short = get(&guarded, "ci", &token, &query).await;
    assert_eq!(guarded.ask(&short, "GET", &path, b"").await.body, b"bytes");
    assert_eq!(guarded.ask(&short, "GET", "/v2/", b"").await.status, 200);
    let said = claims(&short);
    let access = json!([{ "type": "repository", "name": "team/a", "actions": ["pull"] }]);
    assert_eq!((&said["sub"], &said["access"]), (&json!("ci"), &access));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 300);
    for (method, path, scope) in [
        ("GET", "/v2/", None),
        ("POST", "/v2/team/a/blobs/uploads/", Some("repository:team/a:pull,push")),
        ("DELETE", "/v2/team/a/manifests/v1", Some("repository:team/a:pull,push,delete")),
    ] {
        let told = challenge(&guarded.hub.client.call(method, path).await);
        assert_eq!(told.get("scope").map(String::as_str), scope);
    }
}

#[tokio::test]
async fn a_short_lived_token_does_what_it_is_bound_to_and_no_more() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["write:team"]).await;
    let blob = guarded.push(&token, "team/a", b"bytes").await;
    guarded.push(&token, "team/b", b"other").await;
    let short = get(&guarded, "ci", &token, "scope=repository:team/a:pull").await;
    let more = [
        ("POST", "/v2/team/a/blobs/uploads/".to_owned()),
        ("GET", "/v2/team/b/tags/list".to_owned()),
        ("POST", format!("/v2/team/b/blobs/uploads/?mount={blob}&from=team/a")),
    ];
    for (method, path) in more {
        let reply = guarded.ask(&short, method, &path, b"").await;
        assert_eq!(reply.status, 401, "{path}: another token would do");
        let told = challenge(&reply);
        assert_eq!(told["error"], "insufficient_scope");
        let another = get(&guarded, "ci", &token, &format!("scope={}", told["scope"])).await;
        assert!(guarded.ask(&another, method, &path, b"").await.status < 405, "{path}");
    }
    for path in ["/v2/other/tags/list", "/x", "/log/tile/0/000"] {
        assert_eq!(guarded.ask(&short, "GET", path, b"").await.status, 403, "{path}: none would");
    }
    let bearer = format!("Bearer {short}");
    let reply = guarded.hub.client.send("GET", "/token", &[("Authorization", &bearer)], b"").await;
    assert_eq!(reply.status, 401, "what is bound gets no other token");
    let reply = ask(&guarded, "ci", &short, "scope=repository:team/b:pull").await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn less_than_was_asked_for_is_no_error() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["write:team", "read:base"]).await;
    let query = "scope=repository:team/a:pull,push,delete&scope=repository:base:pull,push\
                 &scope=repository:secret:pull&scope=registry:catalog:*";
    let said = claims(&get(&guarded, "ci", &token, query).await);
    let access = json!([
        { "type": "repository", "name": "team/a", "actions": ["pull", "push"] },
        { "type": "repository", "name": "base", "actions": ["pull"] },
        { "type": "registry", "name": "catalog", "actions": ["*"] },
    ]);
    assert_eq!(said["access"], access);
    let none = get(&guarded, "ci", &token, "scope=repository:secret:pull").await;
    assert_eq!(claims(&none)["access"], json!([]));
    assert_eq!(guarded.ask(&none, "GET", "/v2/", b"").await.status, 200);
    assert_eq!(guarded.ask(&none, "GET", "/v2/secret/tags/list", b"").await.status, 403);
    let many = "scope=repository:a:pull&".repeat(65);
    assert_eq!(ask(&guarded, "ci", &token, &many).await.status, 400);
    assert_eq!(ask(&guarded, "ci", &token, "service=other").await.status, 400);
}

#[tokio::test]
async fn two_scopes_mount_and_a_catalogue_scope_lists() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["write:team"]).await;
    guarded.tag(&token, "team/a", "v1", "a").await;
    let blob = guarded.push(&token, "team/a", b"bytes").await;
    let mount = format!("/v2/team/b/blobs/uploads/?mount={blob}&from=team/a");
    let one = get(&guarded, "ci", &token, "scope=repository:team/b:pull,push").await;
    assert_eq!(guarded.ask(&one, "POST", &mount, b"").await.status, 202, "a plain upload");
    let query = "scope=repository:team/b:pull,push&scope=repository:team/a:pull";
    let both = get(&guarded, "ci", &token, query).await;
    assert_eq!(guarded.ask(&both, "POST", &mount, b"").await.status, 201);
    let names = async |short: &str| {
        guarded.ask(short, "GET", "/v2/_catalog", b"").await.json()["repositories"].clone()
    };
    let list = get(&guarded, "ci", &token, "scope=registry:catalog:*").await;
    assert_eq!(names(&list).await, json!(["team/a", "team/b"]));
    assert_eq!(guarded.ask(&list, "GET", "/v2/team/a/tags/list", b"").await.status, 401);
    assert_eq!(names(&one).await, json!(["team/b"]), "what it is bound to");
}

#[tokio::test]
async fn it_ends_with_the_token_that_it_was_given_for() {
    let guarded = Guarded::start(false).await;
    let (text, token) = guarded.tokens.add(new("ci", &["read:team"], None)).await.unwrap();
    let short = get(&guarded, "ci", &text, "scope=repository:team/a:pull").await;
    assert_eq!(guarded.ask(&short, "GET", "/v2/", b"").await.status, 200);
    guarded.tokens.revoke(token.id).await.unwrap();
    let reply = guarded.ask(&short, "GET", "/v2/", b"").await;
    assert_eq!(challenge(&reply)["error"], "invalid_token");
    assert_eq!(ask(&guarded, "ci", &text, "").await.status, 401);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let soon = i64::try_from(now.as_secs()).unwrap() + 60;
    let (text, _) = guarded.tokens.add(new("ci", &["read:team"], Some(soon))).await.unwrap();
    let reply = ask(&guarded, "ci", &text, "scope=repository:team/a:pull").await.json();
    assert!(reply["expires_in"].as_i64().unwrap() <= 60, "{reply}");
    assert_eq!(claims(reply["token"].as_str().unwrap())["exp"], json!(soon));
}

#[tokio::test]
async fn the_form_takes_passwords_and_refresh_tokens() {
    let guarded = Guarded::start(false).await;
    let token = guarded.token("ci", &["write:team"]).await;
    let scope = "service=sealkit-hub&client_id=x&scope=repository:team/a:pull+repository:b:pull";
    let login = format!("grant_type=password&username=ci&password={token}&{scope}");
    let first = form(&guarded, &format!("{login}&access_type=offline")).await;
    assert_eq!(first.status, 200);
    let first = first.json();
    assert_eq!(first["scope"], "repository:team/a:pull");
    let refresh = first["refresh_token"].as_str().unwrap();
    assert_eq!(form(&guarded, &login).await.json().get("refresh_token"), None);
    let again = format!("grant_type=refresh_token&refresh_token={refresh}&{scope}");
    let again = form(&guarded, &again).await.json();
    let short = again["access_token"].as_str().unwrap();
    assert_eq!(guarded.ask(short, "GET", "/v2/team/a/tags/list", b"").await.status, 404);
    let offline = ask(&guarded, "ci", &token, "offline_token=true").await.json();
    assert_eq!(offline["refresh_token"], token.as_str());
    for (text, status, error) in [
        (format!("grant_type=refresh_token&refresh_token={short}"), 401, "invalid_grant"),
        (format!("grant_type=password&username=other&password={token}"), 401, "invalid_grant"),
        (format!("grant_type=password&password={token}"), 401, "invalid_grant"),
        ("grant_type=refresh_token".to_owned(), 401, "invalid_grant"),
        ("grant_type=authorization_code".to_owned(), 400, "unsupported_grant_type"),
        (String::new(), 400, "unsupported_grant_type"),
        (format!("{login}&service=other"), 400, "invalid_request"),
        ("x".repeat(70_000), 400, "invalid_request"),
    ] {
        let reply = form(&guarded, &text).await;
        assert_eq!((reply.status, &reply.json()["error"]), (status, &json!(error)), "{text:.60}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("skt_"), "{text:.60}");
    }
}

#[tokio::test]
async fn nobody_known_gets_a_token_only_where_anyone_may_read() {
    let closed = Guarded::start(false).await;
    let reply = closed.hub.client.get("/token?scope=repository:a:pull").await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").starts_with("Basic "), "as it takes no other");
    let open = Guarded::start(true).await;
    let writer = open.token("w", &["write:team"]).await;
    let blob = open.push(&writer, "team/a", b"open").await;
    let reply = open.hub.client.get("/token?scope=repository:team/a:pull,push").await.json();
    let short = reply["token"].as_str().unwrap();
    assert_eq!(claims(short)["access"][0]["actions"], json!(["pull"]));
    let path = format!("/v2/team/a/blobs/{blob}");
    assert_eq!(open.ask(short, "GET", &path, b"").await.body, b"open");
    assert_eq!(open.ask(short, "POST", "/v2/team/a/blobs/uploads/", b"").await.status, 401);
    assert_eq!(ask(&open, "w", "skt_no", "scope=repository:team/a:pull").await.status, 401);
}
