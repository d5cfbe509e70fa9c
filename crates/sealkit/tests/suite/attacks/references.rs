//! A kit whose model lies in another kit, and a tag of that kit which somebody else moves.

use std::fs;

use sealkit_testkit::TestRegistry;

use crate::common::{Run, Sandbox};
use crate::seal_common::{PASSWORD, run};

/// A pickle whose loading would call `os.system`: it is read, and never run.
const EVIL: &[u8] = b"cos\nsystem\n(S'true'\ntR.";
/// A pickle that holds a number.
const GOOD: &[u8] = b"\x80\x04K\x07.";

fn run_at(sandbox: &Sandbox, args: &[&str]) -> Run {
    run(sandbox, &[args, &["--plain-http"]].concat())
}

fn key(sandbox: &Sandbox) {
    run(sandbox, &["keys", "generate", "-o", "signer"]).exits(0);
}

/// Writes the project of a kit whose model is this pickle.
fn base(sandbox: &Sandbox, bytes: &[u8]) {
    sandbox.write("base/model.pkl", bytes);
    sandbox.write(
        "base/Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: base}\nmodel: {name: m, path: model.pkl}\n",
    );
}

/// Writes the project of a kit whose model is in the kit `parent`.
fn child(sandbox: &Sandbox, folder: &str, parent: &str) {
    sandbox.write(&format!("{folder}/run.py"), "print('hi')\n");
    sandbox.write(
        &format!("{folder}/Kitfile"),
        format!(
            "manifestVersion: 1.0.0\npackage: {{name: {folder}}}\nmodel: {{name: m, path: '{parent}'}}\ncode: [{{path: run.py}}]\n"
        ),
    );
}

fn seal(sandbox: &Sandbox, folder: &str, name: &str) {
    try_seal(sandbox, folder, name).exits(0);
}

fn try_seal(sandbox: &Sandbox, folder: &str, name: &str) -> Run {
    run(sandbox, &["seal", folder, "-t", name, "--key", "signer.key"])
}

fn digest(sandbox: &Sandbox, name: &str) -> String {
    let json = sandbox.run(["inspect", name]).exits(0).json();
    json["digest"].as_str().unwrap().to_owned()
}

/// A registry with two sealed kits, of which one has its model in the other, and whose names those are. The
/// sandbox is the signer's.
struct Stage {
    _registry: TestRegistry,
    signer: Sandbox,
    base: String,
    child: String,
}

impl Stage {
    async fn new() -> Self {
        let registry = TestRegistry::start().await;
        let name = |rest: &str| format!("{}/team/{rest}", registry.host());
        let (base_name, child_name) = (name("base:latest"), name("child:v1"));
        let signer = Sandbox::new();
        key(&signer);
        base(&signer, GOOD);
        child(&signer, "child", &base_name);
        for (folder, name) in [("base", &base_name), ("child", &child_name)] {
            seal(&signer, folder, name);
            run_at(&signer, &["push", name]).exits(0);
        }
        Self { _registry: registry, signer, base: base_name, child: child_name }
    }

    /// Somebody without a key moves the tag of the kit that is referred to.
    fn move_tag(&self) -> Sandbox {
        let eve = Sandbox::new();
        base(&eve, EVIL);
        eve.run(["pack", "base", "-t", &self.base]).exits(0);
        run_at(&eve, &["push", &self.base]).exits(0);
        eve
    }

    /// Somebody who has the signer's public key and nothing else.
    fn victim(&self) -> Sandbox {
        let victim = Sandbox::new();
        victim.write("signer.pub", fs::read(self.signer.work().join("signer.pub")).unwrap());
        victim
    }
}

