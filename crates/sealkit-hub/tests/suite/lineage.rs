//! Where versions come from, as the API and the page tell it to whoever may read what.

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use crate::common::trusting::Trusting;
use sealkit_attest::{
    DigestSet, EdgeKind, Lineage, LineageEdge, LineageNode, NodeKind, PrivateKey,
};
use sealkit_oci::Digest;
use sealkit_ops::trust;
use sealkit_testkit::{Kit, KitBuilder};
use serde_json::Value;

fn card(text: &str) -> KitBuilder {
    let card = format!("---\n{text}\n---\n# x\n");
    KitBuilder::new("kit").model("model.bin", text.as_bytes()).docs("README.md", card.as_bytes())
}

/// That the kit is `edge` of a thing with this digest.
fn from(kit: &Kit, edge: EdgeKind, name: &str, of: &Digest) -> Lineage {
    let node = |id: &str, kind, name: &str, digest: &Digest| LineageNode {
        id: id.to_owned(),
        digest: Some(DigestSet::of(digest)),
        kind,
        media_type: None,
        name: Some(name.to_owned()),
        version: None,
    };
    let nodes = vec![
        node("kit", NodeKind::Kit, "kit", kit.manifest.digest()),
        node("base", NodeKind::Model, name, of),
    ];
    let edge =
        LineageEdge { from: "kit".to_owned(), to: "base".to_owned(), kind: edge, evidence: None };
    Lineage { nodes, edges: vec![edge] }
}

