//! `sealkit revoke` and `sealkit advisories`: who may say that a kit must not be used, and who has to heed it.

use crate::common::{Run, Sandbox};
use crate::seal_common::{run, sealed};

const WHY: &str = "trained on leaked data";

fn revoke(sandbox: &Sandbox, more: &[&str]) -> Run {
    run(sandbox, &[&["revoke", "demo:v1", "--reason", WHY], more].concat())
}

fn verify(sandbox: &Sandbox) -> serde_json::Value {
    run(sandbox, &["verify", "demo:v1", "--format", "json"]).json()
}

/// The step about advisories.
fn step(found: &serde_json::Value) -> Option<serde_json::Value> {
    let steps = found["steps"].as_array().unwrap();
    steps.iter().find(|step| step["id"] == "not-revoked").cloned()
}

/// Like `revoke`, with the time as it is at that second.
fn at(sandbox: &Sandbox, time: u32, more: &[&str]) -> Run {
    let time = time.to_string();
    let environment = [crate::seal_common::PASSWORD, &[("SOURCE_DATE_EPOCH", &time[..])]].concat();
    sandbox.run_with([&["revoke", "demo:v1", "--reason", WHY], more].concat(), &environment, "")
}

/// Attaches a word that takes something back, as `revoke` would where there was something.
fn withdrawn(sandbox: &Sandbox, id: &str, time: &str, more: &[&str]) {
    let said = serde_json::json!({"id": id, "state": "withdrawn", "reason": WHY, "issuedOn": time});
    sandbox.write("withdrawn.json", said.to_string());
    let args = ["attest", "demo:v1", "--type", "advisory", "--predicate", "withdrawn.json"];
    run(sandbox, &[&args[..], more].concat()).exits(0);
}

#[test]
fn verify_and_check_say_no_with_the_reason_until_it_is_withdrawn() {
    let sandbox = sealed();
    assert_eq!(step(&verify(&sandbox)), None, "there is none");
    let made =
        at(&sandbox, 1_790_000_000, &["--severity", "high", "--format", "json"]).exits(0).json();
    let id = made["advisories"][0]["id"].as_str().unwrap().to_owned();
    for verb in ["verify", "check"] {
        let found = run(&sandbox, &[verb, "demo:v1"]).exits(1);
        assert!(found.stdout.contains(WHY) && found.stdout.contains("high"), "{found}");
    }
    let found = step(&verify(&sandbox)).unwrap();
    assert_eq!((&found["outcome"], &found["codes"][0]), (&"fail".into(), &"revoked".into()));
    // An earlier word takes back nothing, nor does one of another id.
    withdrawn(&sandbox, &id, "2026-09-21T13:46:39Z", &[]);
    withdrawn(&sandbox, "other", "2026-09-21T13:46:41Z", &[]);
    run(&sandbox, &["verify", "demo:v1"]).exits(1);
    at(&sandbox, 1_790_000_002, &["--withdraw", "--id", &id]).exits(0);
    let found = verify(&sandbox);
    assert_eq!(found["verdict"], "yes", "{found:#}");
    assert!(step(&found).unwrap()["reason"].as_str().unwrap().contains("withdrawn"));
    run(&sandbox, &["check", "demo:v1"]).exits(0);
    // What was withdrawn can be said again.
    at(&sandbox, 1_790_000_003, &["--id", &id]).exits(0);
    run(&sandbox, &["check", "demo:v1"]).exits(1);
}

#[test]
fn a_strangers_word_is_named_and_changes_nothing() {
    let sandbox = sealed();
    let stranger = Sandbox::new();
    run(&stranger, &["keys", "generate", "--output-prefix", "other"]).exits(0);
    let key = stranger.work().join("other.key");
    revoke(&sandbox, &["--key", key.to_str().unwrap()]).exits(0);
    let found = verify(&sandbox);
    assert_eq!(found["verdict"], "yes", "{found:#}");
    let step = step(&found).unwrap();
    assert_eq!(step["outcome"], "skip");
    assert!(step["reason"].as_str().unwrap().contains("nobody you trust"), "{step}");
    let listed = run(&sandbox, &["advisories", "demo:v1", "--format", "json"]).exits(0).json();
    assert_eq!(listed["advisories"][0]["counts"], false);
    // Trusted, it counts by its role.
    let public = key.with_extension("pub");
    let trust = |role: &str| {
        let file = public.to_str().unwrap();
        run(&sandbox, &["trust", "add", file, "--name", "other", "--role", role]).exits(0);
    };
    trust("ci");
    let found = verify(&sandbox);
    assert_eq!(found["verdict"], "yes", "{found:#}");
    assert!(self::step(&found).unwrap()["reason"].as_str().unwrap().contains("may not revoke"));
    run(&sandbox, &["trust", "remove", "other"]).exits(0);
    trust("revoker");
    assert_eq!(verify(&sandbox)["verdict"], "no");
}

