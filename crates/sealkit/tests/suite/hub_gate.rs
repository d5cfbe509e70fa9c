//! A policy that guards the tags and pulls of a hub, and what clients show of it.
#![cfg(feature = "hub")]

use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use crate::hub_common::{Hub, get, log_in, send, token};
use crate::seal_common::{run, sealed};

const SIGNED: &str =
    "schemaVersion: 1\nname: house\nrules:\n  - {id: signed, check: {signers: {}}}\n";

/// A server whose hub trusts whom `client` trusts, and has the policy of this text.
fn server(client: &Sandbox, policy: &str) -> Sandbox {
    let server = Sandbox::new();
    server.write("policy.yaml", policy);
    let trust = std::fs::read(client.home().join("trust.json")).unwrap();
    server.write("data/trust.json", trust);
    server
}

fn push(client: &Sandbox, from: &str, to: &str) -> Run {
    run(client, &["push", from, to, "--plain-http"])
}

/// A kit that nobody signed.
fn unsigned(client: &Sandbox) {
    client.golden();
    client.run(["pack", ".", "-t", "plain:v1"]).exits(0);
}

#[test]
fn a_signed_kit_gets_its_tag_and_an_unsigned_one_does_not() {
    let client = sealed();
    let server = server(&client, SIGNED);
    let hub = Hub::open(&server, &["--policy", "policy.yaml"]);
    let name = |rest: &str| format!("{}/org/{rest}", hub.host);
    push(&client, "demo:v1", &name("demo:v1")).exits(0);
    Sandbox::new().run(["pull", &name("demo:v1"), "--plain-http"]).exits(0);
    unsigned(&client);
    let refused = push(&client, "plain:v1", &name("plain:v1"));
    assert_ne!(refused.code, Some(0));
    for part in ["policy `house`", "signed", "sealkit check"] {
        assert!(refused.stderr.contains(part), "{part}: {refused}");
    }
    assert_ne!(Sandbox::new().run(["pull", &name("plain:v1"), "--plain-http"]).code, Some(0));
    // By its digest it is there, to be signed.
    let digest = run(&client, &["check", "plain:v1", "-q"]).stdout;
    let by_digest = name(&format!("plain@{}", digest.trim()));
    Sandbox::new().run(["pull", &by_digest, "--plain-http"]).exits(0);
}

#[test]
fn a_strangers_signature_is_not_enough() {
    let (client, stranger) = (sealed(), sealed());
    let server = server(&client, SIGNED);
    let hub = Hub::open(&server, &["--policy", "policy.yaml"]);
    let name = format!("{}/org/demo:v1", hub.host);
    let refused = push(&stranger, "demo:v1", &name);
    assert!(refused.code != Some(0) && refused.stderr.contains("policy `house`"), "{refused}");
    push(&client, "demo:v1", &name).exits(0);
}

/// The code of a model counts where it comes in, whichever kit it lies in.
#[test]
fn code_in_a_referenced_kit_does_not_get_past_the_gate() {
    let policy = "schemaVersion: 1\nname: house\nrules:\n  - {id: no-code-on-load, check: {forbiddenFormats: {formats: [can-run-code]}}}\n";
    let client = sealed();
    let server = server(&client, policy);
    let hub = Hub::open(&server, &["--policy", "org=policy.yaml"]);
    let name = |rest: &str| format!("{}/{rest}", hub.host);
    client.write("bad/model.pkl", b"cos\nsystem\n(S'true'\ntR.");
    for (folder, parent) in [("bad", "other/bad:v1"), ("project", "other/demo:v1")] {
        let parent = name(parent);
        run(&client, &["seal", folder, "-t", &parent]).exits(0);
        push(&client, &parent, &parent).exits(0);
        let child = name(&format!("org/of-{folder}:v1"));
        client.write("child/run.py", "print()\n");
        let kitfile = format!(
            "manifestVersion: 1.0.0\npackage: {{name: c}}\nmodel: {{name: m, path: '{parent}'}}\ncode: [{{path: run.py}}]\n"
        );
        client.write("child/Kitfile", kitfile);
        run(&client, &["seal", "child", "-t", &child]).exits(0);
        let pushed = push(&client, &child, &child);
        if folder == "project" {
            pushed.exits(0);
        } else {
            assert_ne!(pushed.code, Some(0), "{pushed}");
            for part in ["no-code-on-load", "model.pkl"] {
                assert!(pushed.stderr.contains(part), "{part}: {pushed}");
            }
        }
    }
}

