//! `sealkit record`: a run of a command becomes signed provenance.
#![cfg(unix)]

use std::fs;

use crate::common::Sandbox;
use crate::record_common::{payload, records, script, trained};
use crate::seal_common::{PASSWORD, run};
use serde_json::{Value, json};

#[test]
fn a_training_run_is_recorded_and_says_all_that_it_knows() {
    let sandbox = Sandbox::new();
    let out = trained(&sandbox, &["-o", "record.json"]).exits(0);
    assert_eq!(out.stdout, "epoch 1\n", "standard output is the command's own: {out}");
    assert!(out.stderr.contains("Recorded sha256:"), "{out}");
    let statement = payload(&fs::read(sandbox.work().join("record.json")).unwrap());
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    let names: Vec<&str> = statement["subject"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["project/model", "project/model/model.bin", "project/model/trainer_state.json"]
    );
    let build = &statement["predicate"]["buildDefinition"];
    assert_eq!(build["buildType"], "https://sealkit.dev/buildtypes/finetune/v1");
    let external = &build["externalParameters"];
    assert_eq!(external["command"], json!(["sh", "train.sh", "--lr", "0.1"]));
    assert_eq!((&external["seed"], &external["parameters"]["lr"]), (&json!(7), &json!(0.1)));
    let internal = &build["internalParameters"];
    assert_eq!(internal["parameters"]["train_batch_size"], 8);
    assert_eq!(internal["environment"], json!({ "PYTHONHASHSEED": "0" }));
    assert_eq!(internal["exitCode"], 0);
    assert!(internal["hardware"]["architecture"].is_string());
    let dependencies = build["resolvedDependencies"].as_array().unwrap();
    let data = dependencies.iter().find(|one| one["name"] == "org/data").unwrap();
    assert_eq!(data["annotations"]["version"], "v2");
    assert_eq!(data["annotations"]["role"], "dataset");
    assert_eq!(data["annotations"]["path"], "project/data");
    let base = dependencies.iter().find(|one| one["name"] == "org/base").unwrap();
    let digest = sealkit_oci::Digest::of(b"base weights");
    assert_eq!(base["digest"]["sha256"], digest.hex());
    let details = &statement["predicate"]["runDetails"];
    assert!(
        details["metadata"]["startedOn"].as_str() <= details["metadata"]["finishedOn"].as_str()
    );
    assert_eq!(details["byproducts"][0]["annotations"]["file"], "project/model/trainer_state.json");
}

#[test]
fn seal_picks_the_run_up_and_the_aibom_has_it_as_attested() {
    let sandbox = Sandbox::new();
    trained(&sandbox, &[]).exits(0);
    let sealed = run(&sandbox, &["seal", "project", "-t", "demo:v1", "--format", "json"]).exits(0);
    let id = sealed.json()["records"][0].as_str().unwrap().to_owned();
    assert_eq!(records(&sandbox), [format!("{}.sigstore.json", &id[7..])]);
    let bom = run(&sandbox, &["bom", "demo:v1"]).exits(0);
    attested(&bom.json());
    let table = run(&sandbox, &["bom", "demo:v1", "--format", "table"]).exits(0);
    assert!(table.stdout.contains("org/base"), "{table}");
    let verified = run(&sandbox, &["verify", "demo:v1"]).exits(0);
    assert!(!verified.stdout.contains('✗'), "{verified}");
    run(&sandbox, &["verify", "project"]).exits(0);
    // Made anew from what is attached, it says the same of the run.
    let fresh = run(&sandbox, &["bom", "demo:v1", "--fresh"]).exits(0);
    attested(&fresh.json());
    let again = run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    assert!(again.stdout.contains(&format!("Provenance: recorded run {id}")), "{again}");
}

