//! `sealkit sign`, and `sealkit verify` against a model signature, with the real binary.

use std::fs;
use std::time::{Duration, Instant};

use crate::common::{Run, Sandbox};
use crate::seal_common::{PASSWORD, run, sealed};
use sealkit_testkit::TestRegistry;

/// A folder that never was a kit, in `model`, and a key pair `k`.
fn model() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("model/weights.bin", vec![7; 3 << 20]);
    sandbox.write("model/a/b", "1");
    sandbox.write("model/a.txt", "2");
    sandbox.write("model/.git/HEAD", "ref");
    sandbox.write("model/sub/ünï.txt", "3");
    run(&sandbox, &["keys", "generate", "-o", "k"]).exits(0);
    sandbox
}

const SIGN: &[&str] = &["sign", "./model", "--key", "k.key", "--signature", "model/model.sig"];
const VERIFY: &[&str] =
    &["verify", "./model", "--key", "k.pub", "--signature", "model/model.sig", "--format", "json"];

fn signed() -> Sandbox {
    let sandbox = model();
    run(&sandbox, SIGN).exits(0);
    sandbox
}

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

/// The step `id` of a JSON answer: outcome, and what it is about.
fn step(run: &Run, id: &str) -> (String, Vec<String>) {
    let json = run.json();
    let found = json["steps"].as_array().unwrap().iter().find(|step| step["id"] == id);
    let found = found.unwrap_or_else(|| panic!("no step {id}: {run}"));
    let subjects = found["subjects"].as_array().cloned().unwrap_or_default();
    let subjects = subjects.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    (found["outcome"].as_str().unwrap().to_owned(), subjects)
}

#[test]
fn a_signed_folder_verifies_by_its_key_and_by_no_other() {
    let sandbox = signed();
    let good = run(&sandbox, VERIFY).exits(0);
    assert_eq!(good.json()["verdict"], "yes");
    assert_eq!(step(&good, "ignored-paths").1, [".git", "model.sig"]);
    let strict = run(&sandbox, &with(VERIFY, &["--no-ignore-git-paths"])).exits(1);
    assert_eq!(step(&strict, "unsigned-file"), ("fail".to_owned(), vec![".git/HEAD".to_owned()]));
    let nobody = ["verify", "./model", "--signature", "model/model.sig", "--format", "json"];
    let unknown = run(&sandbox, &nobody).exits(2);
    assert_eq!(step(&unknown, "signature-valid").0, "unknown");
    assert_eq!(step(&unknown, "digest-mismatch").0, "pass");
    run(&sandbox, &["keys", "generate", "-o", "other"]).exits(0);
    run(&sandbox, &with(&nobody, &["--key", "other.pub"])).exits(2);
    run(&sandbox, &["trust", "add", "k.pub"]).exits(0);
    run(&sandbox, &nobody).exits(0);
}

#[test]
fn every_change_of_the_folder_is_named() {
    let sandbox = signed();
    let dir = sandbox.work().join("model");
    sandbox.write("model/weights.bin", vec![8; 3 << 20]);
    sandbox.write("model/.hidden", "new");
    sandbox.write("model/d/.git/x", "new");
    fs::rename(dir.join("a.txt"), dir.join("c.txt")).unwrap();
    fs::remove_file(dir.join("a/b")).unwrap();
    let bad = run(&sandbox, VERIFY).exits(1);
    assert_eq!(step(&bad, "digest-mismatch").1, ["weights.bin"]);
    assert_eq!(step(&bad, "missing").1, ["a.txt", "a/b"]);
    assert_eq!(step(&bad, "unsigned-file").1, [".hidden", "c.txt", "d/.git/x"]);
    assert!(bad.stdout.contains("`a.txt` was renamed to `c.txt`"), "{bad}");
    let lax = run(&sandbox, &with(VERIFY, &["--insecure-ignore-unsigned-files"])).exits(1);
    assert_eq!(step(&lax, "unsigned-file").0, "skip");
}

