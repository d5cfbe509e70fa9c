//! Pages that act: who may, from where, and what follows.

use crate::common::guarded::Guarded;
use sealkit_oci::Digest;
use sealkit_testkit::{Kit, KitBuilder};

/// Where a page of the hub itself is, as browsers say it.
const OWN: [(&str, &str); 1] = [("Sec-Fetch-Site", "same-origin")];
const WHY: &str = "act=place&reason=trained+on+leaked+data";

async fn kit(guarded: &Guarded, name: &str, tag: &str) -> Kit {
    KitBuilder::small(tag).store(&*guarded.hub.repository(name), tag).await
}

fn quarantine_of(kit: &Kit) -> String {
    format!("/kits/team%2Fa/{}/quarantine", kit.manifest.digest())
}

#[tokio::test]
async fn a_version_is_put_under_quarantine_and_released_with_forms() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:team"]).await;
    let reader = guarded.token("reader", &["read:team"]).await;
    let kit = kit(&guarded, "team/a", "v1").await;
    let (pull, digest) = ("/v2/team/a/manifests/v1", kit.manifest.digest().to_string());
    assert_eq!(guarded.ask(&reader, "GET", pull, b"").await.status, 200);
    let (_, overview) = guarded.page(&boss, "/kits/team%2Fa/v1").await;
    let form = quarantine_of(&kit);
    assert!(overview.contains(&form), "{overview}");
    let (_, seen) = guarded.page(&reader, "/kits/team%2Fa/v1").await;
    assert!(!seen.contains("/quarantine"), "{seen}");

    let reason = "%3Cimg%20src%3Dx%3E%22";
    let (status, page) = guarded.page(&boss, &format!("{form}?reason={reason}")).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("by <code>v1</code>") && page.contains("it was pulled once"), "{page}");
    assert!(page.contains("value=\"&lt;img src=x&gt;&quot;\"") && !page.contains("<img"), "{page}");
    let (_, by_tag) = guarded.page(&boss, "/kits/team%2Fa/v1/quarantine").await;
    assert!(by_tag.contains(&format!("action=\"{form}\"")), "what was shown is acted on: {by_tag}");

    let placed = guarded.form(&boss, &form, &OWN, WHY).await;
    assert_eq!(placed.status, 303, "{}", String::from_utf8_lossy(&placed.body));
    assert_eq!(placed.header("location"), format!("/kits/team%2Fa/{digest}"));
    let refused = guarded.ask(&reader, "GET", pull, b"").await;
    assert_eq!(refused.status, 403);
    assert!(String::from_utf8_lossy(&refused.body).contains("trained on leaked data"));
    let (_, page) = guarded.page(&boss, &form).await;
    assert!(page.contains("placed by boss: trained on leaked data"), "{page}");
    let (_, overview) = guarded.page(&boss, "/kits/team%2Fa/v1").await;
    assert!(overview.contains("Release…"), "{overview}");

    assert_eq!(guarded.form(&boss, &form, &OWN, "act=lift").await.status, 303);
    assert_eq!(guarded.ask(&reader, "GET", pull, b"").await.status, 200);
    assert_eq!(guarded.form(&boss, &form, &OWN, "act=lift").await.status, 404, "it was lifted");
}

#[tokio::test]
async fn what_follows_names_every_tag() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let kit = kit(&guarded, "team/a", "first").await;
    let here = guarded.hub.repository("team/a");
    // The tags of another version come first, more than one page of them.
    let other = KitBuilder::small("other");
    for at in 0..130 {
        other.store(&*here, &format!("a{at:03}")).await;
    }
    kit.store(&*here, Some("last")).await;
    let (status, page) = guarded.page(&boss, &quarantine_of(&kit)).await;
    assert_eq!(status, 200, "{page}");
    for tag in ["first", "last"] {
        assert!(page.contains(&format!("by <code>{tag}</code>")), "{tag}: {page}");
    }
    assert!(!page.contains("<code>a000</code>") && !page.contains("not looked through"), "{page}");
}

