//! Pages that tell what was done: history, activity, policy, advisories.

use crate::common::TestHub;
use crate::common::guarded::{Guarded, index};
use crate::common::looking::context;
use sealkit_hub::{Gate, GateOptions, PolicyFile};
use sealkit_oci::Digest;
use sealkit_testkit::KitBuilder;
use std::sync::Arc;

#[tokio::test]
async fn a_history_names_each_move_who_did_it_and_the_entry_that_proves_it() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let ci = guarded.token("ci", &["write:team"]).await;
    let [one, two] = ["one", "two"].map(|text| Digest::of(index(text).as_bytes()).to_string());
    guarded.tag(&ci, "team/a", "latest", "one").await;
    guarded.tag(&ci, "team/a", "v1", "one").await;
    guarded.tag(&boss, "team/a", "latest", "two").await;
    guarded.tag(&boss, "team/b", "latest", "two").await;
    guarded.ask(&ci, "GET", "/v2/team/a/manifests/latest", b"").await;
    guarded.ask(&boss, "DELETE", "/v2/team/a/manifests/latest", b"").await;
    let path = "/api/v1/kits/team%2Fa/history";
    let all = guarded.ask(&ci, "GET", path, b"").await.json();
    let acts = all["acts"].as_array().unwrap();
    let told: Vec<String> = acts
        .iter()
        .map(|act| {
            let text = |key: &str| act[key].as_str().unwrap_or("-").to_owned();
            ["act", "tag", "digest", "old", "actor"].map(text).join(" ")
        })
        .collect();
    let expected = [
        format!("untag latest - {two} boss"),
        format!("tag latest {two} {one} boss"),
        format!("tag v1 {one} - ci"),
        format!("tag latest {one} - ci"),
    ];
    assert_eq!(told, expected);
    let fixed: Vec<bool> = acts.iter().map(|act| act["immutable"].as_bool().unwrap()).collect();
    assert_eq!(fixed, [false, false, true, false]);
    let (status, page) = guarded.page(&ci, "/kits/team%2Fa/-/history").await;
    assert_eq!(status, 200, "{page}");
    for text in ["<strong>moved</strong>", "<strong>removed</strong>", ">stays<", "was ", "boss"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let index = acts[0]["index"].as_u64().unwrap();
    let proof = format!("/api/v1/log/proof?index={index}");
    assert!(page.contains(&proof), "{page}");
    assert_eq!(guarded.ask(&ci, "GET", &proof, b"").await.status, 200);
    let of_tag = guarded.ask(&ci, "GET", &format!("{path}?tag=v1"), b"").await.json();
    assert_eq!(of_tag["acts"].as_array().unwrap().len(), 1);
    let before = guarded.ask(&ci, "GET", &format!("{path}?before={index}"), b"").await.json();
    assert_eq!(before["acts"].as_array().unwrap().len(), 3);
    let cut = guarded.ask(&ci, "GET", &format!("{path}?limit=2"), b"").await.json();
    assert_eq!((cut["acts"].as_array().unwrap().len(), &cut["next"]), (2, &acts[1]["index"]));
    let none = guarded.ask(&ci, "GET", &format!("{path}?before=0"), b"").await;
    assert_eq!((none.status, none.json()["acts"].as_array().unwrap().len()), (200, 0));
}

#[tokio::test]
async fn a_history_is_for_who_may_read_the_kit_and_hides_no_tag() {
    let guarded = Guarded::start(false).await;
    let all = guarded.token("all", &["write:*"]).await;
    let other = guarded.token("other", &["admin:team/b"]).await;
    let kit = KitBuilder::small("h");
    kit.store(&*guarded.hub.repository("team/a"), "history").await;
    for path in ["/kits/team%2Fa/-/history", "/api/v1/kits/team%2Fa/history"] {
        assert_eq!(guarded.page(&other, path).await.0, 403, "{path}");
        assert_eq!(guarded.page(&all, path).await.0, 200, "{path}");
    }
    let (status, page) = guarded.page(&all, "/kits/team%2Fa/history").await;
    assert!(
        status == 200 && page.contains("<span class=\"version\">history</span></h1>"),
        "the page of the tag: {page}"
    );
    assert_eq!(guarded.page(&all, "/kits/nothing/-/history").await.0, 404);
    let (_, page) = guarded.page(&all, "/kits/team%2Fa/-/history?tag=%3Cimg%3E").await;
    assert!(
        page.contains("Nothing is in the log about this tag") && !page.contains("<img"),
        "{page}"
    );
    assert_eq!(guarded.page(&all, "/kits/team%2Fa/-/history?before=x").await.0, 400);
}

#[tokio::test]
async fn a_hub_without_a_log_says_so_where_there_is_a_kit() {
    let hub = TestHub::start().await;
    KitBuilder::small("a").store(&*hub.repository("a"), "v1").await;
    let page = hub.client.get("/kits/a/-/history").await;
    assert_eq!(page.status, 200);
    assert!(String::from_utf8(page.body).unwrap().contains("Nothing is in the log"));
    assert_eq!(hub.client.get("/kits/b/-/history").await.status, 404);
    assert_eq!(hub.client.get("/api/v1/kits/a/history").await.status, 404);
}