#[test]
fn two_files_that_change_places_are_both_named() {
    let sandbox = signed();
    sandbox.write("model/a.txt", "1");
    sandbox.write("model/a/b", "2");
    let bad = run(&sandbox, VERIFY).exits(1);
    assert_eq!(step(&bad, "digest-mismatch").1, ["a.txt", "a/b"]);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_neither_signed_nor_verified() {
    use std::os::unix::fs::symlink;
    let sandbox = signed();
    let dir = sandbox.work().join("model");
    symlink("/etc/passwd", dir.join("link")).unwrap();
    symlink(".", dir.join("loop")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.join("pipe")).status();
    assert!(made.unwrap().success());
    let bad = run(&sandbox, VERIFY).exits(1);
    assert_eq!(step(&bad, "unsafe-entry").1, ["link", "loop", "pipe"]);
    let before = fs::read(dir.join("model.sig")).unwrap();
    let refused = run(&sandbox, SIGN).exits(2);
    assert!(refused.stderr.contains("`link` is a symbolic link"), "{refused}");
    assert_eq!(fs::read(dir.join("model.sig")).unwrap(), before);
    let left_out: Vec<&str> =
        ["link", "loop", "pipe"].iter().flat_map(|path| ["--ignore-paths", path]).collect();
    run(&sandbox, &with(SIGN, &left_out)).exits(0);
    run(&sandbox, VERIFY).exits(0);
}

#[test]
fn a_signed_file_that_became_a_link_to_the_same_bytes_is_refused() {
    #[cfg(unix)]
    {
        let sandbox = signed();
        let file = sandbox.work().join("model/a.txt");
        let away = sandbox.write("away.txt", "2");
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(away, &file).unwrap();
        let bad = run(&sandbox, VERIFY).exits(1);
        assert_eq!(step(&bad, "unsafe-entry").1, ["a.txt"]);
        assert_eq!(step(&bad, "missing").1, ["a.txt"]);
    }
}

#[test]
fn one_file_verifies_against_its_own_signature() {
    let sandbox = model();
    let sign = ["sign", "model/a", "--key", "k.key", "--signature", "one.sig"];
    run(&sandbox, &sign).exits(0);
    let verify = ["verify", "model/a/b", "--key", "k.pub", "--signature", "one.sig"];
    run(&sandbox, &verify).exits(0);
    sandbox.write("model/a/b", "x");
    run(&sandbox, &verify).exits(1);
}

#[test]
fn what_cannot_be_answered_says_so() {
    let sandbox = signed();
    for args in [
        &["verify", "./model", "--signature", "gone.sig"][..],
        &["verify", "./gone", "--signature", "model/model.sig"],
        &["verify", "./model", "--signature", "model/model.sig", "--remote"],
        &["verify", "./model", "--ignore-paths", "x"],
        &["sign", "./gone", "--key", "k.key"],
        &["sign", "./model", "--key", "k.key", "--remote"],
        &["sign", "demo:v1", "--key", "k.key", "--ignore-paths", "x"],
        &["sign", "./model", "--key", "k.key", "--ignore-paths", "."],
        &["sign", "./model", "--key", "k.key", "--ignore-paths", "*.bin"],
        &["sign", "./model", "--chain", "x.pem"],
        &["sign", "./model", "--signer", "true"],
    ] {
        let failed = run(&sandbox, args).exits(2);
        assert!(failed.stdout.is_empty() && failed.stderr.contains("error"), "{args:?} {failed}");
    }
    sandbox.write("broken.sig", "{}");
    let broken = ["verify", "./model", "--signature", "broken.sig", "--format", "json"];
    let broken = run(&sandbox, &broken).exits(1);
    assert_eq!(step(&broken, "model-files").0, "unknown");
    // A path that the signature covers can not be passed over.
    let covered = run(&sandbox, &with(VERIFY, &["--ignore-paths", "a.txt"])).exits(2);
    assert!(covered.stderr.contains("covers the signed file `a.txt`"), "{covered}");
}

#[test]
fn the_same_folder_and_key_give_the_same_file() {
    let sandbox = signed();
    let path = sandbox.work().join("model/model.sig");
    let first = fs::read(&path).unwrap();
    run(&sandbox, SIGN).exits(0);
    assert_eq!(fs::read(&path).unwrap(), first);
    assert!(!String::from_utf8_lossy(&first).contains(sandbox.work().to_str().unwrap()));
}

#[test]
fn a_kit_gets_two_signatures_and_a_stranger_counts_for_nothing() {
    let sandbox = sealed();
    let before = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(0);
    assert_eq!(step(&before, "model-signing").0, "pass");
    run(&sandbox, &["keys", "generate", "-o", "k"]).exits(0);
    let made = run(&sandbox, &["sign", "demo:v1", "--key", "k.key", "--format", "json"]).exits(0);
    assert_eq!(made.json()["files"], 5);
    let after = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(0);
    assert_eq!(step(&after, "model-signing").0, "pass");
    let signers = |asked: &[&str]| {
        let verify = [&["verify", "demo:v1", "--format", "json"], asked].concat();
        run(&sandbox, &verify).exits(0).json()["signedBy"].as_array().unwrap().len()
    };
    assert_eq!(signers(&["--key", "k.pub"]), 1, "whoever is asked for, and nobody else");
    run(&sandbox, &["trust", "add", "k.pub", "--name", "k"]).exits(0);
    assert_eq!(signers(&[]), 2);
    run(&sandbox, &["keys", "generate", "-o", "other"]).exits(0);
    run(&sandbox, &["verify", "demo:v1", "--key", "other.pub"]).exits(2);
}

#[test]
fn a_kit_without_a_trusted_table_is_read_before_it_is_signed() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    run(&sandbox, &["pack", ".", "-t", "golden:v1"]).exits(0);
    run(&sandbox, &["keys", "generate", "-o", "k"]).exits(0);
    run(&sandbox, &["sign", "golden:v1", "--key", "k.key"]).exits(0);
    let found = ["verify", "golden:v1", "--key", "k.pub", "--format", "json"];
    let found = run(&sandbox, &found).exits(0);
    for id in ["model-signing", "signature", "kit-seal", "file-table", "files"] {
        assert_eq!(step(&found, id).0, "pass", "{id}: {found}");
    }
}

