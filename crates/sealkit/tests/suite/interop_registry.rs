//! Kits between SealKit, `kit`, skopeo and the registry that most others descend from.

use std::path::Path;
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use crate::docker::Registry;

fn packed(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

fn digest_of(sandbox: &Sandbox, name: &str) -> String {
    sandbox.run(["inspect", "-q", name]).exits(0).stdout.trim().to_owned()
}

#[test]
fn a_kit_goes_out_and_comes_back() {
    let Some(registry) = Registry::start() else { return };
    let name = registry.name("org/golden:v1");
    let sandbox = packed(&name);
    let run = sandbox.run(["push", &name, "--plain-http"]).exits(0);
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
    let other = Sandbox::new();
    let run = other.run(["pull", &name, "--plain-http"]).exits(0);
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
    assert_eq!(digest_of(&other, &name), digest_of(&sandbox, &name));
    other.run(["fsck"]).exits(0);
    let repository = registry.name("org/golden");
    let listed = other.run(["list", &repository, "--plain-http", "--format", "json"]).exits(0);
    assert_eq!(listed.json()[0]["modelName"], "golden", "{listed}");
    other.run(["remove", "--remote", "--force", &name, "--plain-http"]).exits(0);
    other.run(["pull", &name, "--plain-http"]).exits(1);
}

#[test]
fn layers_are_mounted_from_another_repository() {
    let Some(registry) = Registry::start() else { return };
    let (first, second) = (registry.name("org/a:v1"), registry.name("org/b:v1"));
    let sandbox = packed(&first);
    sandbox.run(["push", &first, "--plain-http"]).exits(0);
    let run = sandbox.run(["push", &first, &second, "--plain-http"]).exits(0);
    let line = "3 layers taken from another repository of the registry";
    assert!(run.stderr.contains(line), "{run}");
    Sandbox::new().run(["pull", &second, "--plain-http"]).exits(0);
}

#[test]
fn skopeo_copies_what_we_push_and_we_pull_what_it_copies() {
    let Some(registry) = Registry::start() else { return };
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let (ours, theirs) = (registry.name("org/ours:v1"), registry.name("org/theirs:v1"));
    let sandbox = packed(&ours);
    sandbox.run(["push", &ours, "--plain-http"]).exits(0);
    let run_skopeo = |args: &[&str]| {
        let mut command = Command::new(&skopeo);
        command.args(["--insecure-policy", "copy", "--src-tls-verify=false"]);
        command.args(["--dest-tls-verify=false"]).args(args).current_dir(sandbox.work());
        finish(&mut command).exits(0)
    };
    run_skopeo(&[&format!("docker://{ours}"), &format!("docker://{theirs}")]);
    let other = Sandbox::new();
    other.run(["pull", &theirs, "--plain-http"]).exits(0);
    assert_eq!(digest_of(&other, &theirs), digest_of(&sandbox, &ours));
    // Into a layout of ours, and out of one.
    run_skopeo(&[&format!("docker://{ours}"), "oci:layout:v1"]);
    sandbox.run(["copy", "oci:layout:v1", "from-skopeo:v1"]).exits(0);
    sandbox.run(["copy", &ours, "oci:written:v1"]).exits(0);
    let back = registry.name("org/back:v1");
    run_skopeo(&["oci:written:v1", &format!("docker://{back}")]);
    other.run(["pull", &back, "--plain-http"]).exits(0);
    assert_eq!(digest_of(&other, &back), digest_of(&sandbox, &ours));
}

#[test]
fn kit_pulls_what_we_push_and_we_pull_what_it_pushes() {
    let Some(registry) = Registry::start() else { return };
    let Some(kit) = peer("SEALKIT_KIT") else { return };
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("disable-update-notifications"), "").unwrap();
    let run_kit = |dir: &Path, args: &[&str]| -> Run {
        let mut command = Command::new(&kit);
        finish(command.args(args).env("KITOPS_HOME", home.path()).current_dir(dir)).exits(0)
    };
    let (ours, theirs) = (registry.name("org/ours:v1"), registry.name("org/theirs:v1"));
    let sandbox = packed(&ours);
    let pushed = sandbox.run(["push", &ours, "--plain-http"]).exits(0);
    let pulled = run_kit(&sandbox.work(), &["pull", &ours, "--plain-http"]);
    let digest = pushed.stdout.strip_prefix("Pushed ").unwrap();
    assert!(pulled.stdout.contains(&format!("Pulled {digest}")), "{pulled}");
    run_kit(&sandbox.work(), &["unpack", &ours, "-d", "by-kit"]);
    let file = std::fs::read(sandbox.work().join("by-kit/models/sub/m.bin")).unwrap();
    assert_eq!(file, b"hello model\n");
    run_kit(&sandbox.work(), &["pack", ".", "-t", &theirs]);
    let pushed = run_kit(&sandbox.work(), &["push", &theirs, "--plain-http"]);
    let other = Sandbox::new();
    let pulled = other.run(["pull", &theirs, "--plain-http"]).exits(0);
    let digest = pulled.stdout.strip_prefix("Pulled ").unwrap();
    assert!(pushed.stdout.contains(&format!("Pushed {digest}")), "{pushed}");
    // The lines are the same ones under the same name.
    let named = Sandbox::named("kit");
    let by_us = named.run(["pull", &theirs, "--plain-http"]).exits(0);
    let by_kit = run_kit(&sandbox.work(), &["pull", &theirs, "--plain-http"]);
    let lines = |run: &Run| -> Vec<String> {
        let kept = run.stdout.lines().filter(|line| line.starts_with("Pull"));
        kept.map(str::to_owned).collect()
    };
    assert_eq!(lines(&by_us), lines(&by_kit));
}