#[tokio::test]
async fn activity_is_filtered_by_its_address_and_shows_text_as_text() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let team = guarded.token("team", &["admin:team"]).await;
    guarded.tag(&boss, "team/a", "latest", "one").await;
    guarded.tag(&boss, "elsewhere", "latest", "one").await;
    let (_, all) = guarded.page(&boss, "/activity").await;
    assert!(
        all.contains("<code>tag.set") && all.contains("token.add") && all.contains("elsewhere"),
        "{all}"
    );
    let (_, tags) = guarded.page(&boss, "/activity?action=tag&repository=&actor=&since=").await;
    assert!(tags.contains("<code>tag.set") && !tags.contains("<code>token.add"), "{tags}");
    assert!(tags.contains("/api/v1/events?action=tag\""), "the export has the filter: {tags}");
    let (status, own) = guarded.page(&team, "/activity?repository=team/a").await;
    assert!(status == 200 && own.contains("team/a") && !own.contains("elsewhere"), "{own}");
    for path in ["/activity", "/activity?repository=elsewhere", "/activity?repository="] {
        assert_eq!(guarded.page(&team, path).await.0, 403, "{path}");
    }
    for (since, some) in
        [("2020-01-01", true), ("2999-01-01", false), ("1970-01-01T00:00:00Z", true)]
    {
        let (_, page) = guarded.page(&boss, &format!("/activity?since={since}")).await;
        assert_eq!(page.contains("<code>tag.set"), some, "{since}");
    }
    let (_, page) = guarded.page(&boss, "/activity?since=1970-01-02").await;
    assert!(page.contains("/api/v1/events?since=86400\""), "{page}");
    for bad in ["since=yesterday", "before=x", "limit=-1"] {
        assert_eq!(guarded.page(&boss, &format!("/activity?{bad}")).await.0, 400, "{bad}");
    }
    let (_, hostile) = guarded.page(&boss, "/activity?actor=%22%3E%3Cimg%20src=x%3E").await;
    assert!(!hostile.contains("<img") && hostile.contains("Nothing fits"), "{hostile}");
}

/// A hub with a policy for everything and one for `team`.
async fn with_policies(folder: &std::path::Path) -> Guarded {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let house = "schemaVersion: 1\nname: house\nmode: warn\nrules:\n\
                 \x20 - {id: signed, description: secret-reason, check: {signers: {}}}\n";
    let strict = "schemaVersion: 1\nname: strict\nrules:\n\
                  \x20 - {id: two, scope: {repositories: [team/hidden/*]}, check: {signers: {}}}\n";
    let policies = vec![
        PolicyFile { prefix: None, path: write("house.yaml", house) },
        PolicyFile { prefix: Some("team".to_owned()), path: write("strict.yaml", strict) },
    ];
    let context = context(folder);
    Guarded::with(false, move |options, storage| {
        let names = Arc::new(storage.clone());
        let log = options.log.clone();
        options.gate = Some(Gate::new(names, context, GateOptions::new(policies), log).unwrap());
    })
    .await
}

#[tokio::test]
async fn policies_are_told_in_words_and_cut_to_who_asks() {
    let folder = tempfile::tempdir().unwrap();
    let guarded = with_policies(folder.path()).await;
    let all = guarded.token("all", &["read:*"]).await;
    let team = guarded.token("team", &["read:team/a"]).await;
    let other = guarded.token("other", &["admin:other"]).await;
    let (status, page) = guarded.page(&all, "/policy").await;
    assert_eq!(status, 200, "{page}");
    for text in
        ["house", "strict", "enough distinct signers signed it", "it warns", "the tag is refused"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(page.contains("team/hidden/*") && page.contains("secret-reason"), "{page}");
    let (_, page) = guarded.page(&team, "/policy").await;
    assert!(
        page.contains("strict") && !page.contains("hidden") && !page.contains("secret"),
        "{page}"
    );
    let (_, page) = guarded.page(&other, "/policy").await;
    assert!(page.contains("house") && !page.contains("strict") && !page.contains("team"), "{page}");
    assert_eq!(guarded.hub.client.get("/policy").await.status, 401);
}

#[tokio::test]
async fn answers_are_told_to_who_may_read_the_kit() {
    let folder = tempfile::tempdir().unwrap();
    let guarded = with_policies(folder.path()).await;
    let all = guarded.token("all", &["write:*"]).await;
    let other = guarded.token("other", &["admin:other"]).await;
    let kit = KitBuilder::small("a").store(&*guarded.hub.repository("team/a"), "old").await;
    let bearer = format!("Bearer {all}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", &kit.manifest.descriptor().media_type),
    ];
    let path = "/v2/team/a/manifests/latest";
    let put = guarded.hub.client.send("PUT", path, &headers, kit.manifest.bytes()).await;
    assert!(put.status == 201 || put.status == 403, "{}", put.status);
    let told = guarded.ask(&all, "GET", "/api/v1/policy/verdicts", b"").await.json();
    let told = told["verdicts"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|one| one["repository"] == "team/a" && one["actor"] == "all"));
    assert!(told.iter().all(|one| one["outcome"] != "allow"), "{told:?}");
    let cut = guarded.ask(&all, "GET", "/api/v1/policy/verdicts?limit=1", b"").await.json();
    assert_eq!((cut["verdicts"].as_array().unwrap().len(), &cut["next"]), (1, &told[0]["index"]));
    let (_, page) = guarded.page(&all, "/policy").await;
    assert!(
        page.contains("denied: failed") || page.contains("could not tell: not checked"),
        "{page}"
    );
    assert!(page.contains(&format!("/kits/team%2Fa/{}", kit.manifest.digest())), "{page}");
    let none = guarded.ask(&other, "GET", "/api/v1/policy/verdicts", b"").await.json();
    assert_eq!(none["verdicts"], serde_json::json!([]));
    assert!(!guarded.page(&other, "/policy").await.1.contains("team"));
    let (_, history) = guarded.page(&all, "/kits/team%2Fa/-/history").await;
    assert!(history.contains("a policy "), "{history}");
}