#[test]
fn pulls_are_judged_where_the_hub_is_told_to() {
    let client = sealed();
    let server = server(&client, SIGNED);
    let policy = ["--policy", "org=policy.yaml", "--policy-on-pull"];
    let hub = Hub::start(&server, &policy);
    let secret = token(&server, "ci", "write:*");
    log_in(&client, &hub.host, "ci", &secret).exits(0);
    let (reader, secret) = (Sandbox::new(), token(&server, "reader", "read:*"));
    log_in(&reader, &hub.host, "reader", &secret).exits(0);
    let name = |rest: &str| format!("{}/{rest}", hub.host);
    unsigned(&client);
    let refused = push(&client, "plain:v1", &name("org/plain:v1"));
    assert!(refused.stderr.contains("policy `house`"), "{refused}");
    let digest = run(&client, &["check", "plain:v1", "-q"]).stdout;
    let by_digest = name(&format!("org/plain@{}", digest.trim()));
    let pulled = reader.run(["pull", &by_digest, "--plain-http"]);
    assert!(pulled.code != Some(0) && pulled.stderr.contains("policy `house`"), "{pulled}");
    client.run(["pull", &by_digest, "--plain-http"]).exits(0);
    // The policy is for `org` alone.
    push(&client, "plain:v1", &name("other/plain:v1")).exits(0);
    push(&client, "demo:v1", &name("org/demo:v1")).exits(0);
    reader.run(["pull", &name("org/demo:v1"), "--plain-http"]).exits(0);
}

/// What a manifest is refused for, its parts are refused for, whichever way they are asked for.
#[test]
fn nothing_of_what_is_denied_is_given_out_in_parts() {
    let client = sealed();
    let server = server(&client, SIGNED);
    let hub = Hub::start(&server, &["--policy", "org=policy.yaml", "--policy-on-pull"]);
    let writes = token(&server, "ci", "write:*");
    log_in(&client, &hub.host, "ci", &writes).exits(0);
    let reader = token(&server, "reader", "read:*");
    // May push elsewhere, and reads here.
    let scopes = ["--user", "other", "--scope", "read:*", "--scope", "write:own"];
    let added = server.run(["hub", "token", "add", "o", "--data", "data"].iter().chain(&scopes));
    let other = added.exits(0).stdout.trim().to_owned();
    unsigned(&client);
    push(&client, "plain:v1", &format!("{}/org/plain:v1", hub.host));
    push(&client, "demo:v1", &format!("{}/org/demo:v1", hub.host)).exits(0);
    let plain = run(&client, &["check", "plain:v1", "-q"]).stdout.trim().to_owned();
    let layer = |name: &str| {
        let inspected = run(&client, &["inspect", name]).exits(0).json();
        inspected["manifest"]["layers"][0]["digest"].as_str().unwrap().to_owned()
    };
    let (denied, allowed) = (layer("plain:v1"), layer("demo:v1"));
    let blob = |name: &str, digest: &str| format!("/v2/org/{name}/blobs/{digest}");
    let version = format!("/api/v1/kits/org%2Fplain/versions/{plain}");
    let page = format!("/kits/org%2Fplain/{plain}");
    let pair = format!("a=org/demo:v1&b=org/plain@{plain}");
    let content = [
        format!("/v2/org/plain/manifests/{plain}"),
        blob("plain", &denied),
        version.clone(),
        format!("{version}/files"),
        format!("{version}/files/Kitfile"),
        format!("{version}/preview?path=README.md"),
        format!("{version}/facts"),
        format!("{version}/card"),
        format!("{version}/tensors?path=model.safetensors"),
        page.clone(),
        format!("{page}/files"),
        format!("{page}/raw"),
        format!("{page}/index.md"),
        page.replace("sha256:", "sha256%3A"),
        format!("/api/v1/compare?{pair}"),
        format!("/api/v1/compare/text?{pair}&file=README.md"),
        format!("/compare?{pair}"),
    ];
    for path in &content {
        let (status, body) = get(&hub.host, path, Some(&reader));
        assert!(status == 403 && body.contains("policy `house`"), "{path}: {status} {body}");
        assert_ne!(get(&hub.host, path, Some(&writes)).0, 403, "{path}");
    }
    // Why it is not given out can be read, and what is allowed is given out.
    for path in [format!("{page}/security"), format!("{page}/attached"), blob("demo", &allowed)] {
        assert_eq!(get(&hub.host, &path, Some(&reader)).0, 200, "{path}");
    }
    let mount = |from: &str, digest: &str| {
        let path = format!("/v2/own/copy/blobs/uploads/?mount={digest}&from=org/{from}");
        send(&hub.host, "POST", &path, Some(&other)).0
    };
    assert_eq!((mount("plain", &denied), mount("demo", &allowed)), (202, 201));
}

