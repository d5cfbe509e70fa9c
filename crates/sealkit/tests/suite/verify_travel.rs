//! Verification of a kit that has travelled: to a registry, to another machine, into a folder.

use std::fs;

use crate::common::{Sandbox, finish, peer};
use crate::seal_common::{PASSWORD, project, run, sealed};
use sealkit_testkit::TestRegistry;

#[test]
fn an_unpacked_copy_fits_until_a_file_differs() {
    let sandbox = sealed();
    run(&sandbox, &["unpack", "demo:v1", "-d", "out"]).exits(0);
    let verify = || run(&sandbox, &["verify", "demo:v1", "--dir", "out"]);
    verify().exits(0);
    let dir = sandbox.work().join("out");
    sandbox.write("out/data/.new", "x");
    let added = verify().exits(1);
    assert!(added.stdout.contains("`data/.new` was added"), "{added}");
    fs::remove_file(dir.join("data/.new")).unwrap();
    fs::rename(dir.join("data/test.csv"), dir.join("data/tests.csv")).unwrap();
    let renamed = verify().exits(1);
    assert!(renamed.stdout.contains("`data/test.csv` is missing"), "{renamed}");
    assert!(renamed.stdout.contains("`data/tests.csv` was added"), "{renamed}");
    fs::rename(dir.join("data/tests.csv"), dir.join("data/test.csv")).unwrap();
    fs::write(dir.join("README.md"), "# A modeL\n").unwrap();
    let changed = verify().exits(1);
    assert!(changed.stdout.contains("`README.md` was changed"), "{changed}");
    fs::write(dir.join("README.md"), "# A model\n").unwrap();
    verify().exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_at_a_registry_is_verified_where_it_is() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/demo:v1", registry.host());
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", &name]).exits(0);
    run(&sandbox, &["push", &name, "--plain-http"]).exits(0);
    let verify = ["verify", &name, "--remote", "--plain-http"];
    let here = run(&sandbox, &verify).exits(0);
    assert!(here.stdout.contains("signed by you"), "{here}");
    let bom = run(&sandbox, &["bom", &name, "--remote", "--plain-http"]).exits(0);
    assert!(bom.stderr.is_empty(), "{bom}");

    // Another machine knows nobody, until it is told.
    let other = Sandbox::new();
    let stranger = run(&other, &verify).exits(2);
    assert!(stranger.stdout.contains("whom you do not trust"), "{stranger}");
    let public = fs::read(sandbox.home().join("keys/sealkit.pub")).unwrap();
    other.write("signer.pub", public);
    run(&other, &[&verify[..], &["--key", "signer.pub"][..]].concat()).exits(0);
    run(&other, &["pull", &name, "--plain-http"]).exits(0);
    run(&other, &["verify", &name, "--key", "signer.pub"]).exits(0);
    assert!(!other.home().join("trust.json").exists(), "nothing was trusted for good");
}

#[test]
fn cosign_verifies_what_was_sealed() {
    let Some(cosign) = peer("SEALKIT_COSIGN") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(TestRegistry::start());
    let name = format!("{}/org/demo:v1", registry.host());
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    run(&sandbox, &["seal", "project", "-t", &name, "--key", "ci.key"]).exits(0);
    sandbox.run_with(["push", &name, "--plain-http"], PASSWORD, "").exits(0);
    let mut command = std::process::Command::new(cosign);
    command.current_dir(sandbox.work()).args(["verify", "--key", "ci.pub"]);
    command.args(["--insecure-ignore-tlog", "--allow-http-registry", &name]);
    finish(&mut command).exits(0);
}

#[test]
fn cosign_verifies_what_was_signed_at_a_registry() {
    let Some(cosign) = peer("SEALKIT_COSIGN") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(TestRegistry::start());
    let name = format!("{}/org/demo:v1", registry.host());
    let sandbox = Sandbox::new();
    sandbox.golden();
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    run(&sandbox, &["pack", ".", "-t", &name]).exits(0);
    run(&sandbox, &["push", &name, "--plain-http"]).exits(0);
    let mut command = std::process::Command::new(cosign);
    command.current_dir(sandbox.work()).args(["verify", "--key", "ci.pub"]);
    command.args(["--insecure-ignore-tlog", "--allow-http-registry", &name]);
    assert_ne!(finish(&mut command).code, Some(0));
    run(&sandbox, &["sign", &name, "--remote", "--plain-http", "--key", "ci.key"]).exits(0);
    finish(&mut command).exits(0);
}