fn model(sandbox: &Sandbox, dir: &str) -> Vec<u8> {
    fs::read(sandbox.work().join(dir).join("model.pkl")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_tag_of_a_referenced_kit_brings_nothing_in() {
    let stage = Stage::new().await;
    let sealed = digest(&stage.signer, &stage.base);
    stage.move_tag();
    let victim = stage.victim();
    let pulled = run_at(&victim, &["pull", &stage.child]).exits(0);
    assert!(pulled.stderr.contains("means another kit now"), "{pulled}");
    assert!(pulled.stderr.contains(&sealed), "{pulled}");
    let verified = run(&victim, &["verify", &stage.child, "--key", "signer.pub"]).exits(0);
    assert!(verified.stdout.contains(&sealed), "{verified}");
    run(&victim, &["check", &stage.child, "--trust-key", "signer.pub"]).exits(0);
    run_at(&victim, &["unpack", &stage.child, "-d", "out"]).exits(0);
    assert_eq!(model(&victim, "out"), GOOD);
    // Nor without the local store, with and without trust in the signer.
    let remote = format!("remote://{}", stage.child);
    let fresh = stage.victim();
    run_at(&fresh, &["unpack", &remote, "-d", "out"]).exits(0);
    assert_eq!(model(&fresh, "out"), GOOD);
    run(&fresh, &["trust", "add", "signer.pub", "--name", "Signer"]).exits(0);
    run_at(&fresh, &["unpack", &remote, "-d", "trusted"]).exits(0);
    assert_eq!(model(&fresh, "trusted"), GOOD);
    run_at(&fresh, &["verify", "--remote", &stage.child]).exits(0);
    // Who wants what the tag means now says so, and is told again.
    let args = ["unpack", &remote, "-d", "now", "--insecure-unpinned"];
    let loud = run_at(&fresh, &args).exits(0);
    assert!(loud.stderr.contains("is not pinned to a digest"), "{loud}");
    assert_eq!(model(&fresh, "now"), EVIL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_kit_that_is_gone_is_not_replaced_by_another() {
    let stage = Stage::new().await;
    let sealed = digest(&stage.signer, &stage.base);
    let eve = stage.move_tag();
    let evil = digest(&eve, &stage.base);
    let exact = format!("{}@{sealed}", stage.base.strip_suffix(":latest").unwrap());
    run_at(&stage.signer, &["remove", "--remote", "--force", &exact]).exits(0);
    let victim = stage.victim();
    let remote = format!("remote://{}", stage.child);
    for args in [&["pull", &stage.child][..], &["unpack", &remote, "-d", "out"][..]] {
        let refused = run_at(&victim, args).exits(1);
        for part in [&stage.base, &stage.child, &sealed, &evil, "hint: "] {
            assert!(refused.stderr.contains(part), "{part}: {refused}");
        }
    }
    assert!(!victim.work().join("out").exists());
    // What verification can not look at is no yes.
    let open = run(&victim, &["verify", &stage.child, "--key", "signer.pub"]).exits(2);
    assert!(open.stdout.contains("sealkit pull"), "{open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_table_of_a_stranger_pins_nothing() {
    let stage = Stage::new().await;
    let eve = stage.move_tag();
    child(&eve, "child", &stage.base);
    run(&eve, &["keys", "generate", "-o", "signer"]).exits(0);
    seal(&eve, "child", &stage.child);
    assert_eq!(digest(&eve, &stage.child), digest(&stage.signer, &stage.child));
    run_at(&eve, &["push", &stage.child]).exits(0);
    let victim = stage.victim();
    let remote = format!("remote://{}", stage.child);
    let refused = run_at(&victim, &["unpack", &remote, "-d", "out"]).exits(1);
    assert!(refused.stderr.contains("different digests"), "{refused}");
    assert!(refused.stderr.contains("sealkit trust add"), "{refused}");
    assert!(!victim.work().join("out").exists());
    let pulled = run_at(&victim, &["pull", &stage.child]).exits(0);
    assert!(pulled.stderr.contains("was not pulled"), "{pulled}");
    run(&victim, &["trust", "add", "signer.pub", "--name", "Signer"]).exits(0);
    run_at(&victim, &["pull", &stage.child]).exits(0);
    run(&victim, &["verify", &stage.child]).exits(0);
    run_at(&victim, &["unpack", &stage.child, "-d", "out"]).exits(0);
    assert_eq!(model(&victim, "out"), GOOD);
}

#[test]
fn a_reference_that_nobody_sealed_is_no_yes() {
    let sandbox = Sandbox::new();
    key(&sandbox);
    run(&sandbox, &["trust", "add", "signer.pub", "--name", "Signer"]).exits(0);
    child(&sandbox, "child", "base:v1");
    let sealed = try_seal(&sandbox, "child", "child:v1").exits(2);
    assert!(sealed.stderr.contains("no digest pins that kit"), "{sealed}");
    assert!(sealed.stdout.contains("`sealkit seal` with `base:v1` in the local store"), "{sealed}");
    base(&sandbox, GOOD);
    sandbox.run(["pack", "base", "-t", "base:v1"]).exits(0);
    let open = run(&sandbox, &["verify", "child:v1", "--format", "json"]).exits(2).json();
    let step = step(&open, "referenced-kits");
    assert_eq!((&step["outcome"], &step["codes"][0]), (&"unknown".into(), &"not-pinned".into()));
    run(&sandbox, &["check", "child:v1"]).exits(2);
    let loud = sandbox.run(["unpack", "child:v1", "-d", "out"]).exits(0);
    assert!(loud.stderr.contains("kit `base:v1`, to which `child:v1` refers, is not"), "{loud}");
    // Sealed with the kit beside it, it is pinned.
    seal(&sandbox, "child", "child:v1");
    run(&sandbox, &["verify", "child:v1"]).exits(0);
}

fn step<'a>(json: &'a serde_json::Value, id: &str) -> &'a serde_json::Value {
    json["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap()
}

#[test]
fn a_referenced_kit_is_read_as_the_kit_itself_is() {
    let sandbox = sealed_chain(GOOD);
    run(&sandbox, &["verify", "child:v1"]).exits(0);
    // Its model, flipped in the store.
    let is_model = |path: &std::path::PathBuf| fs::read(path).unwrap().starts_with(b"model.pkl");
    let layer = crate::seal_common::blobs(&sandbox).into_iter().find(is_model).unwrap();
    let mut bytes = fs::read(&layer).unwrap();
    bytes[513] ^= 1;
    fs::write(&layer, bytes).unwrap();
    let bad = run(&sandbox, &["verify", "child:v1", "--format", "json"]).exits(1).json();
    assert_eq!(step(&bad, "referenced-kits")["outcome"], "fail");
    assert_eq!(step(&bad, "blob-digests")["outcome"], "pass");
    run(&sandbox, &["check", "child:v1"]).exits(1);
}

/// `base:v1` and `child:v1`, sealed by somebody who is trusted.
fn sealed_chain(bytes: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new();
    key(&sandbox);
    run(&sandbox, &["trust", "add", "signer.pub", "--name", "Signer"]).exits(0);
    base(&sandbox, bytes);
    child(&sandbox, "child", "base:v1");
    seal(&sandbox, "base", "base:v1");
    seal(&sandbox, "child", "child:v1");
    sandbox
}

#[test]
fn rules_about_files_are_about_those_of_a_referenced_kit() {
    let bad = sealed_chain(EVIL);
    let found = run(&bad, &["check", "child:v1"]).exits(1);
    assert!(found.stdout.contains("forbidden-format"), "{found}");
    assert!(found.stdout.contains("model.pkl"), "{found}");
    let good = sealed_chain(GOOD);
    run(&good, &["check", "child:v1"]).exits(0);
    // A rule for kits with a model is for one whose model lies elsewhere.
    let policy = "schemaVersion: 1\nname: p\nrules:\n  - {id: a, scope: {kinds: [model]}, check: {forbiddenFormats: {formats: [pickle]}}}\n";
    good.write("p.yaml", policy);
    let found = run(&good, &["check", "child:v1", "--policy", "p.yaml"]).exits(1);
    assert!(found.stdout.contains("forbidden-format"), "{found}");
}

#[test]
fn what_a_referenced_kit_refers_to_has_to_be_sealed_as_well() {
    let sandbox = sealed_chain(GOOD);
    child(&sandbox, "top", "middle:v1");
    child(&sandbox, "middle", "base:v1");
    sandbox.run(["pack", "middle", "-t", "middle:v1"]).exits(0);
    try_seal(&sandbox, "top", "top:v1").exits(2);
    let open = run(&sandbox, &["verify", "top:v1"]).exits(2);
    assert!(open.stdout.contains("kit `base:v1`"), "{open}");
    seal(&sandbox, "middle", "middle:v1");
    run(&sandbox, &["verify", "top:v1"]).exits(0);
}

#[test]
fn who_signs_a_packed_kit_pins_what_it_refers_to() {
    let sandbox = Sandbox::new();
    key(&sandbox);
    run(&sandbox, &["trust", "add", "signer.pub", "--name", "Signer"]).exits(0);
    base(&sandbox, GOOD);
    child(&sandbox, "child", "base:v1");
    for folder in ["base", "child"] {
        sandbox.run(["pack", folder, "-t", &format!("{folder}:v1")]).exits(0);
    }
    let args = ["sign", "child:v1", "--key", "signer.key"];
    sandbox.run_with(args, PASSWORD, "").exits(0);
    run(&sandbox, &["verify", "child:v1"]).exits(0);
    base(&sandbox, EVIL);
    sandbox.run(["pack", "base", "-t", "base:v1"]).exits(0);
    let verified = run(&sandbox, &["verify", "child:v1"]).exits(0);
    assert!(verified.stdout.contains("its tag means another kit now"), "{verified}");
    sandbox.run(["unpack", "child:v1", "-d", "out"]).exits(0);
    assert_eq!(model(&sandbox, "out"), GOOD);
}
