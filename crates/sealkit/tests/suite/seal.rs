//! The main job: `sealkit seal`.

use std::fs;

use crate::common::Sandbox;
use crate::seal_common::{PASSWORD, blobs, project, run, sealed};

#[test]
fn a_folder_without_a_kitfile_is_sealed_and_reported() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    let sealed = run(&sandbox, &["seal", "project"]).exits(0);
    let first = sealed.stdout.lines().next().unwrap();
    assert!(first.starts_with("Sealed project:latest@sha256:"), "{sealed}");
    for text in [
        "models/m.safetensors",
        "AIBOM: ",
        "signed by you: unchanged since you sealed it, nothing more",
        "✓ kit is signed",
        "sealkit verify project:latest",
        "sealkit bom project:latest",
        "sealkit push ",
    ] {
        assert!(sealed.stdout.contains(text), "{text}: {sealed}");
    }
    assert!(!sealed.stdout.contains('✗'), "{sealed}");
    assert!(fs::read_to_string(dir.join("Kitfile")).unwrap().contains("models/m.safetensors"));
    run(&sandbox, &["verify", "project:latest"]).exits(0);
    run(&sandbox, &["verify", "project"]).exits(0);
    run(&sandbox, &["verify", "./project"]).exits(0);
    run(&sandbox, &["verify", "project:latest", "--dir", "project"]).exits(0);
}

#[test]
fn without_utf_8_the_marks_are_ascii() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let plain = [("SEALKIT_PASSWORD", "x"), ("LC_ALL", "C"), ("LANG", "C.UTF-8")];
    let sealed = sandbox.run_with(["seal", "project"], &plain, "").exits(0);
    assert!(sealed.stdout.is_ascii(), "{sealed}");
    assert!(sealed.stdout.contains("ok   kit is signed"), "{sealed}");
}

#[test]
fn json_says_the_same() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let json = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0).json();
    assert_eq!(json["schemaVersion"], 1);
    assert_eq!(json["generatedKitfile"], true);
    assert_eq!(json["verification"]["verdict"], "yes");
    let files: u64 =
        json["parts"].as_array().unwrap().iter().map(|p| p["files"].as_u64().unwrap()).sum();
    assert_eq!(files, 5);
    let quiet = run(&sandbox, &["seal", "project", "-q"]).exits(0);
    assert_eq!(quiet.stdout.trim(), json["digest"].as_str().unwrap());
    // Who asks for a document gets it, and be it quietly.
    for command in [["seal", "project"].as_slice(), &["verify", "project:latest"], &["list"]] {
        let asked = [command, &["-q", "--format", "json"]].concat();
        assert!(!run(&sandbox, &asked).exits(0).json().is_null(), "{asked:?}");
    }
}

#[test]
fn a_file_that_runs_code_is_named_though_it_is_no_finding() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    let found = |sealed: &crate::common::Run| {
        let line = sealed.stdout.lines().find(|line| line.starts_with("Inspection: "));
        line.unwrap().to_owned()
    };
    let sealed = run(&sandbox, &["seal", "project"]).exits(0);
    assert_eq!(found(&sealed), "Inspection: nothing was found");
    // What was generated names the parts that there were.
    fs::remove_file(dir.join("Kitfile")).unwrap();
    fs::write(dir.join("models/bad.pkl"), b"\x80\x04cos\nsystem\nX\x02\0\0\0id\x85R.").unwrap();
    fs::write(dir.join("config.json"), r#"{"auto_map":{"AutoModel":"own.Model"}}"#).unwrap();
    let sealed = run(&sandbox, &["seal", "project"]).exits(0);
    let expected = "Inspection: no finding; loading can run code: 1 file (models/bad.pkl looks up os.system); \
                    code of its own is asked for: 1 file (config.json looks up own.Model)";
    assert_eq!(found(&sealed), expected);
    let json = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0).json();
    assert_eq!(json["runsCode"][1]["file"], "models/bad.pkl");
    assert_eq!(json["runsCode"][1]["looksUp"][0], "os.system");
    assert_eq!(json["runsCode"][0]["asks"], true);
}

#[test]
fn sealing_twice_gives_the_same_bytes() {
    let sandbox = sealed();
    let read = |sandbox: &Sandbox| -> Vec<_> {
        blobs(sandbox).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    };
    let once = read(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    assert!(once == read(&sandbox));
    let dated = [PASSWORD, &[("SOURCE_DATE_EPOCH", "1700000000")]].concat();
    sandbox.run_with(["seal", "project", "-t", "demo:v2"], &dated, "").exits(0);
    let texts = read(&sandbox);
    let count = texts
        .iter()
        .filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains("2023-11-14T22:13:20Z"))
        .count();
    assert!(count >= 4, "manifest and bundles carry the time: {count}");
}

#[test]
fn files_that_belong_to_no_part_are_told_and_then_watched() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write("project/.secret", "x");
    let sealed = run(&sandbox, &["seal", "project"]).exits(0);
    assert!(sealed.stderr.contains("not part of the kit: `.secret`"), "{sealed}");
    let verified = run(&sandbox, &["verify", "./project"]).exits(0);
    assert!(verified.stdout.contains("not signed: `.secret`"), "{verified}");
    let elsewhere = run(&sandbox, &["verify", "project:latest", "--dir", "project"]).exits(1);
    assert!(elsewhere.stdout.contains("`.secret` was added"), "{elsewhere}");
    sandbox.write("project/.secret", "y");
    let changed = run(&sandbox, &["verify", "./project"]).exits(1);
    assert!(changed.stdout.contains("`.secret` was changed"), "{changed}");
    fs::remove_file(sandbox.work().join("project/.secret")).unwrap();
    let missing = run(&sandbox, &["verify", "./project"]).exits(1);
    assert!(missing.stdout.contains("`.secret` is missing"), "{missing}");
}

#[test]
fn what_can_not_be_sealed_is_said_before_a_key_is_made() {
    let sandbox = Sandbox::new();
    let absent = run(&sandbox, &["seal", "nowhere"]).exits(2);
    assert!(absent.stderr.contains("`nowhere` does not exist"), "{absent}");
    sandbox.write("file", "x");
    let file = run(&sandbox, &["seal", "file"]).exits(2);
    assert!(file.stderr.contains("`file` is not a folder"), "{file}");
    assert!(!sandbox.home().join("keys").exists());
}

#[test]
fn the_aibom_comes_out_as_it_was_signed() {
    let sandbox = sealed();
    let bom = run(&sandbox, &["bom", "demo:v1"]).exits(0);
    assert!(bom.stderr.is_empty(), "{bom}");
    let json = bom.json();
    assert_eq!((&json["bomFormat"], &json["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    run(&sandbox, &["bom", "demo:v1", "-o", "a.json", "-o", "table=a.txt"]).exits(0);
    assert_eq!(
        fs::read_to_string(sandbox.work().join("a.json")).unwrap().trim(),
        bom.stdout.trim()
    );
    let table = fs::read_to_string(sandbox.work().join("a.txt")).unwrap();
    assert!(table.contains("data/train.csv"), "{table}");
}

#[test]
fn a_kit_without_an_aibom_gets_one_made() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "plain:v1"]).exits(0);
    let bom = sandbox.run(["bom", "plain:v1"]).exits(0);
    assert!(bom.stderr.contains("the kit has no AIBOM"), "{bom}");
    assert!(bom.stdout.contains("models/sub/m.bin"), "{bom}");
}