/// The page on key services says how a kit that somebody sealed is signed and verified.
#[cfg(unix)]
#[test]
fn a_sealed_kit_that_a_program_signs_verifies_by_the_key_of_the_program() {
    let sandbox = sealed();
    // Stands for the service: signs what comes in with a key that only it has.
    let made = std::process::Command::new("openssl").arg("version").output();
    if !made.is_ok_and(|made| made.status.success()) {
        return;
    }
    let openssl = |args: &[&str]| {
        let mut run = std::process::Command::new("openssl");
        let made = run.args(args).current_dir(sandbox.work()).output().unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "signer.key"]);
    openssl(&["pkey", "-in", "signer.key", "-pubout", "-out", "signer.pub"]);
    let sign = [
        &["sign", "demo:v1", "--public-key", "signer.pub", "--signer", "openssl"][..],
        &["--signer-arg", "dgst", "--signer-arg=-sha256", "--signer-arg=-binary"],
        &["--signer-arg=-sign", "--signer-arg", "signer.key"],
    ];
    let signed = run(&sandbox, &sign.concat()).exits(0);
    assert!(signed.stdout.contains("AIBOM:"), "{signed}");
    fs::remove_file(sandbox.home().join("trust.json")).unwrap();
    let verify = ["verify", "demo:v1", "--key", "signer.pub", "--format", "json"];
    let found = run(&sandbox, &verify).exits(0);
    for id in ["model-signing", "signature", "kit-seal", "file-table", "files", "bom"] {
        assert_eq!(step(&found, id).0, "pass", "{id}: {found}");
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_no_list_may_hold_can_be_left_out() {
    let sandbox = model();
    sandbox.write("model/a:b.txt", "x");
    let refused = run(&sandbox, SIGN).exits(2);
    assert!(refused.stderr.contains("begins with a drive letter"), "{refused}");
    assert!(refused.stderr.contains("hint: rename it"), "{refused}");
    sandbox.write("model/sub/c:d.txt", "x");
    fs::remove_file(sandbox.work().join("model/a:b.txt")).unwrap();
    run(&sandbox, &with(SIGN, &["--ignore-paths", "sub"])).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_at_a_registry_is_signed_there() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/demo:v1", registry.host());
    tokio::task::spawn_blocking(move || {
        let sandbox = sealed();
        run(&sandbox, &["push", "demo:v1", &name, "--plain-http"]).exits(0);
        run(&sandbox, &["keys", "generate", "-o", "k"]).exits(0);
        let sign = ["sign", &name, "--remote", "--plain-http", "--key", "k.key"];
        run(&sandbox, &sign).exits(0);
        let verify =
            ["verify", &name, "--remote", "--plain-http", "--key", "k.pub", "--format", "json"];
        let found = run(&sandbox, &verify).exits(0);
        assert_eq!(step(&found, "model-signing").0, "pass", "{found}");
        assert_eq!(found.json()["signedBy"].as_array().unwrap().len(), 1, "{found}");
    })
    .await
    .unwrap();
}

#[cfg(unix)]
#[test]
fn a_program_signs_and_is_not_believed_blindly() {
    let sandbox = model();
    sandbox.write("empty.sh", "cat >/dev/null\n");
    sandbox.write("forged.sh", "cat >/dev/null; echo MAYCAQECAQE=\n");
    sandbox.write("slow.sh", "exec sleep 60\n");
    let before = Instant::now();
    for (script, word) in
        [("empty.sh", "answered nothing"), ("forged.sh", "not by the given"), ("slow.sh", "longer")]
    {
        let args = [
            "sign",
            "./model",
            "--signature",
            "out.sig",
            "--signer",
            "/bin/sh",
            "--signer-arg",
            script,
            "--public-key",
            "k.pub",
            "--signer-timeout",
            "2",
        ];
        let failed = run(&sandbox, &args).exits(2);
        assert!(failed.stderr.contains(word), "{script}: {failed}");
        assert!(!sandbox.work().join("out.sig").exists());
    }
    assert!(before.elapsed() < Duration::from_secs(40));
}

#[test]
fn a_wrong_password_signs_nothing() {
    let sandbox = model();
    let wrong: Vec<(&str, &str)> = PASSWORD.iter().map(|(name, _)| (*name, "wrong")).collect();
    sandbox.run_with(SIGN, &wrong, "").exits(2);
    assert!(!sandbox.work().join("model/model.sig").exists());
}