fn known(answer: &Value) -> Vec<(String, String)> {
    let edges = answer["edges"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    edges.map(|edge| (text(&edge["relation"]), text(&edge["known"]))).collect()
}

const API: &str = "/api/v1/kits/org%2Fchild/versions/v1/lineage";
const PAGE: &str = "/kits/org%2Fchild/v1/lineage";

#[tokio::test(flavor = "multi_thread")]
async fn declared_ties_become_attested_where_somebody_trusted_signs_them() {
    let mut hub = Trusting::start().await;
    let base = hub.push("org/base", "v1", &card("license: mit")).await;
    let child = hub.push("org/child", "v1", &card("base_model: org/base")).await;
    hub.index.settled().await.unwrap();
    let answer = hub.json(API).await;
    assert_eq!(known(&answer), [("derived-from".to_owned(), "declared".to_owned())], "{answer}");
    assert_eq!(answer["nodes"][1]["kits"][0]["repository"], "org/base");
    assert_eq!(answer["weakest"], 0);
    let page = hub.get(PAGE).await;
    for words in ["Weakest link:", "<svg", "As a table", "declared", "/kits/org%2Fbase/v1/lineage"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    // A stranger's word changes nothing.
    let said = from(&child, EdgeKind::QuantizedFrom, "org/base", base.manifest.digest());
    hub.state("org/child", &child, &hub.stranger, &said).await;
    hub.push("org/child", "v1", &card("base_model: org/base")).await;
    hub.index.settled().await.unwrap();
    assert_eq!(known(&hub.json(API).await)[0].1, "declared");
    hub.state("org/child", &child, &hub.ada, &said).await;
    hub.push("org/child", "v1", &card("base_model: org/base")).await;
    hub.index.settled().await.unwrap();
    let answer = hub.json(API).await;
    assert_eq!(known(&answer), [("derived-from".to_owned(), "attested".to_owned())], "{answer}");
    assert_eq!(answer["edges"][0]["role"], "quantized");
    assert!(answer["edges"][0]["source"].as_str().unwrap().contains("Ada"));
    assert!(answer.get("weakest").is_none());
    assert!(hub.get(PAGE).await.contains("Every tie that is shown is attested or measured"));
    // Whoever is trusted no more has attested nothing, also until it is looked at again.
    hub.running = None;
    trust::remove(&sealkit_ops::Home::new(hub.dir.path()), "Ada").unwrap();
    let answer = hub.json(API).await;
    assert_eq!((known(&answer)[0].1.as_str(), &answer["trustChanged"]), ("declared", &true.into()));
    assert!(hub.get(PAGE).await.contains("trust file has changed"));
    // From the other side it is the same tie.
    let down = hub.json("/api/v1/kits/org%2Fbase/versions/v1/lineage?direction=down").await;
    assert_eq!(down["nodes"][1]["name"], "org/child");
    assert_eq!(down["nodes"][1]["steps"], -1);
    for page in
        [PAGE, "/kits/org%2Fbase/v1/lineage", "/kits/org%2Fbase/v1/lineage?view=full&depth=1"]
    {
        hub.follows_links(page).await;
    }
}

/// Pushes `org/base`, and `org/child` of which nothing but a statement by this key says that it is made of it; gives the
/// base.
async fn base_of_stated_child(hub: &Trusting, by: &PrivateKey) -> Kit {
    let base = hub.push("org/base", "v1", &card("license: mit")).await;
    let child = card("license: mit").docs("x.md", b"y");
    let kit = child.build();
    let said = from(&kit, EdgeKind::AdapterOf, "nobody/knows", base.manifest.digest());
    kit.store(hub.hub.repository("org/child").as_ref(), None).await;
    hub.state("org/child", &kit, by, &said).await;
    hub.push("org/child", "v1", &child).await;
    hub.index.settled().await.unwrap();
    base
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tie_that_only_a_statement_names_is_found_from_both_ends() {
    let hub = Trusting::start().await;
    base_of_stated_child(&hub, &hub.ada).await;
    let up = hub.json(&format!("{API}?direction=up")).await;
    assert_eq!(up["nodes"][1]["kits"][0]["repository"], "org/base", "{up}");
    assert_eq!(known(&up), [("derived-from".to_owned(), "attested".to_owned())]);
    let down = hub.json("/api/v1/kits/org%2Fbase/versions/v1/lineage?direction=down").await;
    assert_eq!(down["nodes"][1]["name"], "org/child", "{down}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_stranger_says_is_a_guess_and_not_passed_over() {
    let hub = Trusting::start().await;
    let base = base_of_stated_child(&hub, &hub.stranger).await;
    let up = hub.json(&format!("{API}?direction=up")).await;
    assert_eq!(known(&up), [("derived-from".to_owned(), "inferred".to_owned())]);
    assert!(up["edges"][0]["source"].as_str().unwrap().contains("who is not trusted"), "{up}");
    let found = hub.json(&format!("/api/v1/impact?of={}", base.manifest.digest())).await;
    let affected = found["affected"].as_array().unwrap();
    let child = affected.iter().find(|one| one["repository"] == "org/child").unwrap();
    assert_eq!(child["certain"], false, "{found}");
    // Nobody is told to be made of it by a search.
    let searched = hub.json("/api/v1/search?base=nobody/knows").await;
    assert_eq!(searched["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_strangers_are_text_in_picture_and_table() {
    let hub = Trusting::start().await;
    let hostile = "base_model: '<img src=x onerror=alert(2)>'\n\
                   datasets: ['</text></svg><script>alert(1)</script>', '\"onload=x', 'javascript:alert(3)']";
    hub.push("org/child", "v1", &card(hostile)).await;
    hub.index.settled().await.unwrap();
    assert!(hub.json(API).await["edges"].as_array().unwrap().len() >= 2);
    let page = hub.get(PAGE).await;
    for active in
        ["<script>alert", "<img", "\u{202e}", "href=\"javascript", "\" onload", "\"onload"]
    {
        assert!(!page.contains(active), "{active}: {page}");
    }
    assert_eq!(page.matches("</svg>").count(), page.matches("<svg").count());
    assert!(page.contains("&lt;script&gt;") || page.contains("&lt;img src=x"), "{page}");
    hub.follows_links(PAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_are_in_the_address_and_bad_ones_are_refused() {
    let hub = Trusting::start().await;
    hub.push("org/child", "v1", &card("license: mit")).await;
    hub.index.settled().await.unwrap();
    let page = hub.get(&format!("{PAGE}?direction=up&view=full&depth=5")).await;
    for chosen in ["what it came from", "full"] {
        assert!(page.contains(&format!("aria-current=\"true\">{chosen}</a>")), "{chosen}: {page}");
    }
    assert!(page.contains("depth 5") && page.contains("depth=4") && page.contains("depth=6"));
    assert!(page.contains("No base model, no training data and no descendant is known"));
    for bad in ["direction=left", "depth=x", "view=all", "limit=-1"] {
        assert_eq!(hub.hub.client.get(&format!("{API}?{bad}")).await.status, 400, "{bad}");
        assert_eq!(hub.hub.client.get(&format!("{PAGE}?{bad}")).await.status, 400, "{bad}");
    }
    let plain = TestHub::start().await;
    card("license: mit").store(plain.repository("org/child").as_ref(), "v1").await;
    assert_eq!(plain.client.get(API).await.status, 404);
    assert!(String::from_utf8_lossy(&plain.client.get(PAGE).await.body).contains("no catalogue"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_of_repositories_that_they_may_not_read() {
    let home = tempfile::tempdir().unwrap();
    let (guarded, index) = Guarded::looking(home.path()).await;
    let put = async |name: &str, text: &str| {
        card(text).store(guarded.hub.repository(name).as_ref(), "v1").await;
    };
    put("hidden/base", "license: mit").await;
    put("org/child", "base_model: hidden/base").await;
    put("hidden/heir", "base_model: org/child").await;
    put("org/grandchild", "base_model: hidden/heir").await;
    let _running = index.start();
    index.settled().await.unwrap();
    let (own, all) =
        (guarded.token("a", &["read:org"]).await, guarded.token("b", &["read:*"]).await);
    let seen = guarded.ask(&all, "GET", API, b"").await.json();
    assert_eq!(seen["nodes"].as_array().unwrap().len(), 4, "{seen}");
    let reply = guarded.ask(&own, "GET", API, b"").await;
    let answer = reply.json();
    // What its own card says of its base is not hidden: the kit is theirs to read.
    assert_eq!(answer["nodes"].as_array().unwrap().len(), 2, "{answer}");
    assert!(answer["nodes"][1].get("kits").is_none());
    let page = String::from_utf8(guarded.ask(&own, "GET", PAGE, b"").await.body).unwrap();
    assert!(!page.contains("hidden/heir") && !page.contains("/kits/hidden"), "{page}");
    let stranger = guarded.token("c", &["read:x"]).await;
    for path in [API, PAGE] {
        assert_eq!(guarded.ask(&stranger, "GET", path, b"").await.status, 403, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_descendants_are_bounded_and_said() {
    let hub = Trusting::start().await;
    hub.push("org/child", "v1", &card("license: mit")).await;
    hub.index.settled().await.unwrap();
    let base =
        hub.index.catalog().entry("org/child", card("license: mit").build().manifest.digest());
    let base = base.unwrap().unwrap();
    for at in 0..1_000 {
        let mut heir = base.clone();
        heir.repository = format!("heirs/h{at}");
        heir.digest = Digest::of(format!("heir {at}").as_bytes());
        // They hold the same weights.
        hub.index.catalog().put(&heir).unwrap();
    }
    let begun = std::time::Instant::now();
    let answer = hub.json(API).await;
    assert_eq!((answer["nodes"].as_array().unwrap().len(), &answer["more"]), (200, &true.into()));
    let page = hub.get(&format!("{PAGE}?limit=100000")).await;
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    assert_eq!(page.matches("<rect").count(), 41, "one column and the version itself");
    assert!(page.contains("959 more are not drawn") || page.contains("more are not drawn"));
    assert_eq!(page.matches("<th scope=\"row\">").count(), 500);
    assert!(page.contains("more ties are in the JSON"));
}
