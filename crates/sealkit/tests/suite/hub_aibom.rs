//! The hub makes, signs and keeps an AIBOM of every version: through the binary.
#![cfg(feature = "hub")]

use std::time::{Duration, Instant};

use crate::common::{Run, Sandbox};
use crate::hub_common::{Hub, get, log_in, send, token};
use crate::seal_common::{project, run};
use serde_json::Value;

/// A client with the project packed and pushed as `org/demo:v1`; gives its full name.
fn pushed(client: &Sandbox, hub: &Hub) -> String {
    project(client);
    let name = format!("{}/org/demo:v1", hub.host);
    run(client, &["init", "project"]).exits(0);
    run(client, &["pack", "project", "-t", &name]).exits(0);
    run(client, &["push", &name, "--plain-http"]).exits(0);
    name
}

const VERSION: &str = "/api/v1/kits/org%2Fdemo/versions/v1";

/// The list of the AIBOMs of `org/demo:v1`, once there are so many of the hub's own.
fn aiboms(hub: &Hub, own: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let (status, body) = get(&hub.host, &format!("{VERSION}/aiboms"), None);
        assert_eq!(status, 200, "{body}");
        let list: Value = serde_json::from_str(&body).unwrap();
        let all = list["aiboms"].as_array().unwrap().clone();
        let found = all.iter().filter(|one| one["own"] == true).count();
        if found == own || begun.elapsed() > Duration::from_mins(1) {
            assert_eq!(found, own, "{body}");
            return all;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until the hub has looked at everything.
fn settled(hub: &Hub) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(1) {
        let (_, body) = get(&hub.host, "/api/v1/catalog", None);
        let state: Value = serde_json::from_str(&body).unwrap();
        if state["waiting"] == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the hub never settled");
}

fn trust_hub(client: &Sandbox, hub: &Hub) {
    let (status, pem) = get(&hub.host, "/api/v1/hub/key.pem", None);
    assert_eq!(status, 200, "{pem}");
    client.write("hub.pem", pem);
    run(client, &["trust", "add", "hub.pem", "--name", "the-hub", "--role", "hub"]).exits(0);
}

fn step<'a>(verified: &'a Value, id: &str) -> &'a Value {
    let steps = verified["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no {id}: {verified}"))
}

fn verify(client: &Sandbox, name: &str) -> Run {
    run(client, &["verify", name, "--remote", "--plain-http", "--format", "json"])
}

#[test]
fn each_version_has_one_that_anybody_can_hold_against_the_bytes() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    let name = pushed(&client, &hub);
    let [one] = aiboms(&hub, 1).try_into().unwrap();
    assert_eq!((&one["verified"], &one["format"]), (&true.into(), &"CycloneDX 1.6".into()));
    let path = one["download"].as_str().unwrap().to_owned();
    let (status, document) = get(&hub.host, &path, None);
    assert_eq!(status, 200);

    // Nobody is asked to believe the hub: the bytes say whether it is right.
    client.write("hub.cdx.json", &document);
    run(&client, &["bom", "verify", "hub.cdx.json", &name]).exits(0);
    client.write("wrong.cdx.json", document.replace("\"content\": \"1", "\"content\": \"2"));
    run(&client, &["bom", "verify", "wrong.cdx.json", &name]).exits(1);
    // Whoever does not trust it gets one that is made anew, and who does gets the hub's.
    let asked = ["bom", &name, "--remote", "--plain-http"];
    assert_ne!(run(&client, &asked).exits(0).stdout.trim_end(), document.trim_end());
    trust_hub(&client, &hub);
    assert_eq!(run(&client, &asked).exits(0).stdout.trim_end(), document.trim_end());
    let list = ["attest", "list", &name, "--remote", "--plain-http", "--format", "json"];
    let listed = run(&client, &list).stdout;
    assert!(listed.contains("the-hub"), "{listed}");

    // It is no signature of the kit.
    let verified = verify(&client, &name).exits(2).json();
    assert_eq!(step(&verified, "signature")["outcome"], "unknown");
}

#[test]
fn a_kit_that_is_good_stays_good_whoever_trusts_the_hub() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    project(&client);
    let name = format!("{}/org/demo:v1", hub.host);
    run(&client, &["seal", "project", "-t", &name]).exits(0);
    run(&client, &["push", &name, "--plain-http"]).exits(0);
    assert_eq!(aiboms(&hub, 1).len(), 2, "the sealed one and the hub's");
    let stranger = verify(&client, &name).exits(0).json();
    let reason = step(&stranger, "signatures")["reason"].to_string();
    assert!(reason.contains("not counted"), "{stranger}");
    trust_hub(&client, &hub);
    let trusting = verify(&client, &name).exits(0).json();
    assert_eq!(step(&trusting, "bom")["outcome"], "pass");
    // What it found counts, and it vouches for no kit.
    assert!(!step(&trusting, "signatures").to_string().contains("not counted"), "{trusting}");
    assert!(!step(&trusting, "signer-trusted")["reason"].to_string().contains("the-hub"));
    // What was sealed is what `bom` shows, and not what the hub found.
    let shown = run(&client, &["bom", &name, "--remote", "--plain-http"]).exits(0).stdout;
    let sealed = aiboms(&hub, 1).into_iter().find(|one| one["own"] == false).unwrap();
    let (_, document) = get(&hub.host, sealed["download"].as_str().unwrap(), None);
    assert_eq!(shown.trim_end(), document.trim_end());
}