#[test]
fn a_policy_or_trust_store_that_is_none_stops_the_start() {
    let server = Sandbox::new();
    server.write("broken.yaml", "rules: []\n");
    server.write("good.yaml", SIGNED);
    let start = |more: &[&str]| {
        let all = ["hub", "--data", "data", "--listen", "127.0.0.1:0"];
        server.run(all.iter().chain(more).copied()).exits(2)
    };
    start(&["--policy", "absent.yaml"]);
    assert!(start(&["--policy", "broken.yaml"]).stderr.contains("polic"));
    start(&["--policy", "Bad Name=good.yaml"]);
    start(&["--policy", "good.yaml", "--trust", "absent.json"]);
    server.write("data/trust.json", "{");
    start(&["--policy", "good.yaml"]);
}

#[cfg(unix)]
#[test]
fn a_broken_policy_does_not_replace_a_good_one() {
    let client = sealed();
    let server = server(&client, SIGNED);
    let hub = Hub::open(&server, &["--policy", "policy.yaml"]);
    let hang_up = || {
        let pid = hub.pid().to_string();
        assert_eq!(finish(Command::new("kill").args(["-HUP", &pid])).code, Some(0));
    };
    unsigned(&client);
    let name = format!("{}/org/plain:v1", hub.host);
    server.write("policy.yaml", "rules: []\n");
    hang_up();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(push(&client, "plain:v1", &name).stderr.contains("policy `house`"));
    server.write("policy.yaml", SIGNED.replace("rules:", "mode: warn\nrules:"));
    hang_up();
    let started = std::time::Instant::now();
    while push(&client, "plain:v1", &name).code != Some(0) {
        assert!(started.elapsed().as_secs() < 20, "it only warns now");
    }
}

#[test]
fn skopeo_shows_the_rule() {
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let client = sealed();
    let server = server(&client, SIGNED);
    let hub = Hub::open(&server, &["--policy", "policy.yaml"]);
    unsigned(&client);
    client.run(["copy", "plain:v1", "oci:layout:v1"]).exits(0);
    let mut command = Command::new(&skopeo);
    command.args(["--insecure-policy", "copy", "--dest-tls-verify=false"]);
    let from = format!("oci:{}:v1", client.work().join("layout").display());
    let refused = finish(command.args([from, format!("docker://{}/org/plain:v1", hub.host)]));
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("policy `house`"), "{refused}");
}
