//! `sealkit verify`: what is damaged, missing, added, stripped or signed by strangers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::Sandbox;
use crate::seal_common::{PASSWORD, blobs, project, run, sealed};

/// Flips one bit of a file, runs `check`, and puts the file back.
fn flipped<T>(path: &Path, at: usize, check: impl FnOnce() -> T) -> T {
    let good = fs::read(path).unwrap();
    let mut bad = good.clone();
    bad[at] ^= 0x20;
    fs::write(path, bad).unwrap();
    let result = check();
    fs::write(path, good).unwrap();
    result
}

fn hex(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn one_byte_of_any_blob_is_found_and_named() {
    let sandbox = sealed();
    let all = blobs(&sandbox);
    assert!(all.len() >= 14, "{all:?}");
    for path in &all {
        let size = fs::metadata(path).unwrap().len() as usize;
        for at in [0, size / 2, size - 1] {
            let found = flipped(path, at, || run(&sandbox, &["verify", "demo:v1"]));
            let found = found.exits(1);
            assert!(found.stdout.contains(&hex(path)), "byte {at} of {path:?}: {found}");
            assert!(found.stdout.contains('✗'), "{found}");
        }
    }
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

/// The layer whose archive begins with this name.
fn layer(sandbox: &Sandbox, name: &str) -> PathBuf {
    let starts = |path: &PathBuf| fs::read(path).unwrap().starts_with(name.as_bytes());
    blobs(sandbox).into_iter().find(starts).unwrap()
}

#[test]
fn a_damaged_layer_names_the_file_or_the_place_between_files() {
    let sandbox = sealed();
    let path = layer(&sandbox, "train.py");
    let says = |at, text: &str| {
        let found = flipped(&path, at, || run(&sandbox, &["verify", "demo:v1"])).exits(1);
        assert!(found.stdout.contains(text), "{text}: {found}");
    };
    says(3, "tar header before `train.py`");
    says(513, "`train.py`: its bytes are not those that were sealed");
    says(600, "padding after `train.py`");
    says(1500, "end of the archive, after `train.py`");
}

#[test]
fn a_blob_that_is_cut_or_longer_is_found() {
    let sandbox = sealed();
    for path in blobs(&sandbox) {
        let good = fs::read(&path).unwrap();
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        run(&sandbox, &["verify", "demo:v1"]).exits(1);
        fs::write(&path, [good.as_slice(), b"\n"].concat()).unwrap();
        run(&sandbox, &["verify", "demo:v1"]).exits(1);
        fs::remove_file(&path).unwrap();
        let gone = run(&sandbox, &["verify", "demo:v1"]);
        assert!(matches!(gone.code, Some(1 | 2)), "{path:?}: {gone}");
        fs::write(&path, good).unwrap();
    }
}

/// Removes the entries of `index.json` for which `strip` is true; it is given the manifest's text.
fn strip(sandbox: &Sandbox, strip: impl Fn(&str) -> bool) {
    let store = sandbox.home().join("store");
    let path = store.join("index.json");
    let mut index: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entries = index["manifests"].as_array_mut().unwrap();
    let before = entries.len();
    entries.retain(|entry| {
        let digest = entry["digest"].as_str().unwrap().trim_start_matches("sha256:");
        let text = fs::read_to_string(store.join("blobs/sha256").join(digest)).unwrap();
        !(text.contains("\"subject\"") && strip(&text))
    });
    assert!(entries.len() < before);
    fs::write(path, serde_json::to_vec(&index).unwrap()).unwrap();
}

#[test]
fn a_stripped_signature_is_no_signature() {
    let sandbox = sealed();
    strip(&sandbox, |text| text.contains("sigstore.bundle"));
    let found = run(&sandbox, &["verify", "demo:v1"]).exits(2);
    assert!(found.stdout.contains("no signature"), "{found}");
    for kind in ["cosign/sign", "attestations/kit", "cyclonedx.org", "file-table"] {
        let sandbox = sealed();
        strip(&sandbox, |text| text.contains(kind));
        let found = run(&sandbox, &["verify", "demo:v1"]).exits(2);
        assert!(found.stdout.contains("Could not be verified"), "{kind}: {found}");
    }
}

#[test]
fn damage_is_no_even_where_nobody_is_trusted() {
    let sandbox = sealed();
    fs::remove_file(sandbox.home().join("trust.json")).unwrap();
    let unknown = run(&sandbox, &["verify", "demo:v1"]).exits(2);
    assert!(unknown.stdout.contains("whom you do not trust"), "{unknown}");
    let path = layer(&sandbox, "train.py");
    let found = flipped(&path, 513, || run(&sandbox, &["verify", "demo:v1"])).exits(1);
    assert!(found.stdout.contains("`train.py`"), "{found}");
}

#[test]
fn a_stranger_is_named_with_the_commands_that_would_trust() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["keys", "generate", "-o", "ana"]).exits(0);
    run(&sandbox, &["keys", "generate", "-o", "eve"]).exits(0);
    run(&sandbox, &["seal", "project", "-t", "demo:v1", "--key", "ana.key"]).exits(0);
    let found = run(&sandbox, &["verify", "demo:v1"]).exits(2);
    let pem = fs::read_to_string(sandbox.work().join("ana.pub")).unwrap();
    for text in [
        pem.as_str(),
        "SHA256:",
        "sealkit verify demo:v1 --key signer.pub",
        "sealkit trust add signer.pub",
    ] {
        assert!(found.stdout.contains(text), "{text}: {found}");
    }
    let json = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(2).json();
    assert_eq!(json["verdict"], "unknown");
    assert_eq!(json["untrusted"][0]["publicKey"], pem);
    run(&sandbox, &["verify", "demo:v1", "--key", "eve.pub"]).exits(2);
    run(&sandbox, &["verify", "demo:v1", "--key", "eve.pub", "--key", "ana.pub"]).exits(0);
    run(&sandbox, &["trust", "add", "ana.pub", "--name", "Ana"]).exits(0);
    let trusted = run(&sandbox, &["verify", "demo:v1"]).exits(0);
    assert!(trusted.stdout.contains("signed by `Ana`"), "{trusted}");
    // Anybody may attach a signature: under a yes, or beside a signer who is trusted, nobody is offered.
    run(&sandbox, &["sign", "demo:v1", "--key", "eve.key"]).exits(0);
    let trusted = run(&sandbox, &["verify", "demo:v1"]).exits(0);
    assert!(!trusted.stdout.contains("trust add"), "{trusted}");
    let json = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(0).json();
    assert_eq!(json["untrusted"].as_array().unwrap().len(), 1, "{json}");
    strip(&sandbox, |text| text.contains("file-table"));
    let open = run(&sandbox, &["verify", "demo:v1"]).exits(2);
    assert!(!open.stdout.contains("trust add"), "{open}");
    let open = run(&sandbox, &["check", "demo:v1"]).exits(2);
    assert!(!open.stdout.contains("trust add"), "{open}");
    run(&sandbox, &["trust", "remove", "Ana"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(2);
}

#[test]
fn what_a_stranger_adds_takes_nothing_away() {
    let sandbox = sealed();
    run(&sandbox, &["keys", "generate", "-o", "eve"]).exits(0);
    run(&sandbox, &["seal", "project", "-t", "demo:v1", "--key", "eve.key"]).exits(0);
    let found = run(&sandbox, &["verify", "demo:v1"]).exits(0);
    assert!(found.stdout.contains("not counted"), "{found}");
}

#[test]
fn json_has_every_step() {
    let sandbox = sealed();
    let json = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(0).json();
    assert_eq!((&json["schemaVersion"], &json["verdict"]), (&1.into(), &"yes".into()));
    let ids: Vec<&str> =
        json["steps"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    let expected = [
        "resolved",
        "manifest-digest",
        "config-digest",
        "kitfile",
        "attached-digests",
        "signatures",
        "signer-trusted",
        "signature",
        "kit-seal",
        "file-table",
        "kitfile-layers",
        "blob-digests",
        "diff-ids",
        "files",
        "safe-entries",
        "bom",
        "model-signing",
        "version-conflict",
        "statements-fit-files",
        "statement-times",
        "statements-complete",
    ];
    assert_eq!(ids, expected);
}

/// Every change of the folder that was sealed, one at a time.
#[test]
fn one_byte_of_any_file_of_the_folder_is_found_and_named() {
    let sandbox = sealed();
    let dir = sandbox.work().join("project");
    let files =
        ["models/m.safetensors", "data/train.csv", "data/test.csv", "train.py", "README.md"];
    for file in files.into_iter().chain(["Kitfile"]) {
        let path = dir.join(file);
        for at in [0, fs::metadata(&path).unwrap().len() as usize - 1] {
            let found = flipped(&path, at, || run(&sandbox, &["verify", "./project"])).exits(1);
            assert!(found.stdout.contains(&format!("`{file}` was changed")), "{file}: {found}");
        }
    }
    for file in files {
        let path = dir.join(file);
        let args = ["verify", "demo:v1", "--dir", "project"];
        let found = flipped(&path, 0, || run(&sandbox, &args)).exits(1);
        assert!(found.stdout.contains(&format!("`{file}` was changed")), "{file}: {found}");
    }
    let verified = run(&sandbox, &["verify", "./project"]).exits(0);
    assert!(verified.stdout.contains("demo:v1@sha256:"), "it says which kit: {verified}");
}

#[test]
fn files_that_come_or_go_are_named() {
    let sandbox = sealed();
    let dir = sandbox.work().join("project");
    let verify = |text: &str| {
        for args in [&["verify", "./project"][..], &["verify", "demo:v1", "--dir", "project"][..]] {
            let found = run(&sandbox, args).exits(1);
            assert!(found.stdout.contains(text), "{text}: {found}");
        }
    };
    sandbox.write("project/data/.hidden", "x");
    verify("`data/.hidden` was added");
    fs::remove_file(dir.join("data/.hidden")).unwrap();
    sandbox.write("project/.kitignore", "data/evil.csv\n");
    sandbox.write("project/data/evil.csv", "x");
    verify("`.kitignore` was added");
    verify("`data/evil.csv` was added");
    fs::remove_file(dir.join(".kitignore")).unwrap();
    fs::remove_file(dir.join("data/evil.csv")).unwrap();
    fs::rename(dir.join("train.py"), dir.join("train2.py")).unwrap();
    verify("`train.py` is missing");
    verify("`train2.py` was added");
    fs::rename(dir.join("train2.py"), dir.join("train.py")).unwrap();
    sandbox.write("project/.kitfile", "x");
    verify("`.kitfile` was added");
    fs::remove_file(dir.join(".kitfile")).unwrap();
    run(&sandbox, &["verify", "./project"]).exits(0);
    fs::remove_file(dir.join("Kitfile")).unwrap();
    let found = run(&sandbox, &["verify", "./project"]).exits(1);
    assert!(found.stdout.contains("`Kitfile` is missing"), "{found}");
}

#[test]
fn the_ignore_rules_of_the_seal_hold_and_no_others() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write("project/.kitignore", "*.log\n");
    sandbox.write("project/run.log", "x");
    let sealed = run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    assert!(!sealed.stderr.contains("not part of the kit"), "{sealed}");
    for args in [&["verify", "./project"][..], &["verify", "demo:v1", "--dir", "project"][..]] {
        run(&sandbox, args).exits(0);
        sandbox.write("project/.kitignore", "*.log\n*.tmp\n");
        let found = run(&sandbox, args).exits(1);
        assert!(found.stdout.contains("`.kitignore` was changed"), "{found}");
        assert!(found.stdout.contains("`run.log` was added"), "{found}");
        sandbox.write("project/.kitignore", "*.log\n");
    }
    fs::remove_file(sandbox.work().join("project/.kitignore")).unwrap();
    run(&sandbox, &["verify", "./project"]).exits(1);
}

#[test]
fn a_kitfile_written_anew_with_the_same_meaning_fits_another_folder() {
    let sandbox = sealed();
    let path = sandbox.work().join("project/Kitfile");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("# a comment\n{text}")).unwrap();
    run(&sandbox, &["verify", "demo:v1", "--dir", "project"]).exits(0);
    run(&sandbox, &["verify", "./project"]).exits(1);
    fs::write(&path, text.replace("train.py", "other.py")).unwrap();
    let found = run(&sandbox, &["verify", "demo:v1", "--dir", "project"]).exits(1);
    assert!(found.stdout.contains("says something else"), "{found}");
}

#[test]
fn a_folder_that_was_never_sealed_has_no_answer() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let found = run(&sandbox, &["verify", "./project"]).exits(2);
    assert!(found.stderr.contains("run `sealkit seal ./project`"), "{found}");
    let absent = run(&sandbox, &["verify", "./nowhere"]).exits(2);
    assert!(absent.stderr.contains("`./nowhere` does not exist"), "{absent}");
    let unknown = run(&sandbox, &["verify", "no/such:kit"]).exits(2);
    assert!(unknown.stderr.contains("could not find kit"), "{unknown}");
}

#[test]
fn a_kit_that_nobody_signed_is_not_verified() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "plain:v1"]).exits(0);
    let found = sandbox.run_with(["verify", "plain:v1"], PASSWORD, "").exits(2);
    assert!(found.stdout.contains("no signature"), "{found}");
}