#[test]
fn a_kit_that_others_signed_without_a_seal_stays_good_too() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &["--no-aibom"]);
    project(&client);
    let name = format!("{}/org/demo:v1", hub.host);
    run(&client, &["init", "project"]).exits(0);
    run(&client, &["pack", "project", "-t", &name]).exits(0);
    run(&client, &["sign", &name]).exits(0);
    run(&client, &["push", &name, "--plain-http"]).exits(0);
    // As other tools leave it: one bare signature, and nothing that says what is inside.
    let digest = verify(&client, &name).json()["digest"].as_str().unwrap().to_owned();
    let (_, index) = get(&hub.host, &format!("/v2/org/demo/referrers/{digest}"), None);
    let index: Value = serde_json::from_str(&index).unwrap();
    for one in index["manifests"].as_array().unwrap() {
        let says = one["annotations"]["dev.sigstore.bundle.predicateType"].as_str();
        if says != Some("https://sigstore.dev/cosign/sign/v1") {
            let path = format!("/v2/org/demo/manifests/{}", one["digest"].as_str().unwrap());
            assert_eq!(send(&hub.host, "DELETE", &path, None).0, 202);
        }
    }
    verify(&client, &name).exits(0);
    drop(hub);
    let hub = Hub::open(&server, &[]);
    let name = format!("{}/org/demo:v1", hub.host);
    aiboms(&hub, 1);
    verify(&client, &name).exits(0);
    trust_hub(&client, &hub);
    let trusting = verify(&client, &name).exits(0).json();
    assert_eq!(step(&trusting, "bom")["outcome"], "skip", "{trusting}");
}

#[test]
fn killed_and_started_again_it_has_each_once() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    let name = pushed(&client, &hub);
    drop(hub);
    let mut before = None;
    for _ in 0..3 {
        let hub = Hub::open(&server, &[]);
        let found = aiboms(&hub, 1);
        assert_eq!(found.len(), 1);
        let referrer = found[0]["referrer"].clone();
        assert_eq!(*before.get_or_insert_with(|| referrer.clone()), referrer);
        server.run(["hub", "reindex", "--data", "data"]).exits(0);
    }
    let hub = Hub::open(&server, &[]);
    settled(&hub);
    assert_eq!(aiboms(&hub, 1).len(), 1);
    // Each is in the log and among the events once.
    let events = ["hub", "events", "--data", "data", "--action", "aibom.store", "--format", "json"];
    let events = server.run(events).exits(0).json();
    assert_eq!(events["events"].as_array().unwrap().len(), 1, "{events}");
    assert_eq!(events["events"][0]["actor"], "hub");
    let tail = name.rsplit('/').next().unwrap();
    assert_eq!(tail, "demo:v1");
}

#[test]
fn none_is_made_of_what_is_under_quarantine_until_that_is_lifted() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &["--no-aibom"]);
    pushed(&client, &hub);
    settled(&hub);
    drop(hub);
    let own = |rest: &[&str]| {
        let act = ["hub", "quarantine"].iter().chain(rest).copied();
        server.run(act.chain(["--data", "data"])).exits(0)
    };
    own(&["add", "org/demo:v1", "--reason", "under inquiry"]);
    let hub = Hub::open(&server, &[]);
    settled(&hub);
    assert_eq!(aiboms(&hub, 0).len(), 0);
    own(&["lift", "org/demo:v1"]);
    aiboms(&hub, 1);
}

#[test]
fn what_somebody_deleted_stays_deleted_and_is_on_record() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    pushed(&client, &hub);
    let referrer = aiboms(&hub, 1)[0]["referrer"].as_str().unwrap().to_owned();
    let path = format!("{VERSION}/aiboms/{referrer}");
    assert_eq!(send(&hub.host, "DELETE", &path, None).0, 204);
    assert_eq!(send(&hub.host, "DELETE", &path, None).0, 404);
    let kit = format!("{VERSION}/aiboms/sha256:{}", "0".repeat(64));
    assert_eq!(send(&hub.host, "DELETE", &kit, None).0, 404);
    server.run(["hub", "reindex", "--data", "data"]).exits(0);
    settled(&hub);
    assert_eq!(aiboms(&hub, 0).len(), 0);
    let events = ["hub", "events", "--data", "data", "--action", "aibom", "--format", "json"];
    let events = server.run(events).exits(0).json();
    let actions: Vec<_> = events["events"].as_array().unwrap().iter().collect();
    assert_eq!(actions[0]["action"], "aibom.delete", "{events}");
    assert_eq!(actions[0]["detail"], referrer.as_str());
    let seen =
        ["log", "monitor", &hub.host, "--accept-new-key", "--plain-http", "--format", "json"];
    let seen = client.run(seen).exits(0).json();
    let of = |kind: &str| {
        let events = seen["events"].as_array().unwrap().iter();
        events.filter(|one| one["type"] == kind && one["digest"] == referrer.as_str()).count()
    };
    assert_eq!((of("attest"), of("delete")), (1, 1), "{seen}");
}