/// Everything that the run says is there, and is known because it was attested.
fn attested(bom: &Value) {
    let formulation = bom["formulation"].to_string();
    for text in ["statement by self", "train_batch_size", "evaluation", "sh train.sh --lr 0.1"] {
        assert!(formulation.contains(text), "{text}: {formulation}");
    }
    let components = bom["formulation"][0]["components"].as_array().unwrap();
    let named = |name: &str| components.iter().find(|one| one["name"] == name).unwrap();
    let (data, base) = (named("org/data"), named("org/base"));
    assert_eq!(data["version"], "v2");
    assert_eq!(base["hashes"][0]["content"], sealkit_oci::Digest::of(b"base weights").hex());
    for (one, name) in [(data, "sealkit:version:evidence"), (base, "sealkit:hash:evidence")] {
        let all = one["properties"].as_array().unwrap();
        let value = &all.iter().find(|property| property["name"] == name).unwrap()["value"];
        assert!(value.as_str().unwrap().contains(r#""known":"attested""#), "{value}");
    }
    let workflows = bom["formulation"][0]["workflows"].as_array().unwrap();
    let run = workflows.iter().find(|one| one.to_string().contains("statement by self")).unwrap();
    let said = |name: &str, value: &str| {
        let all = run["properties"].as_array().unwrap();
        all.iter().any(|one| {
            let (key, text) = (one["name"].as_str().unwrap(), one["value"].as_str().unwrap());
            key.contains(name) && !key.ends_with(":evidence") && text.contains(value)
        })
    };
    for (name, value) in [
        ("seed", "7"),
        ("lr", "0.1"),
        ("train_batch_size", "8"),
        ("metric", "0.25"),
        ("hardware", ""),
        ("created", "20"),
    ] {
        assert!(said(name, value), "{name} = {value}: {run}");
    }
}

#[test]
fn a_record_of_other_files_is_not_attached() {
    let sandbox = Sandbox::new();
    trained(&sandbox, &[]).exits(0);
    fs::remove_dir_all(sandbox.work().join("project/model")).unwrap();
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([]));
}

#[test]
fn a_swapped_model_beside_a_true_file_gets_no_provenance() {
    let sandbox = Sandbox::new();
    trained(&sandbox, &[]).exits(0);
    sandbox.write("project/model/model.bin", "another model");
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([]));
    assert!(sealed.stderr.contains("`model/model.bin` is not as the run left it"), "{sealed}");
}

#[test]
fn a_dataset_that_was_changed_since_is_named_and_denied() {
    let sandbox = Sandbox::new();
    trained(&sandbox, &[]).exits(0);
    sandbox.write("project/data/train.csv", "a,b\n6,6\n");
    let sealed = run(&sandbox, &["seal", "project", "-t", "demo:v1", "--format", "json"]).exits(1);
    assert_eq!(sealed.json()["records"].as_array().map(Vec::len), Some(1), "{sealed}");
    assert!(sealed.stderr.contains("`data/train.csv` is not as the run read it"), "{sealed}");
}

#[test]
fn a_record_that_was_changed_or_that_a_stranger_signed_is_not_attached() {
    let sandbox = Sandbox::new();
    let other = Sandbox::new();
    trained(&other, &[]).exits(0);
    trained(&sandbox, &[]).exits(0);
    let name = records(&sandbox).remove(0);
    fs::remove_file(sandbox.home().join("records").join(name)).unwrap();
    let foreign = records(&other).remove(0);
    let (from, to) = (other.home().join("records"), sandbox.home().join("records"));
    fs::copy(from.join(&foreign), to.join(&foreign)).unwrap();
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([]));
    assert!(sealed.stderr.contains("is not attached"), "{sealed}");
    let mut bytes = fs::read(to.join(&foreign)).unwrap();
    bytes.push(b' ');
    fs::write(to.join(&foreign), bytes).unwrap();
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert!(sealed.stderr.contains("was changed since it was kept"), "{sealed}");
}

#[test]
fn without_yes_and_without_a_terminal_the_record_waits() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let args = ["record", "--output", "project/model", "-o", "r.json", "--", "sh", "train.sh"];
    let out = run(&sandbox, &args).exits(0);
    assert!(out.stderr.contains("kept here alone"), "{out}");
    assert!(!sandbox.work().join("r.json").exists());
    let name = records(&sandbox).remove(0);
    let hex = name.strip_suffix(".waiting.json").unwrap();
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([]));
    let command = format!("sealkit record --approve {}", &hex[..12]);
    assert!(sealed.stderr.contains(&command), "{sealed}");
    let refused = run(&sandbox, &["record", "--approve", &hex[..12]]).exits(2);
    assert!(refused.stderr.contains("was not approved"), "{refused}");
    let done = run(&sandbox, &["record", "--approve", &hex[..12], "--yes"]).exits(0);
    assert_eq!(done.stdout.trim(), format!("sha256:{hex}"));
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([format!("sha256:{hex}")]));
    run(&sandbox, &["record", "--approve", "ffffffff"]).exits(2);
}

