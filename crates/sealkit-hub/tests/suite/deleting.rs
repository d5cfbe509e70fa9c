//! Tags and versions are deleted in the browser by who may, in two steps, and as the registry deletes them.

use crate::common::guarded::Guarded;
use sealkit_oci::Digest;
use sealkit_testkit::{Kit, KitBuilder};

const OWN: [(&str, &str); 1] = [("Sec-Fetch-Site", "same-origin")];

async fn push(guarded: &Guarded, token: &str, name: &str, tags: &[&str]) -> Kit {
    let kit = KitBuilder::small(tags[0]).model("w.bin", tags[0].as_bytes()).build();
    for tag in tags {
        guarded.push_kit(token, name, tag, &kit).await;
    }
    kit
}

async fn status(guarded: &Guarded, token: &str, reference: &str) -> u16 {
    guarded.ask(token, "GET", &format!("/v2/org/kit/manifests/{reference}"), b"").await.status
}

#[tokio::test]
async fn a_tag_is_deleted_and_the_version_stays() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:org"]).await;
    let kit = push(&guarded, &boss, "org/kit", &["first", "latest"]).await;
    let digest = kit.manifest.digest().to_string();
    let form = "/kits/org%2Fkit/latest/delete";
    let (_, versions) = guarded.page(&boss, "/kits/org%2Fkit").await;
    assert!(versions.contains(&format!("href=\"{form}\"")), "{versions}");
    let (code, page) = guarded.page(&boss, form).await;
    assert_eq!(code, 200, "{page}");
    assert!(page.contains("whatever pulls <code>org/kit:latest</code> fails"), "{page}");
    assert!(page.contains("the version stays under <code>first</code>"), "{page}");
    assert!(page.contains(&format!("name=\"digest\" value=\"{digest}\"")), "{page}");
    let done = guarded.form(&boss, form, &OWN, &format!("digest={digest}")).await;
    assert_eq!(done.status, 303, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(done.header("location"), "/kits/org%2Fkit");
    assert_eq!(status(&guarded, &boss, "latest").await, 404);
    assert_eq!(status(&guarded, &boss, &digest).await, 200);
    let (_, history) = guarded.page(&boss, "/kits/org%2Fkit/-/history").await;
    assert!(history.contains("<strong>removed</strong>"), "it is in the log: {history}");
    assert!(history.contains(">boss<"), "with who did it: {history}");
    assert_eq!(guarded.page(&boss, form).await.0, 404, "it is gone");
}

#[tokio::test]
async fn a_version_goes_with_its_tags_and_the_last_one_leads_home() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:org"]).await;
    let kit = push(&guarded, &boss, "org/kit", &["first", "latest"]).await;
    let digest = kit.manifest.digest().to_string();
    let form = format!("/kits/org%2Fkit/{digest}/delete");
    let (_, page) = guarded.page(&boss, &form).await;
    assert!(page.contains("<code>first</code>, <code>latest</code>"), "{page}");
    assert!(page.contains("nothing is attached to it"), "{page}");
    let done = guarded.form(&boss, &form, &OWN, &format!("digest={digest}")).await;
    assert_eq!((done.status, done.header("location")), (303, "/"));
    for reference in ["first", "latest", &digest] {
        assert_eq!(status(&guarded, &boss, reference).await, 404, "{reference}");
    }
}

#[tokio::test]
async fn only_who_administers_it_deletes_and_only_what_was_shown() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:org"]).await;
    let writer = guarded.token("writer", &["write:org"]).await;
    let kit = push(&guarded, &boss, "org/kit", &["latest"]).await;
    let (digest, form) = (kit.manifest.digest().to_string(), "/kits/org%2Fkit/latest/delete");
    let body = format!("digest={digest}");
    assert_eq!(guarded.page(&writer, form).await.0, 403);
    assert_eq!(guarded.form(&writer, form, &OWN, &body).await.status, 403);
    let (_, versions) = guarded.page(&writer, "/kits/org%2Fkit").await;
    assert!(!versions.contains("/delete"), "{versions}");
    assert_eq!(guarded.form(&boss, form, &[], &body).await.status, 403, "of nowhere");
    let elsewhere = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(guarded.form(&boss, form, &elsewhere, &body).await.status, 403);
    // The tag was moved after the page was shown.
    let old = format!("digest={}", Digest::of(b"what was shown"));
    for stale in [old.as_str(), "", "digest=latest"] {
        let refused = guarded.form(&boss, form, &OWN, stale).await;
        assert_eq!(refused.status, 400, "{stale}");
        assert!(String::from_utf8_lossy(&refused.body).contains("moved meanwhile"));
    }
    assert_eq!(status(&guarded, &boss, "latest").await, 200, "nothing was deleted");
    for gone in ["/kits/org%2Fkit/none/delete", "/kits/org%2Fnone/latest/delete"] {
        assert_eq!(guarded.form(&boss, gone, &OWN, &body).await.status, 404, "{gone}");
    }
}