#[test]
fn a_backup_has_the_aiboms_the_key_and_whom_the_hub_trusts() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    run(&client, &["keys", "generate", "-o", "release"]).exits(0);
    let key = client.work().join("release.pub");
    let add = ["--home", "data", "trust", "add", key.to_str().unwrap(), "--name", "release"];
    server.run(add).exits(0);
    let name = pushed(&client, &hub);
    let before = aiboms(&hub, 1);
    let (_, key) = get(&hub.host, "/api/v1/hub/key", None);
    server.run(["hub", "backup", "--data", "data", "copy"]).exits(0);
    drop(hub);
    std::fs::remove_dir_all(server.work().join("data")).unwrap();
    std::fs::rename(server.work().join("copy"), server.work().join("data")).unwrap();
    server.run(["hub", "fsck", "--data", "data"]).exits(0);
    server.run(["hub", "scrub", "--data", "data"]).exits(0);
    server.run(["hub", "reindex", "--data", "data"]).exits(0);
    let trusted = server.run(["--home", "data", "trust", "list"]).exits(0).stdout;
    assert!(trusted.contains("release"), "{trusted}");
    let hub = Hub::open(&server, &[]);
    settled(&hub);
    assert_eq!(get(&hub.host, "/api/v1/hub/key", None).1, key);
    let after = aiboms(&hub, 1);
    let essence = |all: &[Value]| (all.len(), all[0]["referrer"].clone(), all[0]["stored"].clone());
    assert_eq!(essence(&after), essence(&before));
    assert_eq!(after[0]["verified"], true);
    trust_hub(&client, &hub);
    let name = format!("{}/{}", hub.host, name.split_once('/').unwrap().1);
    let list = ["attest", "list", &name, "--remote", "--plain-http", "--format", "json"];
    assert!(run(&client, &list).stdout.contains("the-hub"));
    assert!(!server.work().join("copy").exists());
}

#[test]
fn who_may_read_aiboms_reads_those_and_nothing_else() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::start(&server, &[]);
    let writer = token(&server, "ci", "write:org");
    log_in(&client, &hub.host, "ci", &writer).exits(0);
    pushed(&client, &hub);
    let (audit, other) = (token(&server, "audit", "aibom:org"), token(&server, "x", "aibom:y"));
    let reader = token(&server, "reader", "read:org");
    let ask = |path: &str, token: &str| get(&hub.host, path, Some(token)).0;
    let begun = Instant::now();
    while ask(&format!("{VERSION}/aibom"), &audit) != 200 {
        assert!(begun.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(50));
    }
    for path in ["/aibom?format=spdx3-json", "/aibom?format=bundle", "/aiboms"] {
        let path = format!("{VERSION}{path}");
        assert_eq!((ask(&path, &audit), ask(&path, &reader)), (200, 200), "{path}");
        assert_eq!((ask(&path, &other), get(&hub.host, &path, None).0), (403, 401), "{path}");
    }
    let (_, found) = get(&hub.host, "/api/v1/impact?of=models/m.safetensors", Some(&audit));
    assert!(found.contains("affected"), "{found}");
    for path in [
        VERSION,
        "/api/v1/kits/org%2Fdemo/versions",
        &format!("{VERSION}/files"),
        &format!("{VERSION}/tensors"),
        "/v2/org/demo/manifests/v1",
        "/v2/org/demo/tags/list",
        "/kits/org%2Fdemo/v1",
    ] {
        assert_eq!((ask(path, &audit), ask(path, &reader)), (403, 200), "{path}");
    }
    let (_, kits) = get(&hub.host, "/api/v1/kits", Some(&audit));
    assert!(!kits.contains("demo"), "{kits}");
    let (_, hits) = get(&hub.host, "/api/v1/search?q=", Some(&audit));
    assert!(!hits.contains("demo"), "{hits}");
}

#[test]
fn no_quota_is_used_by_what_the_hub_adds() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &["--no-aibom"]);
    pushed(&client, &hub);
    settled(&hub);
    server.run(["hub", "repo", "set", "org", "--data", "data", "--quota", "50MB"]).exits(0);
    let used = || {
        let list = ["hub", "repo", "list", "--data", "data", "--format", "json"];
        server.run(list).exits(0).json()["rules"][0]["bytes"].as_u64().unwrap()
    };
    let before = used();
    drop(hub);
    let hub = Hub::open(&server, &[]);
    aiboms(&hub, 1);
    // The empty config of a referrer is the pusher's too.
    assert!(used() - before <= 2, "{before} and then {}", used());
}
