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
    own(&["add", digest, "--reason", "everywhere"]).exits(0);
    own(&["lift", digest]).exits(0);
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
