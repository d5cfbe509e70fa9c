//! Owners: the kits below a prefix, and for administrators its rules and tokens.

use crate::common::guarded::Guarded;
use crate::common::trusting::Trusting;
use sealkit_hub::RuleChange;
use sealkit_testkit::KitBuilder;
use serde_json::{Value, json};

const OWNER: &str = "/api/v1/owners/org";

async fn filled() -> Guarded {
    let guarded = Guarded::start(false).await;
    for name in ["org/a", "org/b", "org/team/c", "organ/d", "org", "other"] {
        KitBuilder::small(name).store(&*guarded.hub.repository(name), "v1").await;
    }
    let change = RuleChange { max_bytes: Some(Some(1 << 30)), ..RuleChange::default() };
    guarded.rules.set("org", change).await.unwrap();
    guarded.rules.set("other", change).await.unwrap();
    guarded.rules.set("*", change).await.unwrap();
    guarded
}

fn names(found: &Value) -> Vec<&str> {
    found["kits"].as_array().unwrap().iter().map(|kit| kit["name"].as_str().unwrap()).collect()
}

fn prefixes(found: &Value) -> Vec<&str> {
    let rules = found["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    rules.iter().map(|rule| rule["prefix"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_owner_has_what_is_below_its_name_in_pages() {
    let guarded = filled().await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let all = guarded.ask(&boss, "GET", OWNER, b"").await.json();
    assert_eq!(names(&all), ["org", "org/a", "org/b", "org/team/c"]);
    let first = guarded.ask(&boss, "GET", &format!("{OWNER}?limit=2"), b"").await;
    assert_eq!(first.header("link"), "</api/v1/owners/org?limit=2&after=org%2Fa>; rel=\"next\"");
    let rest = guarded.ask(&boss, "GET", &format!("{OWNER}?after=org%2Fa"), b"").await.json();
    assert_eq!(names(&rest), ["org/b", "org/team/c"]);
    let team = guarded.ask(&boss, "GET", "/api/v1/owners/org%2Fteam", b"").await.json();
    assert_eq!(names(&team), ["org/team/c"]);
    for gone in
        ["/api/v1/owners/nobody", "/api/v1/owners/or", "/api/v1/owners/ORG", "/kits/nobody/"]
    {
        assert_eq!(guarded.ask(&boss, "GET", gone, b"").await.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn it_is_cut_to_who_asks() {
    let guarded = filled().await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let lead = guarded.token("lead", &["admin:org"]).await;
    let reader = guarded.token("reader", &["read:org/a", "read:other"]).await;
    let stranger = guarded.token("stranger", &["read:other"]).await;
    let of = async |token: &str| guarded.ask(token, "GET", OWNER, b"").await;
    let boss = of(&boss).await.json();
    assert_eq!(prefixes(&boss), ["*", "org"]);
    let tokens = boss["tokens"].as_array().unwrap();
    let users: Vec<&str> = tokens.iter().map(|token| token["user"].as_str().unwrap()).collect();
    assert_eq!(users, ["reader", "lead", "boss"], "one that reaches nothing of it is left out");
    let lead = of(&lead).await.json();
    assert_eq!((prefixes(&lead), &lead["tokens"]), (vec!["org"], &Value::Null));
    let reader = of(&reader).await.json();
    assert_eq!(names(&reader), ["org/a"]);
    assert_eq!((&reader["rules"], &reader["tokens"]), (&Value::Null, &Value::Null));
    let refused = of(&stranger).await;
    assert_eq!(refused.status, 404);
    let unknown = guarded.ask(&stranger, "GET", "/api/v1/owners/nobody", b"").await;
    assert_eq!(
        refused.json()["message"].as_str().unwrap().replace("org", "nobody"),
        unknown.json()["message"].as_str().unwrap(),
        "whoever may read nothing of it learns no more than of one that is not there"
    );
    assert_eq!(guarded.hub.client.get(OWNER).await.status, 401);
}

#[tokio::test]
async fn the_page_shows_the_same() {
    let guarded = filled().await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let reader = guarded.token("reader", &["read:org"]).await;
    let (status, page) = guarded.page(&boss, "/kits/org/").await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("href=\"/kits/org%2Fteam%2Fc\"") && !page.contains("organ"), "{page}");
    assert!(page.contains("Tokens that reach it") && page.contains("Revoke…"), "{page}");
    assert!(page.contains("Rules and quotas") && page.contains("1.0 GiB"), "{page}");
    let (_, page) = guarded.page(&reader, "/kits/org/").await;
    assert!(page.contains("org/team/c") && !page.contains("Tokens that reach it"), "{page}");
    assert!(!page.contains("quotas"), "{page}");
    let (_, kit) = guarded.page(&reader, "/kits/org%2Fa").await;
    assert!(kit.contains("href=\"/kits/org/\""), "a kit leads to its owner: {kit}");
    assert_eq!(json!(guarded.page(&reader, "/kits/none/").await.0), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kit_of_a_page_is_told_however_many_newer_ones_the_owner_has() {
    let hub = Trusting::start().await;
    // A page of kits, and one more: the first by name is the oldest.
    for at in 0..101 {
        hub.push(&format!("org/k{at:03}"), "v1", &KitBuilder::small("k")).await;
    }
    hub.index.settled().await.unwrap();
    let page = hub.get("/kits/org/").await;
    assert!(page.contains("org/k000") && page.contains("Next kits"), "{page}");
    assert!(!page.contains("not looked at yet"), "{page}");
}