#[tokio::test]
async fn what_says_nothing_places_nothing() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let kit = kit(&guarded, "team/a", "v1").await;
    for body in
        ["", "act=place", "act=place&reason=+", "act=place&reason=a%0Ab", "act=burn", "%ff=%00"]
    {
        let refused = guarded.form(&boss, &quarantine_of(&kit), &OWN, body).await;
        assert_eq!(refused.status, 400, "{body}");
    }
    let gone = format!("/kits/team%2Fa/{}/quarantine", Digest::of(b"gone"));
    assert_eq!(guarded.form(&boss, &gone, &OWN, WHY).await.status, 404);
    assert_eq!(guarded.form(&boss, "/kits/none/v1/quarantine", &OWN, WHY).await.status, 404);
    assert_eq!(guarded.page(&boss, &gone).await.0, 404);
    let held = guarded.ask(&boss, "GET", "/api/v1/quarantine", b"").await.json();
    assert_eq!(held["quarantine"], serde_json::json!([]));
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing_whoever_the_browser_says_it_is() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let kit = kit(&guarded, "team/a", "v1").await;
    let form = quarantine_of(&kit);
    let own = format!("http://{}", guarded.hub.addr);
    let elsewhere = format!("http://{}", "evil.example");
    let foreign: [&[(&str, &str)]; 8] = [
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        // What a browser says of the site is what counts.
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
        &[("Sec-Fetch-Site", "none"), ("Origin", &own)],
        &[("Origin", "null")],
        &[("Origin", &elsewhere)],
        &[],
    ];
    for from in foreign {
        for (path, body) in
            [(form.as_str(), WHY), ("/admin/tokens/1", ""), ("/admin/jobs/a/b/retry", "")]
        {
            let refused = guarded.form(&boss, path, from, body).await;
            assert_eq!(refused.status, 403, "{path} {from:?}");
        }
    }
    assert_eq!(guarded.ask(&boss, "GET", "/v2/team/a/manifests/v1", b"").await.status, 200);
    assert_eq!(guarded.form(&boss, &form, &[("Origin", &own)], WHY).await.status, 303);
}

#[tokio::test]
async fn other_sites_do_not_act_through_the_api_either() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let bearer = format!("Bearer {boss}");
    let begin = async |from: &[(&str, &str)]| {
        let headers = [&[("Authorization", bearer.as_str())], from].concat();
        guarded.hub.client.send("POST", "/v2/team/a/blobs/uploads/", &headers, b"").await.status
    };
    let own = format!("http://{}", guarded.hub.addr);
    for foreign in ["null", "http://evil.example", "https://127.0.0.1"] {
        assert_eq!(begin(&[("Origin", foreign)]).await, 403, "{foreign}");
    }
    assert_eq!(begin(&[("Origin", &own)]).await, 202);
    assert_eq!(begin(&[]).await, 202, "programs name no origin");
}

#[tokio::test]
async fn nobody_below_an_administrator_acts_or_sees_the_forms() {
    let guarded = Guarded::start(true).await;
    let kit = kit(&guarded, "team/a", "v1").await;
    let form = quarantine_of(&kit);
    let all = ["read:*", "write:*", "admin:team/b", "admin:tea"];
    for scope in all {
        let token = guarded.token("somebody", &[scope]).await;
        let (status, page) = guarded.page(&token, &form).await;
        assert_eq!(status, 403, "{scope}");
        assert!(page.contains("<h1>Forbidden</h1>"), "{page}");
        assert_eq!(guarded.form(&token, &form, &OWN, WHY).await.status, 403, "{scope}");
    }
    assert_eq!(guarded.hub.client.get(&form).await.status, 401);
    assert_eq!(guarded.hub.client.send("POST", &form, &OWN, WHY.as_bytes()).await.status, 401);
}