#[test]
fn an_input_that_changes_meanwhile_is_refused_by_name() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    for change in
        ["echo x >> project/data/train.csv", "rm project/data/train.csv", "echo > project/data/new"]
    {
        sandbox.write("project/data/train.csv", "a,b\n");
        let body = format!("{change}; mkdir -p out; echo m > out/m");
        let args = [
            "record",
            "--input",
            "project/data",
            "--output",
            "out",
            "--yes",
            "--",
            "sh",
            "-c",
            &body,
        ];
        let out = run(&sandbox, &args).exits(2);
        assert!(out.stderr.contains("while the command ran"), "{out}");
        assert!(out.stderr.contains("project/data/"), "{out}");
        let _ = fs::remove_file(sandbox.work().join("project/data/new"));
    }
    assert!(records(&sandbox).is_empty());
}

#[test]
fn outputs_inside_an_input_are_no_change_of_it() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let args =
        ["record", "--input", ".", "--output", "project/model", "--yes", "--", "sh", "train.sh"];
    run(&sandbox, &args).exits(0);
}

#[test]
fn a_command_that_fails_leaves_nothing_and_its_exit_code() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let body = "echo m > project/m; exit 7";
    let failing = ["record", "--output", "project/m", "--yes"];
    let args = [&failing[..], &["--", "sh", "-c", body]].concat();
    let out = run(&sandbox, &args).exits(7);
    assert!(out.stderr.contains("exit code 7: nothing was recorded"), "{out}");
    assert!(records(&sandbox).is_empty());
    let args = [&failing[..], &["--even-if-failed", "--", "sh", "-c", body]].concat();
    run(&sandbox, &args).exits(7);
    assert_eq!(records(&sandbox).len(), 1);
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([]));
    assert!(sealed.stderr.contains("failed with exit code 7"), "{sealed}");
}

#[test]
fn what_can_not_be_recorded_is_said_before_the_command_runs() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let cases: &[(&[&str], &str)] = &[
        (&[], "no output is named"),
        (&["--output", "o", "--input", "absent"], "could not read"),
        (&["--output", "o", "--param", "x"], "has no name and value"),
        (&["--output", "o", "--param", "x=1", "--param", "x=2"], "given twice"),
        (&["--output", "o", "--dataset", "d=project"], "NAME@VERSION=PATH"),
        (&["--output", "o", "--base", "org/absent"], "neither a path nor a kit"),
        (&["--output", "project", "--input", "project/../project"], "as input and as output"),
    ];
    for (flags, text) in cases {
        let args =
            [&["record"][..], flags, &["--yes", "--", "sh", "-c", "echo ran > ran"]].concat();
        let out = run(&sandbox, &args).exits(2);
        assert!(out.stderr.contains(text), "{text}: {out}");
        assert!(!sandbox.work().join("ran").exists(), "{text}: the command ran");
    }
    let args = ["record", "--output", "o", "--yes", "--", "./no-such-program"];
    let out = run(&sandbox, &args).exits(2);
    assert!(out.stderr.contains("could not run `./no-such-program`"), "{out}");
    let args = ["record", "--output", "o", "--yes", "--", "true"];
    run(&sandbox, &args).exits(2);
    assert!(records(&sandbox).is_empty());
}

#[test]
fn a_base_model_is_pinned_by_the_kit_that_it_is() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let sealed = run(&sandbox, &["seal", "project", "-t", "base:v1", "-q"]).exits(0);
    let args = ["record", "--base", "base:v1", "--output", "out", "--yes", "-o", "r.json", "--"];
    run(&sandbox, &[&args[..], &["sh", "-c", "echo m > out"]].concat()).exits(0);
    let statement = payload(&fs::read(sandbox.work().join("r.json")).unwrap());
    let base = &statement["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(
        format!("sha256:{}", base["digest"]["sha256"].as_str().unwrap()),
        sealed.stdout.trim()
    );
    assert_eq!(base["annotations"]["role"], "base-model");
}