#[tokio::test]
async fn a_hub_says_what_it_has_not() {
    let hub = TestHub::start().await;
    for (path, text) in [
        ("/policy", "No policy guards the tags"),
        ("/advisories", "lists no advisories"),
        ("/activity", "writes down no events"),
        ("/admin", "no storage of its own"),
    ] {
        let page = hub.client.get(path).await;
        let body = String::from_utf8(page.body.clone()).unwrap();
        assert!(page.status == 200 && body.contains(text), "{path}: {body}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert!(body.contains(&format!("href=\"{path}\" aria-current=\"page\"")), "{path}: {body}");
    }
    KitBuilder::small("a").store(&*hub.repository("a"), "v1").await;
    let page = hub.client.get("/kits/a/v1/quarantine").await;
    assert!(String::from_utf8(page.body).unwrap().contains("puts nothing under quarantine"));
    let empty = Guarded::start(false).await;
    let boss = empty.token("boss", &["admin:*"]).await;
    assert!(empty.page(&boss, "/advisories").await.1.contains("sealkit revoke --remote 127.0.0.1"));
}

#[tokio::test]
async fn the_policy_is_asked_about_a_version_and_nothing_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let guarded = with_policies(folder.path()).await;
    let ci = guarded.token("ci", &["write:team"]).await;
    let reader = guarded.token("reader", &["read:team"]).await;
    let kit = KitBuilder::small("a").store(&*guarded.hub.repository("team/a"), "old").await;
    let (page, own) = ("/kits/team%2Fa/old/verdict", [("Sec-Fetch-Site", "same-origin")]);
    let api = "/api/v1/kits/team%2Fa/versions/old/verdict";
    for path in [page, api] {
        assert_eq!(
            guarded.form(&reader, path, &own, "").await.status,
            403,
            "every layer is read: {path}"
        );
    }
    assert_eq!(guarded.form(&ci, page, &[], "").await.status, 403, "from nowhere");
    let said = guarded.form(&ci, api, &[], "").await.json();
    assert_eq!((&said["judged"], &said["allowed"]), (&true.into(), &false.into()), "{said}");
    assert!(said["reason"].as_str().unwrap().contains("policy `strict`"), "{said}");
    assert_eq!(said["digest"], kit.manifest.digest().to_string());
    let names: Vec<&str> = said["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["house", "strict"]);
    assert!(said["warnings"][0].as_str().unwrap().contains("house"), "{said}");
    let answer = guarded.form(&ci, page, &own, "").await;
    let answer = String::from_utf8(answer.body).unwrap();
    assert!(
        answer.contains("A tag would be refused") && answer.contains("Judge it again"),
        "{answer}"
    );
    let verdicts = guarded.ask(&ci, "GET", "/api/v1/policy/verdicts", b"").await.json();
    assert_eq!(verdicts["verdicts"], serde_json::json!([]), "it is not logged");
    let (_, overview) = guarded.page(&ci, "/kits/team%2Fa/old").await;
    assert!(overview.contains("/verdict") && !overview.contains("/quarantine"), "{overview}");
    let none = guarded.form(&ci, "/api/v1/kits/team%2Fa/versions/gone/verdict", &[], "").await;
    assert_eq!(none.status, 404);
    let hub = TestHub::start().await;
    KitBuilder::small("a").store(&*hub.repository("a"), "v1").await;
    let free = hub.client.call("POST", "/api/v1/kits/a/versions/v1/verdict").await.json();
    assert_eq!((&free["judged"], &free["allowed"]), (&false.into(), &true.into()));
}