#[tokio::test]
async fn administration_is_for_administrators_of_everything() {
    let guarded = Guarded::start(true).await;
    let paths = [
        "/admin",
        "/admin/tokens/1",
        "/activity",
        "/api/v1/admin",
        "/api/v1/admin/tokens",
        "/api/v1/admin/jobs",
    ];
    for scope in ["read:*", "write:*", "admin:team"] {
        let token = guarded.token("somebody", &[scope]).await;
        for path in paths {
            assert_eq!(guarded.ask(&token, "GET", path, b"").await.status, 403, "{scope} {path}");
        }
        assert_eq!(guarded.form(&token, "/admin/tokens/1", &OWN, "").await.status, 403);
        let revoke = guarded.ask(&token, "DELETE", "/api/v1/admin/tokens/1", b"").await;
        assert_eq!(revoke.status, 403, "{scope}");
    }
    for path in paths {
        assert_eq!(guarded.hub.client.get(path).await.status, 401, "{path}");
    }
    let boss = guarded.token("boss", &["admin:*"]).await;
    for path in ["/admin", "/activity", "/api/v1/admin", "/api/v1/admin/tokens"] {
        assert_eq!(guarded.page(&boss, path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn an_administrator_sees_what_is_stored_and_no_secret() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let blob = guarded.push(&boss, "team/a", &[7; 3000]).await;
    let begun = guarded.ask(&boss, "POST", "/v2/team/b/blobs/uploads/", b"").await;
    let location = begun.header("location").to_owned();
    let id = location.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    assert!(id.len() > 8, "{location}");
    guarded
        .rules
        .set("team", sealkit_hub::RuleChange { max_bytes: Some(Some(6000)), ..Default::default() })
        .await
        .unwrap();
    kit(&guarded, "team/a", "v1").await;
    let state = guarded.ask(&boss, "GET", "/api/v1/admin", b"").await.json();
    assert_eq!(state["stored"]["tags"], 1);
    assert_eq!(state["stored"]["uploads"], 1);
    assert_eq!(state["uploads"][0]["repository"], "team/b");
    assert_eq!(state["rules"][0]["maxBytes"], 6000);
    assert!(state["rules"][0]["usedBytes"].as_u64().unwrap() >= 3000, "{state}");
    assert_eq!(state["health"]["ready"], true);
    assert_eq!(state["sweep"]["blobs"], 0, "nothing is older than the time of grace");
    let (status, page) = guarded.page(&boss, "/admin").await;
    assert_eq!(status, 200, "{page}");
    let tokens = guarded.ask(&boss, "GET", "/api/v1/admin/tokens", b"").await;
    let tokens = String::from_utf8(tokens.body).unwrap();
    for text in [&page, &tokens, &state.to_string()] {
        assert!(!text.contains("skt_") && !text.contains(&id), "{text}");
    }
    assert!(
        page.contains("boss") && page.contains("admin:*") && page.contains("sealkit hub gc"),
        "{page}"
    );
    assert!(!page.contains(&blob.to_string()));
}

#[tokio::test]
async fn a_token_is_revoked_after_its_page_named_what_follows() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let ci = guarded.token("ci", &["write:team"]).await;
    let (_, page) = guarded.page(&boss, "/admin/tokens/2").await;
    assert!(page.contains("write:team") && !page.contains("locked out"), "{page}");
    let (_, own) = guarded.page(&boss, "/admin/tokens/1").await;
    assert!(own.contains("locked out"), "{own}");
    assert_eq!(guarded.ask(&ci, "GET", "/v2/", b"").await.status, 200);
    let done = guarded.form(&boss, "/admin/tokens/2", &OWN, "").await;
    assert_eq!((done.status, done.header("location")), (303, "/admin#tokens"));
    assert_eq!(guarded.ask(&ci, "GET", "/v2/", b"").await.status, 401);
    for path in ["/admin/tokens/2", "/admin/tokens/9", "/admin/tokens/x", "/admin/tokens/-1"] {
        assert_eq!(guarded.page(&boss, path).await.0, 404, "{path}");
        assert_eq!(guarded.form(&boss, path, &OWN, "").await.status, 404, "{path}");
    }
    assert_eq!(guarded.ask(&boss, "DELETE", "/api/v1/admin/tokens/2", b"").await.status, 404);
    let events = guarded.ask(&boss, "GET", "/api/v1/events?action=token.revoke", b"").await.json();
    assert_eq!(
        (&events["events"][0]["actor"], &events["events"][0]["subject"]),
        (&"boss".into(), &"2".into())
    );
    assert_eq!(guarded.ask(&boss, "DELETE", "/api/v1/admin/tokens/1", b"").await.status, 204);
    assert_eq!(guarded.ask(&boss, "GET", "/v2/", b"").await.status, 401, "also one's own");
}

#[tokio::test]
async fn a_job_that_failed_is_tried_again_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (guarded, index) = Guarded::looking(dir.path()).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let digest = Digest::of(b"a");
    index.catalog().enqueue(&[("team/a".to_owned(), digest.clone(), 1)], 1).unwrap();
    let job = index.catalog().next_job(i64::MAX).unwrap().unwrap();
    index.catalog().postpone(&job, i64::MAX, "<b>it broke</b>").unwrap();
    assert_eq!(index.catalog().next_job(i64::MAX - 1).unwrap(), None);
    let (_, page) = guarded.page(&boss, "/admin").await;
    assert!(page.contains("&lt;b&gt;it broke") && page.contains("tried 1 times"), "{page}");
    let path = format!("/admin/jobs/team%2Fa/{digest}/retry");
    assert!(page.contains(&path), "{page}");
    assert_eq!(guarded.form(&boss, &path, &OWN, "").await.status, 303);
    let job = index.catalog().next_job(i64::MAX - 1).unwrap().unwrap();
    assert_eq!((job.attempts, job.pushed), (0, 1));
    let gone = format!("/api/v1/admin/jobs/team%2Fa/{}/retry", Digest::of(b"b"));
    assert_eq!(guarded.ask(&boss, "POST", &gone, b"").await.status, 404);
    let wrong = "/api/v1/admin/jobs/team%2Fa/x/retry";
    assert_eq!(guarded.ask(&boss, "POST", wrong, b"").await.status, 400);
    let events = guarded.ask(&boss, "GET", "/api/v1/events?action=job", b"").await.json();
    assert_eq!(events["events"][0]["actor"], "boss");
}