#[test]
fn another_signer_takes_nothing_back() {
    let sandbox = sealed();
    at(&sandbox, 1_790_000_000, &["--id", "a"]).exits(0);
    run(&sandbox, &["keys", "generate", "--output-prefix", "second"]).exits(0);
    run(&sandbox, &["trust", "add", "second.pub", "--name", "second", "--role", "signer"]).exits(0);
    withdrawn(&sandbox, "a", "2026-09-21T13:46:41Z", &["--key", "second.key"]);
    run(&sandbox, &["verify", "demo:v1"]).exits(1);
}

#[test]
fn what_was_never_said_is_not_withdrawn() {
    let sandbox = sealed();
    at(&sandbox, 1_790_000_000, &["--id", "leaked"]).exits(0);
    run(&sandbox, &["keys", "generate", "--output-prefix", "second"]).exits(0);
    for (time, more, hint) in [
        (1_790_000_001, &["--id", "leakde"][..], "`leaked`"),
        (1_790_000_001, &["--id", "leaked", "--key", "second.key"], "sealkit advisories"),
        (1_789_999_999, &["--id", "leaked"], "`leaked`"),
    ] {
        let refused = at(&sandbox, time, &[&["--withdraw"], more].concat()).exits(2);
        assert!(refused.stdout.is_empty() && !refused.stderr.contains("withdrew"), "{refused}");
        assert!(refused.stderr.contains(hint), "{hint}: {refused}");
    }
    run(&sandbox, &["verify", "demo:v1"]).exits(1);
    at(&sandbox, 1_790_000_001, &["--withdraw", "--id", "leaked"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn what_is_said_is_listed_and_exported() {
    let sandbox = sealed();
    run(&sandbox, &["advisories"]).exits(0);
    revoke(&sandbox, &["--id", "=1+1", "--dataset", "corpus@3", "--see", "https://example.com/a"])
        .exits(0);
    let listed = run(&sandbox, &["advisories", "--format", "json"]).exits(1).json();
    assert_eq!(listed["schemaVersion"], 1);
    let one = &listed["advisories"][0];
    assert_eq!((&one["holds"], &one["concerns"][0]["name"]), (&true.into(), &"corpus".into()));
    let csv = run(&sandbox, &["advisories", "demo:v1", "--format", "csv"]).exits(1).stdout;
    assert!(csv.contains(",'=1+1,affected,"), "{csv}");
    let vex = run(&sandbox, &["advisories", "demo:v1", "--format", "vex"]).exits(1).json();
    assert_eq!(vex["statements"][0]["status"], "affected");
    let table = run(&sandbox, &["advisories", "demo:v1"]).exits(1).stdout;
    assert!(table.contains(WHY), "{table}");
}

#[test]
fn what_can_not_be_said_is_refused() {
    let sandbox = sealed();
    for args in [
        &["revoke", "demo:v1"][..],
        &["revoke", "--reason", "x"],
        &["revoke", "demo:v1", "--reason", " "],
        &["revoke", "demo:v1", "--reason", "x", "--withdraw"],
        &["revoke", "none:v1", "--reason", "x"],
        &["revoke", "demo:v1", "--reason", "x", "--purl", "no uri"],
    ] {
        run(&sandbox, args).exits(2);
    }
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn the_kits_are_found_by_what_is_in_them() {
    let sandbox = sealed();
    let bom = run(&sandbox, &["bom", "demo:v1", "--format", "cyclonedx-json"]).exits(0).json();
    let data = bom["components"].as_array().unwrap().iter().find(|one| one["type"] == "data");
    let name = data.unwrap()["name"].as_str().unwrap().to_owned();
    run(&sandbox, &["revoke", "--dataset", "no-such-data", "--reason", WHY]).exits(1);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    run(&sandbox, &["revoke", "--dataset", &name, "--reason", WHY]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(1);
    // Of a kit without AIBOM nobody knows.
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "plain:v1"]).exits(0);
    let found = run(&sandbox, &["revoke", "--dataset", "no-such-data", "--reason", WHY]).exits(2);
    assert!(found.stderr.contains("plain"), "{found}");
}

#[cfg(feature = "hub")]
#[test]
fn an_advisory_travels_and_a_hub_heeds_it() {
    let client = sealed();
    let server = Sandbox::new();
    let policy = "schemaVersion: 1\nname: house\nrules:\n  - {id: signed, check: {signers: {}}}\n";
    server.write("policy.yaml", policy);
    let trust = std::fs::read(client.home().join("trust.json")).unwrap();
    server.write("data/trust.json", trust);
    let hub = crate::hub_common::Hub::open(&server, &["--policy", "policy.yaml"]);
    let name = format!("{}/org/demo:v1", hub.host);
    run(&client, &["push", "demo:v1", &name, "--plain-http"]).exits(0);
    let args = ["revoke", &name, "--remote", "--plain-http", "--reason", WHY];
    run(&client, &args).exits(0);
    let found = run(&client, &["verify", &name, "--remote", "--plain-http"]).exits(1);
    assert!(found.stdout.contains(WHY), "{found}");
    // Nobody tags it any more.
    let again = format!("{}/org/demo:v2", hub.host);
    let refused = run(&client, &["push", "demo:v1", &again, "--plain-http"]);
    assert!(refused.code != Some(0) && refused.stderr.contains(WHY), "{refused}");
}

#[cfg(feature = "hub")]
#[test]
fn a_hub_lists_them_to_who_may_read_and_as_a_feed() {
    let client = sealed();
    let server = Sandbox::new();
    let hub = crate::hub_common::Hub::start(&server, &[]);
    let (writer, other) = (
        crate::hub_common::token(&server, "ci", "write:org"),
        crate::hub_common::token(&server, "other", "read:else"),
    );
    crate::hub_common::log_in(&client, &hub.host, "ci", &writer).exits(0);
    let name = format!("{}/org/demo:v1", hub.host);
    run(&client, &["push", "demo:v1", &name, "--plain-http"]).exits(0);
    for (at, reason) in [("1790000000", "one <b>"), ("1790000001", "two")] {
        let environment = [crate::seal_common::PASSWORD, &[("SOURCE_DATE_EPOCH", at)]].concat();
        let args = ["revoke", &name, "--remote", "--plain-http", "--reason", reason];
        client.run_with(args, &environment, "").exits(0);
    }
    let list = |query: &str, token: &str| {
        let (status, body) =
            crate::hub_common::get(&hub.host, &format!("/api/v1/advisories{query}"), Some(token));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<serde_json::Value>(&body).unwrap()
    };
    let all = list("", &writer);
    assert_eq!(all["advisories"].as_array().unwrap().len(), 2, "{all:#}");
    assert_eq!(all["advisories"][0]["repository"], "org/demo");
    let events = ["hub", "events", "--data", "data", "--action", "advisory", "--format", "json"];
    let events = server.run(events).exits(0).json();
    assert_eq!(events["events"].as_array().unwrap().len(), 2, "{events:#}");
    assert_eq!(events["events"][0]["subject"], all["advisories"][0]["kit"]);
    let first = list("?limit=1", &writer);
    let next = first["next"].as_str().unwrap();
    let second = list(&format!("?limit=1&after={next}"), &writer);
    let mut reasons = [&first, &second].map(|page| page["advisories"][0]["reason"].clone());
    reasons.sort_by_key(ToString::to_string);
    assert_eq!(reasons, ["one <b>", "two"]);
    assert!(second["next"].is_null(), "{second:#}");
    assert_eq!(list("", &other)["advisories"].as_array().unwrap().len(), 0);
    let bad = crate::hub_common::get(&hub.host, "/api/v1/advisories?after=x", Some(&writer));
    assert_eq!(bad.0, 400);
    assert_eq!(crate::hub_common::get(&hub.host, "/advisories.atom", None).0, 401);
    let (status, feed) = crate::hub_common::get(&hub.host, "/advisories.atom", Some(&writer));
    assert_eq!((status, feed.matches("<entry>").count()), (200, 2), "{feed}");
    assert!(feed.contains("one &lt;b&gt;") && !feed.contains("<b>"), "{feed}");
    let (_, feed) = crate::hub_common::get(&hub.host, "/advisories.atom", Some(&other));
    assert!(!feed.contains("<entry>"), "{feed}");
}

#[cfg(feature = "hub")]
#[test]
fn the_kits_of_a_hub_that_a_matter_is_in_are_revoked_with_those_made_from_them() {
    let (client, server) = (sealed(), Sandbox::new());
    let hub = crate::hub_common::Hub::open(&server, &[]);
    let name = format!("{}/org/demo:v1", hub.host);
    run(&client, &["push", "demo:v1", &name, "--plain-http"]).exits(0);
    let card = format!("---\nbase_model: {}/org/demo:v1\n---\n# heir\n", hub.host);
    client.write("heir/README.md", card);
    client.write("heir/model.txt", "weights");
    let heir = format!("{}/org/heir:v1", hub.host);
    for args in
        [&["init", "heir"][..], &["pack", "heir", "-t", &heir], &["push", &heir, "--plain-http"]]
    {
        client.run(args.iter().copied()).exits(0);
    }
    let bom = run(&client, &["bom", "demo:v1", "--format", "cyclonedx-json"]).exits(0).json();
    let data = bom["components"].as_array().unwrap().iter().find(|one| one["type"] == "data");
    let dataset = data.unwrap()["name"].as_str().unwrap().to_owned();
    let ends = ["--hub", &hub.host, "--plain-http"];
    let revoke = |more: &[&str]| {
        let args = ["revoke", "--dataset", &dataset, "--reason", WHY];
        run(&client, &[&args[..], &ends, more].concat())
    };
    let asked = std::time::Instant::now();
    let meant = loop {
        let meant = revoke(&["--descendants", "--dry-run"]);
        let is_known = meant.code == Some(0) && meant.stdout.contains("org/heir");
        if is_known || asked.elapsed().as_secs() > 60 {
            break meant.exits(0);
        }
    };
    assert_eq!(meant.stdout.trim().lines().count(), 2, "{meant}");
    let advisories = |more: &[&str]| run(&client, &[&["advisories"], &ends[..], more].concat());
    assert_eq!(advisories(&[]).exits(0).stdout.trim().lines().count(), 1, "nothing was signed");
    assert_eq!(revoke(&["--dry-run"]).exits(0).stdout.trim().lines().count(), 1, "only it itself");
    revoke(&["--descendants", "--severity", "high"]).exits(0);
    let found = run(&client, &["verify", &name, "--remote", "--plain-http"]).exits(1);
    assert!(found.stdout.contains(WHY), "{found}");
    let listed = advisories(&["--format", "json"]).exits(1).json();
    let kits = listed["advisories"].as_array().unwrap();
    assert!(kits.len() == 2 && kits.iter().all(|one| one["holds"] == true), "{listed:#}");
    let vex = advisories(&["--format", "cyclonedx"]).exits(1).json();
    assert_eq!(
        (&vex["bomFormat"], vex["components"].as_array().unwrap().len()),
        (&"CycloneDX".into(), 2)
    );
    assert_eq!(vex["vulnerabilities"][0]["analysis"]["state"], "exploitable");
    // What the hub does not give out is named, and hides no other.
    run(&client, &["quarantine", &name, "--reason", WHY, "--plain-http"]).exits(0);
    let rest = advisories(&[]).exits(1);
    assert!(rest.stdout.contains("org/heir") && rest.stderr.contains("not be looked at"), "{rest}");
    run(
        &client,
        &["revoke", "--dataset", "nobody/has", "--reason", WHY, ends[0], ends[1], ends[2]],
    )
    .exits(1);
    run(&client, &["advisories", "demo:v1", "--hub", &hub.host]).exits(2);
}