#[test]
fn contradictions_and_old_outputs_are_told() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    sandbox.write("project/model/README.md", "---\nbase_model: org/other\n---\n# Card\n");
    let out = trained(&sandbox, &[]).exits(0);
    let told = "declares base model `org/other`, the record says `org/base`";
    assert!(out.stderr.contains(told), "{out}");
    let old = fs::File::options().write(true).open(sandbox.work().join("base.bin")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let args = ["record", "--output", "base.bin", "--yes", "--", "true"];
    let out = run(&sandbox, &args).exits(0);
    assert!(out.stderr.contains("was not written by this run"), "{out}");
}

#[test]
fn the_preview_shows_everything_on_demand() {
    let sandbox = Sandbox::new();
    let out = trained(&sandbox, &["--preview", "full"]).exits(0);
    let from = out.stderr.find("\n{\n").unwrap();
    let to = out.stderr.find("\n}\n").unwrap();
    let shown: Value = serde_json::from_str(&out.stderr[from..to + 2]).unwrap();
    let kept = fs::read(sandbox.home().join("records").join(records(&sandbox).remove(0))).unwrap();
    assert_eq!(shown, payload(&kept));
}

#[test]
fn python_packages_are_read_without_running_python() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let info = "env/lib/python3.12/site-packages/torch-2.1.dist-info";
    sandbox.write(&format!("{info}/METADATA"), "Name: torch\nVersion: 2.1\n");
    sandbox.write(&format!("{info}/RECORD"), "torch/__init__.py,sha256=x,1\n");
    let env = sandbox.work().join("env");
    let with = [PASSWORD, &[("VIRTUAL_ENV", env.to_str().unwrap())]].concat();
    let args = ["record", "--output", "o", "--yes", "-o", "r.json", "--", "sh", "-c", "echo > o"];
    sandbox.run_with(args, &with, "").exits(0);
    let statement = payload(&fs::read(sandbox.work().join("r.json")).unwrap());
    let all = &statement["predicate"]["buildDefinition"];
    let torch = &all["resolvedDependencies"][0];
    assert_eq!(torch["uri"], "pkg:pypi/torch@2.1");
    let digest = sealkit_oci::Digest::of(b"torch/__init__.py,sha256=x,1\n");
    assert_eq!(torch["annotations"]["recordSha256"], digest.hex());
    assert_eq!(all["internalParameters"]["python"], "3.12");
}

#[test]
fn the_commit_and_what_differs_from_it_are_read_without_running_git() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(args);
        command.current_dir(sandbox.work()).output()
    };
    if git(&["init", "-q"]).is_err() {
        println!("skipped: no git");
        return;
    }
    sandbox.write(".gitignore", "r.json\nproject/model\n");
    git(&["remote", "add", "origin", "https://me:hunter2@host.example/x.git"]).unwrap();
    git(&["add", "."]).unwrap();
    git(&["commit", "-qm", "x"]).unwrap();
    let head = git(&["rev-parse", "HEAD"]).unwrap().stdout;
    let head = String::from_utf8(head).unwrap();
    let code = || {
        let args = [
            "record",
            "--output",
            "project/model",
            "--yes",
            "-o",
            "r.json",
            "--",
            "sh",
            "train.sh",
        ];
        run(&sandbox, &args).exits(0);
        let statement = payload(&fs::read(sandbox.work().join("r.json")).unwrap());
        assert!(!statement.to_string().contains("hunter2"));
        let all = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
        all.as_array()
            .unwrap()
            .iter()
            .find(|one| one["annotations"]["role"] == "code")
            .unwrap()
            .clone()
    };
    let clean = code();
    assert_eq!(clean["digest"]["gitCommit"], head.trim());
    assert_eq!(clean["annotations"]["dirty"], false);
    assert!(clean["uri"].as_str().unwrap().ends_with("host.example/x.git"), "{clean}");
    sandbox.write(
        "train.sh",
        format!("{}# more\n", fs::read_to_string(sandbox.work().join("train.sh")).unwrap()),
    );
    assert_eq!(code()["annotations"]["dirty"], true);
}
