//! The first page: what needs attention and what is new, of what one may read.

use crate::common::guarded::Guarded;
use sealkit_hub::{CatalogIndex, Running};
use sealkit_ops::catalog::index::Facet;
use sealkit_testkit::KitBuilder;

struct Stage {
    guarded: Guarded,
    index: CatalogIndex,
    _running: Running,
    _dir: tempfile::TempDir,
}

/// A hub that looks at its kits.
async fn looking() -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let (guarded, index) = Guarded::looking(dir.path()).await;
    let running = index.start().unwrap();
    Stage { guarded, index, _running: running, _dir: dir }
}

#[tokio::test]
async fn the_first_page_says_what_needs_attention_of_what_one_may_read() {
    let Stage { guarded, index, .. } = &looking().await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let team = guarded.token("team", &["read:team"]).await;
    let good = KitBuilder::small("good").build();
    let bad = KitBuilder::small("bad").build();
    guarded.push_kit(&boss, "team/good", "v1", &good).await;
    guarded.push_kit(&boss, "team/bad", "v1", &bad).await;
    guarded.push_kit(&boss, "secret/bad", "v9", &bad).await;
    index.settled().await.unwrap();
    for name in ["team/bad", "secret/bad"] {
        let mut entry = index.catalog().entry(name, bad.manifest.digest()).unwrap().unwrap();
        entry.facets.retain(|(facet, _)| *facet != Facet::Findings);
        entry.facets.push((Facet::Findings, "critical".to_owned()));
        index.catalog().put(&entry).unwrap();
    }
    let why = br#"{"reason":"<b>leaked</b>"}"#;
    for name in ["team%2Fgood", "secret%2Fbad"] {
        let tag = if name.starts_with('t') { "v1" } else { "v9" };
        let path = format!("/api/v1/quarantine/{name}/{tag}");
        let bearer = format!("Bearer {boss}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        assert_eq!(guarded.hub.client.send("PUT", &path, &headers, why).await.status, 200);
    }
    let (status, page) = guarded.page(&team, "/").await;
    assert_eq!(status, 200, "{page}");
    assert!(!page.contains("secret") && !page.contains("v9"), "{page}");
    for text in [
        "Under quarantine",
        "&lt;b&gt;leaked",
        "Serious findings",
        "Not signed by anyone this hub knows",
        "<h2>New</h2>",
        "just now",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let serious = page.split("aria-label=\"serious findings\"").nth(1).unwrap();
    let serious = serious.split("</section>").next().unwrap();
    assert!(serious.contains("team/bad") && !serious.contains("team/good"), "{serious}");
    let (_, all) = guarded.page(&boss, "/").await;
    assert!(all.contains("secret/bad"), "{all}");
    let (_, next) = guarded.page(&boss, "/?after=secret%2Fbad").await;
    assert!(next.contains("team/good") && !next.contains("Needs attention"), "{next}");
}

#[tokio::test]
async fn an_empty_hub_needs_no_attention() {
    let Stage { guarded, .. } = &looking().await;
    let nobody = guarded.token("nobody", &["read:none"]).await;
    let (_, page) = guarded.page(&nobody, "/").await;
    assert!(page.contains("No kit is here yet") && !page.contains("Needs attention"), "{page}");
}
