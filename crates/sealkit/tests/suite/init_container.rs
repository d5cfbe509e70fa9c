//! The script of the Kubernetes example, run as the init container would run it: against a registry,
//! with a good kit, a stranger's signature, and a tag that was moved to another kit.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Run, Sandbox, finish};
use crate::seal_common::{project, run};
use sealkit_testkit::TestRegistry;

const MANIFEST: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/kubernetes/verify-init-container.yaml");

/// The script that stands in the manifest, with the places of the container in `pod`.
fn script(pod: &Path) -> String {
    let text = fs::read_to_string(MANIFEST).unwrap();
    let lines = text.lines().skip_while(|line| !line.contains("args:")).skip(2);
    let script: Vec<&str> =
        lines.take_while(|line| line.starts_with("          ")).map(str::trim).collect();
    assert!(script.len() >= 3, "the manifest has changed its form: {script:?}");
    let place = |name: &str| pod.join(name).display().to_string();
    let mut text = script.join("\n");
    for name in ["keys", "models"] {
        text = text.replace(&format!("/{name}"), &place(name));
    }
    // The test registry speaks plain HTTP.
    text.replace("sealkit pull", "sealkit pull --plain-http")
}

/// Runs the init container in the folder `pod` of a sandbox, with this public key.
fn start(sandbox: &Sandbox, model: &str, key: &[u8]) -> (Run, std::path::PathBuf) {
    let pod = sandbox.work().join("pod");
    for name in ["keys", "models", "store", "bin"] {
        fs::create_dir_all(pod.join(name)).unwrap();
    }
    fs::write(pod.join("keys/signer.pub"), key).unwrap();
    let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_sealkit"), pod.join("bin/sealkit"));
    let mut command = Command::new("/bin/sh");
    command.args(["-euc", &script(&pod)]).current_dir(&pod).env_clear();
    command.env("PATH", pod.join("bin")).env("MODEL", model).env("SEALKIT_HOME", pod.join("store"));
    command.env("HOME", &pod);
    (finish(&mut command), pod.join("models"))
}

fn files(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pod_starts_with_what_the_signer_sealed_and_with_nothing_else() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/demo:v1", registry.host());
    let (owner, stranger) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&owner, &stranger] {
        project(sandbox);
        run(sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    }
    run(&owner, &["seal", "project", "-t", &name, "--key", "ci.key"]).exits(0);
    run(&owner, &["push", &name, "--plain-http"]).exits(0);
    let key = fs::read(owner.work().join("ci.pub")).unwrap();

    let pod = Sandbox::new();
    let (good, models) = start(&pod, &name, &key);
    good.exits(0);
    let unpacked = fs::read(models.join("models/m.safetensors")).unwrap();
    assert_eq!(unpacked, fs::read(owner.work().join("project/models/m.safetensors")).unwrap());

    // Nobody whom the pod trusts has signed.
    let pod = Sandbox::new();
    let other = fs::read(stranger.work().join("ci.pub")).unwrap();
    let (refused, models) = start(&pod, &name, &other);
    refused.exits(2);
    assert_eq!(files(&models), 0, "nothing was unpacked");

    // The tag is moved to what somebody else sealed.
    stranger.write("project/models/m.safetensors", "evil");
    run(&stranger, &["seal", "project", "-t", &name, "--key", "ci.key"]).exits(0);
    run(&stranger, &["push", &name, "--plain-http"]).exits(0);
    let pod = Sandbox::new();
    let (moved, models) = start(&pod, &name, &key);
    moved.exits(2);
    assert_eq!(files(&models), 0, "nothing was unpacked");
}
