//! Quarantine through the binary, and what other clients show of it.
#![cfg(feature = "hub")]

use std::process::Command;

use crate::common::{Sandbox, finish, peer};
use crate::hub_common::Hub;

#[test]
fn a_kit_is_refused_with_the_reason_and_given_out_again() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    let name = format!("{}/org/golden:v1", hub.host);
    client.golden();
    client.run(["pack", ".", "-t", &name]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let act = |rest: &[&str]| {
        client.run(["quarantine", &name, "--plain-http"].iter().chain(rest).copied())
    };
    act(&[]).exits(2);
    act(&["--reason", ""]).exits(2);
    let placed = act(&["--reason", "trained on leaked data", "--format", "json"]).exits(0).json();
    assert_eq!(placed["quarantine"]["repository"], "org/golden");
    let reader = Sandbox::new();
    let refused = reader.run(["pull", &name, "--plain-http"]);
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("under quarantine since 20"), "{refused}");
    assert!(refused.stderr.contains("trained on leaked data"), "{refused}");
    act(&["--lift"]).exits(0);
    act(&["--lift"]).exits(1);
    reader.run(["pull", &name, "--plain-http"]).exits(0);
}

#[test]
fn the_operator_does_it_beside_a_running_hub() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    let name = format!("{}/org/golden:v1", hub.host);
    client.golden();
    client.run(["pack", ".", "-t", &name]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let own = |rest: &[&str]| {
        server.run(["hub", "quarantine"].iter().chain(rest).copied().chain(["--data", "data"]))
    };
    own(&["add", "org/none:v1", "--reason", "x"]).exits(2);
    own(&["add", "org/golden:v1", "--reason", "under inquiry"]).exits(0);
    let listed = own(&["list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["quarantine"][0]["by"], "operator");
    // It holds at once, although another process wrote it.
    let refused = Sandbox::new().run(["pull", &name, "--plain-http"]);
    assert!(refused.stderr.contains("under inquiry"), "{refused}");
    let digest = listed["quarantine"][0]["digest"].as_str().unwrap();
    own(&["lift", digest]).exits(1);
    own(&["lift", "org/golden:v1"]).exits(0);
    let nowhere = format!("sha256:{}", "0".repeat(64));
    let idle = own(&["add", &nowhere, "--reason", "x"]).exits(1);
    assert!(idle.stdout.contains("it keeps nothing back so far"), "{idle}");
    own(&["lift", &nowhere]).exits(0);
    own(&["add", digest, "--reason", "everywhere"]).exits(0);
    own(&["lift", digest]).exits(0);
}

#[test]
fn a_digest_alone_says_what_it_keeps_back() {
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    let name = format!("{}/org/golden:v1", hub.host);
    client.golden();
    client.run(["pack", ".", "-t", &name]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let host = hub.host.as_str();
    let act = |digest: &str, rest: &[&str]| {
        let own = ["quarantine", digest, "--hub", host, "--plain-http", "--format", "json"];
        client.run(own.iter().chain(rest).copied())
    };
    // The digest of a file: neither manifest nor layer.
    let file = std::fs::read(client.work().join("README.md")).unwrap();
    let file = sealkit_oci::Digest::of(&file).to_string();
    let idle = act(&file, &["--reason", "leaked"]).exits(1);
    assert_eq!(idle.json()["keepsBack"], serde_json::json!([]), "{idle}");
    let text = ["quarantine", &file, "--hub", host, "--plain-http", "--reason", "leaked"];
    let text = client.run(text).exits(1);
    assert!(
        text.stdout.contains("it keeps nothing back so far: no manifest and no layer"),
        "{text}"
    );
    Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
    act(&file, &["--lift"]).exits(0);
    let shown = client.run(["inspect", &name, "--remote", "--plain-http"]).exits(0).json();
    let layer = shown["manifest"]["layers"][0]["digest"].as_str().unwrap().to_owned();
    let placed = act(&layer, &["--reason", "leaked"]).exits(0).json();
    assert_eq!(placed["keepsBack"][0]["repository"], "org/golden");
    let refused = Sandbox::new().run(["pull", &name, "--plain-http"]);
    assert!(refused.stderr.contains("under quarantine since 20"), "{refused}");
    assert!(placed["concerned"].as_array().is_none_or(Vec::is_empty), "{placed}");
    act(&layer, &["--lift"]).exits(0);
    Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
}

#[test]
fn skopeo_shows_the_reason() {
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let (server, client) = (Sandbox::new(), Sandbox::new());
    let hub = Hub::open(&server, &[]);
    let name = format!("{}/org/golden:v1", hub.host);
    client.golden();
    client.run(["pack", ".", "-t", &name]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let copy = |to: &str| {
        let mut command = Command::new(&skopeo);
        command.args(["--insecure-policy", "copy", "--src-tls-verify=false"]);
        let to = format!("oci:{}", client.work().join(to).display());
        finish(command.args([format!("docker://{name}"), to]))
    };
    copy("before").exits(0);
    let reason = ["--reason", "trained on leaked data", "--plain-http"];
    client.run(["quarantine", &name].iter().chain(&reason).copied()).exits(0);
    let refused = copy("after");
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("trained on leaked data"), "{refused}");
}
