//! Registries that fail: nothing wrong is kept, and what was cut off goes on.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::common::Sandbox;
use sealkit_testkit::{ClientCerts, TestCa, TestRegistry};

const MIB: u64 = 1 << 20;

/// A sandbox with a kit of one model file of `size` bytes, packed under this name.
fn packed(name: &str, size: u64) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut state = 1_u32;
    let bytes: Vec<u8> = (0..size)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    sandbox.write("m.bin", bytes);
    sandbox.write(
        "Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: big}\nmodel: {name: m, path: m.bin}\n",
    );
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

async fn published(size: u64) -> (TestRegistry, String) {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/big:v1", registry.host());
    packed(&name, size).run(["push", &name, "--plain-http"]).exits(0);
    registry.log().clear();
    (registry, name)
}

fn start(sandbox: &Sandbox, args: &[&str]) -> Child {
    let mut command = sandbox.command();
    command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

async fn wait_for(mut reached: impl FnMut() -> bool) {
    let start = Instant::now();
    while !reached() {
        assert!(start.elapsed() < Duration::from_mins(1), "it did not come so far");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_are_refused_and_nothing_is_kept() {
    let (registry, name) = published(MIB).await;
    registry.faults().set(|faults| faults.wrong_bytes = true);
    let sandbox = Sandbox::new();
    let run = sandbox.run(["pull", &name, "--plain-http"]).exits(1);
    assert!(run.stderr.contains("holds wrong bytes: expected sha256:"), "{run}");
    assert!(run.stderr.contains(&registry.host()), "the registry is named: {run}");
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
    sandbox.run(["fsck"]).exits(0);
    registry.faults().clear();
    sandbox.run(["pull", &name, "--plain-http"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_blob_is_no_blob() {
    let (registry, name) = published(MIB).await;
    registry.faults().set(|faults| faults.short_body = Some(1000));
    let sandbox = Sandbox::new();
    sandbox.run(["pull", &name, "--plain-http"]).exits(1);
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
    registry.faults().clear();
    sandbox.run(["pull", &name, "--plain-http"]).exits(0);
    sandbox.run(["fsck"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_registry_is_asked_again() {
    let (registry, name) = published(1000).await;
    registry.faults().set(|faults| {
        faults.too_many_requests = 1;
        faults.retry_after = Some(1);
        faults.server_errors = 2;
    });
    Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
    let busy = registry.log().all().iter().filter(|seen| seen.status >= 429).count();
    assert_eq!(busy, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_goes_on_within_one_run() {
    let (registry, name) = published(4 * MIB).await;
    registry.faults().set(|faults| {
        faults.drop_after = Some(MIB);
        faults.drops = Some(2);
    });
    Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
    assert!(registry.blob_bytes_served() < 6 * MIB, "{}", registry.blob_bytes_served());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_resolved_once() {
    let registry = TestRegistry::start().await;
    let first = format!("{}/org/kit:v1", registry.host());
    let second = format!("{}/org/kit:v2", registry.host());
    packed(&first, 1000).run(["push", &first, "--plain-http"]).exits(0);
    let run = packed(&second, 2000).run(["-q", "push", &second, "--plain-http"]).exits(0);
    let moved = run.stdout.trim().to_owned();
    let digest = moved.parse().unwrap();
    registry.faults().set(|faults| faults.moved_tag = Some(("v1".to_owned(), digest)));
    let sandbox = Sandbox::new();
    let run = sandbox.run(["-q", "pull", &first, "--plain-http"]).exits(0);
    assert_eq!(run.stdout.trim(), moved);
    let inspected = sandbox.run(["inspect", &first]).exits(0).json();
    assert_eq!(inspected["digest"], moved.as_str(), "name, content and answer agree");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_referrers_api_what_is_attached_travels_all_the_same() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.no_referrers = true);
    let name = format!("{}/org/kit:v1", registry.host());
    packed(&name, 1000).run(["push", &name, "--plain-http"]).exits(0);
    let fallback = registry.log().matching("PUT", "/manifests/sha256-");
    assert_eq!(fallback.len(), 1, "the tag schema was used");
    let run = Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_pull_goes_on_where_it_was() {
    let size = 24 * MIB;
    let (registry, name) = published(size).await;
    registry.faults().set(|faults| faults.bytes_per_second = Some(12 * MIB));
    let sandbox = Sandbox::new();
    let mut child = start(&sandbox, &["pull", &name, "--plain-http"]);
    wait_for(|| registry.blob_bytes_served() > 12 * MIB).await;
    child.kill().unwrap();
    child.wait().unwrap();
    registry.faults().clear();
    let before = registry.blob_bytes_served();
    let run = sandbox.run(["pull", &name, "--plain-http"]).exits(0);
    let again = registry.blob_bytes_served() - before;
    // What was on its way in sockets when the process died comes again: less than one chunk.
    assert!(before + again < size + 8 * MIB, "{before} and {again}");
    assert!(again < size - 4 * MIB, "{again}");
    assert!(run.stderr.contains("1 layer went on where an earlier transfer stopped"), "{run}");
    sandbox.run(["fsck"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_push_goes_on_where_it_was() {
    let size = 64 * MIB;
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/big:v1", registry.host());
    let sandbox = packed(&name, size);
    let mut child = start(&sandbox, &["push", &name, "--plain-http"]);
    let taken = || {
        let chunks = registry.log().matching("PATCH", "/uploads/");
        chunks.iter().filter(|seen| seen.status == 202).count()
    };
    wait_for(|| taken() >= 2).await;
    child.kill().unwrap();
    child.wait().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(registry.log().matching("PUT", "/manifests/").is_empty(), "it was killed too late");
    registry.log().clear();
    let run = sandbox.run(["push", &name, "--plain-http"]).exits(0);
    let sent: u64 = registry.log().all().iter().map(|seen| seen.received).sum();
    assert!(sent < size - 8 * MIB, "{sent}");
    assert!(run.stderr.contains("1 layer went on where an earlier transfer stopped"), "{run}");
    Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_without_tls_is_named_as_such() {
    let (_registry, name) = published(1000).await;
    let run = Sandbox::new().run(["pull", &name]).exits(1);
    assert!(run.stderr.contains("the server answered in plain HTTP to an HTTPS client"), "{run}");
    assert!(run.stderr.contains("hint: if this is meant, pass `--plain-http`"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_trusted_when_it_is_given() {
    let ca = TestCa::new();
    let registry = TestRegistry::start_tls(&ca, ClientCerts::Required).await;
    let name = format!("{}/org/kit:v1", registry.host());
    let sandbox = packed(&name, 1000);
    let run = sandbox.run(["push", &name]).exits(1);
    assert!(run.stderr.contains("`--tls-cert FILE`"), "{run}");
    sandbox.write("ca.pem", ca.pem());
    sandbox.run(["push", &name, "--tls-cert", "ca.pem"]).exits(1);
    let identity = ca.client("tester");
    sandbox.write("client.pem", identity.cert_pem);
    sandbox.write("client.key", identity.key_pem);
    let with = ["--tls-cert", "ca.pem", "--cert", "client.pem", "--key", "client.key"];
    sandbox.run(["push", name.as_str()].into_iter().chain(with)).exits(0);
    let run = sandbox.run(["push", &name, "--cert", "client.pem"]).exits(1);
    assert!(run.stderr.contains("hint: give both `--cert` and `--key`"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_no_request_leaves() {
    let (registry, name) = published(1000).await;
    let sandbox = packed(&name, 1000);
    for args in [
        vec!["pull", name.as_str()],
        vec!["push", name.as_str()],
        vec!["list", name.as_str()],
        vec!["inspect", "--remote", name.as_str()],
        vec!["remove", "--remote", name.as_str()],
        vec!["login", "127.0.0.1:1", "-u", "me", "-p", "secret"],
    ] {
        let mut all = vec!["--offline"];
        all.extend(&args);
        if args[0] != "login" {
            all.push("--plain-http");
        }
        let run = sandbox.run(&all).exits(1);
        assert!(run.stderr.contains("offline: would have to"), "{args:?} {run}");
    }
    let seen = registry.log().all();
    assert!(seen.is_empty(), "{seen:?}");
}
