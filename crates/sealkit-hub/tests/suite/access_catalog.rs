//! Questions to the catalogue give a token what its scope gives, and no more.

use crate::common::guarded::Guarded;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealkit_testkit::{Kit, KitBuilder};
use serde_json::Value;

/// A hub with one kit in `team`, `team/secret` and `other`, and a token that may write all of them.
async fn filled(dir: &std::path::Path) -> (Guarded, String, Kit) {
    let (guarded, index) = Guarded::looking(dir).await;
    let all = guarded.token("all", &["write:*"]).await;
    let kit = KitBuilder::small("same").build();
    for name in ["team", "team/secret", "other"] {
        guarded.push_kit(&all, name, "v1", &kit).await;
    }
    let running = index.start();
    index.settled().await.unwrap();
    drop(running);
    (guarded, all, kit)
}

/// A token of `own` that is bound to `scope`.
async fn bound(guarded: &Guarded, own: &str, scope: &str) -> String {
    let basic = format!("Basic {}", STANDARD.encode(format!("t:{own}")));
    let path = format!("/token?service=sealkit-hub&scope={scope}");
    let reply = guarded.hub.client.send("GET", &path, &[("Authorization", &basic)], b"").await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()["token"].as_str().unwrap().to_owned()
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let name = |one: &Value| one["repository"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = answer[list].as_array().unwrap().iter().map(name).collect();
    names.sort();
    names
}

/// What a token finds by search, by impact and as lineage of `team`, with the counts that go with them.
async fn seen(guarded: &Guarded, token: &str, kit: &Kit) -> (Vec<String>, Vec<String>) {
    let search = guarded.ask(token, "GET", "/api/v1/search", b"").await.json();
    let found = names(&search, "hits");
    assert_eq!(search["total"], found.len());
    for facet in search["facets"].as_array().unwrap() {
        assert!(facet["count"].as_u64().unwrap() <= found.len() as u64, "{facet}");
    }
    let of = format!("/api/v1/impact?of={}", kit.manifest.digest());
    let impact = guarded.ask(token, "GET", &of, b"").await.json();
    let concerned = names(&impact, "affected");
    assert_eq!(impact["searched"], concerned.len());
    let table = guarded.ask(token, "GET", &format!("{of}&format=csv"), b"").await;
    let table = String::from_utf8(table.body).unwrap();
    assert_eq!(table.lines().count(), concerned.len() + 1, "{table}");
    (found, concerned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_finds_what_it_is_bound_to_and_nothing_below_it() {
    let dir = tempfile::tempdir().unwrap();
    let (guarded, _, kit) = filled(dir.path()).await;
    let own = guarded.token("t", &["read:team"]).await;
    let both = ["team", "team/secret"].map(str::to_owned).to_vec();
    assert_eq!(seen(&guarded, &own, &kit).await, (both.clone(), both.clone()));
    let one = bound(&guarded, &own, "repository:team:pull").await;
    let team = vec!["team".to_owned()];
    assert_eq!(seen(&guarded, &one, &kit).await, (team.clone(), team.clone()));
    let state = guarded.ask(&one, "GET", "/api/v1/catalog", b"").await.json();
    assert_eq!(state["versions"], 1);
    let lineage = "/api/v1/kits/team/versions/v1/lineage";
    let lineage = guarded.ask(&one, "GET", lineage, b"").await;
    assert!(!String::from_utf8(lineage.body).unwrap().contains("secret"));
    let (status, page) = guarded.page(&one, "/search").await;
    assert!(status == 200 && !page.contains("secret"), "{page}");
    // Bound to the list of repositories it finds what its owner may read, as that list shows it.
    let list = bound(&guarded, &own, "registry:catalog:*").await;
    assert_eq!(seen(&guarded, &list, &kit).await, (both.clone(), both));
    // Without any scope, nothing.
    let none = bound(&guarded, &own, "repository:elsewhere:pull").await;
    assert_eq!(seen(&guarded, &none, &kit).await, (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_aiboms_asks_for_impact_and_searches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (guarded, _, kit) = filled(dir.path()).await;
    let own = guarded.token("t", &["aibom:team"]).await;
    let both = ["team", "team/secret"].map(str::to_owned).to_vec();
    assert_eq!(seen_by_impact(&guarded, &own, &kit).await, both);
    let one = bound(&guarded, &own, "repository:team:aibom").await;
    assert_eq!(seen_by_impact(&guarded, &one, &kit).await, ["team"]);
    // A list of repositories is for who may read them.
    let list = bound(&guarded, &own, "registry:catalog:*").await;
    assert_eq!(seen_by_impact(&guarded, &list, &kit).await, [""; 0]);
    for token in [&own, &one] {
        let search = guarded.ask(token, "GET", "/api/v1/search", b"").await.json();
        assert_eq!((&search["total"], names(&search, "hits").len()), (&Value::from(0), 0));
    }
}

async fn seen_by_impact(guarded: &Guarded, token: &str, kit: &Kit) -> Vec<String> {
    let of = format!("/api/v1/impact?of={}", kit.manifest.digest());
    names(&guarded.ask(token, "GET", &of, b"").await.json(), "affected")
}
