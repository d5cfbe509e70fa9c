//! Lists show a token what it may read.

use crate::common::guarded::{Guarded, index};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit_oci::Digest;
use serde_json::{Value, json};

/// A hub with four repositories, and tokens: of everything, of `team`, of something that is not there.
async fn filled() -> (Guarded, [String; 3]) {
    let guarded = Guarded::start(false).await;
    let all = guarded.token("all", &["write:*"]).await;
    for name in ["alpha", "team", "team-x/b", "team/a", "zeta/c"] {
        assert_eq!(guarded.tag(&all, name, "v1", name).await.status, 201);
    }
    let team = guarded.token("t", &["write:team"]).await;
    let none = guarded.token("n", &["admin:elsewhere"]).await;
    (guarded, [all, team, none])
}

async fn names(guarded: &Guarded, token: &str, path: &str) -> Vec<String> {
    let list = guarded.ask(token, "GET", path, b"").await.json();
    let list = if path.starts_with("/v2") { &list["repositories"] } else { &list["kits"] };
    let name = |entry: &Value| entry.as_str().or(entry["name"].as_str()).map(str::to_owned);
    list.as_array().unwrap().iter().map(|entry| name(entry).unwrap()).collect()
}

#[tokio::test]
async fn lists_are_cut_to_what_one_may_read() {
    let (guarded, [all, team, none]) = filled().await;
    for path in ["/v2/_catalog", "/api/v1/kits"] {
        let seen = names(&guarded, &all, path).await;
        assert_eq!(seen, ["alpha", "team", "team-x/b", "team/a", "zeta/c"], "{path}");
        assert_eq!(names(&guarded, &team, path).await, ["team", "team/a"], "{path}");
        assert_eq!(names(&guarded, &none, path).await, [""; 0], "{path}");
        assert_eq!(guarded.hub.client.get(path).await.status, 401, "{path}");
        assert_eq!(guarded.ask("skt_no", "GET", path, b"").await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn pages_of_a_cut_list_have_no_holes() {
    let (guarded, [all, team, _]) = filled().await;
    for (token, expected) in [(&all, 5), (&team, 2)] {
        let (mut path, mut seen) = ("/v2/_catalog?n=1".to_owned(), Vec::new());
        loop {
            let reply = guarded.ask(token, "GET", &path, b"").await;
            let page = reply.json()["repositories"].as_array().unwrap().clone();
            assert_eq!(page.len(), 1);
            seen.extend(page);
            let Some((next, _)) = reply.header("link").split_once('>') else { break };
            path = next[1..].to_owned();
        }
        assert_eq!(seen.len(), expected);
        let first = guarded.ask(token, "GET", "/api/v1/kits?limit=1", b"").await.json();
        let after = first["next"].as_str().unwrap();
        let rest = names(&guarded, token, &format!("/api/v1/kits?after={after}")).await;
        assert_eq!(rest.len(), expected - 1);
    }
    let last = guarded.ask(&team, "GET", "/api/v1/kits?limit=2", b"").await.json();
    assert_eq!(last["next"], json!(null), "nothing says that there are others");
}

#[tokio::test]
async fn pages_show_a_token_its_repositories() {
    let (guarded, [_, team, _]) = filled().await;
    let basic = format!("Basic {}", STANDARD.encode(format!("t:{team}")));
    let page = async |path: &str| {
        let headers = [("Authorization", basic.as_str()), ("Accept", "text/html")];
        let reply = guarded.hub.client.send("GET", path, &headers, b"").await;
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let (status, home) = page("/").await;
    assert!(status == 200 && home.contains("/kits/team%2Fa"), "{home}");
    assert!(!home.contains("alpha") && !home.contains("zeta"), "{home}");
    assert_eq!(page("/assets/hub.css").await.0, 200);
    assert_eq!(page("/help/marks").await.0, 200);
    assert_eq!(page("/kits/team%2Fa").await.0, 200);
    assert_eq!(page("/compare").await.0, 200);
    for path in ["/kits/alpha", "/kits/zeta%2Fc", "/kits/nothing", "/compare?a=alpha:v1&b=team:v1"]
    {
        assert_eq!(page(path).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn the_log_says_who_acted_and_proves_what_one_may_read() {
    let (guarded, [all, team, none]) = filled().await;
    let about =
        |name: &str| format!("/api/v1/log/proof?digest={}", Digest::of(index(name).as_bytes()));
    let mine = guarded.ask(&team, "GET", &about("team/a"), b"").await;
    assert_eq!(mine.status, 200);
    let entry = mine.json()["proofs"][0]["entry"].as_str().unwrap().to_owned();
    let entry = String::from_utf8(STANDARD.decode(entry).unwrap()).unwrap();
    assert!(entry.contains(r#""actor":"all""#), "{entry}");
    assert_eq!(guarded.ask(&team, "GET", &about("alpha"), b"").await.status, 404);
    assert_eq!(guarded.ask(&none, "GET", &about("team/a"), b"").await.status, 404);
    assert_eq!(guarded.ask(&all, "GET", &about("alpha"), b"").await.status, 200);
    let numbered = guarded.ask(&none, "GET", "/api/v1/log/proof?index=0", b"").await;
    assert_eq!(numbered.status, 404, "as where there is no such entry");
    assert_eq!(guarded.ask(&none, "GET", "/log/checkpoint", b"").await.status, 200);
    assert_eq!(guarded.ask(&none, "GET", "/log/tile/entries/000.p/1", b"").await.status, 403);
}
