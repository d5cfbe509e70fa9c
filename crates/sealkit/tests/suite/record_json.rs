//! What `sealkit record --format json` answers.
#![cfg(unix)]

use std::fs;

use crate::common::Sandbox;
use crate::record_common::{payload, records, script, trained};
use crate::seal_common::run;
use serde_json::{Value, json};

#[test]
fn json_is_the_whole_of_standard_output_and_names_what_seal_attaches() {
    let sandbox = Sandbox::new();
    let out =
        trained(&sandbox, &["--format", "json", "--param", "api_key=hunter2hunter2"]).exits(0);
    assert!(out.stderr.contains("epoch 1\n"), "the command's output is not lost: {out}");
    let answer = out.json();
    assert_eq!(answer["schemaVersion"], 1);
    assert_eq!((&answer["approved"], &answer["exitCode"]), (&json!(true), &json!(0)));
    assert_eq!(answer["buildType"], "https://sealkit.dev/buildtypes/finetune/v1");
    let kept = records(&sandbox).remove(0);
    let hex = kept.strip_suffix(".sigstore.json").unwrap();
    assert_eq!(answer["record"], format!("sha256:{hex}"));
    let statement = payload(&fs::read(sandbox.home().join("records").join(&kept)).unwrap());
    let outputs = answer["outputs"].as_array().unwrap();
    let signed = statement["subject"].as_array().unwrap();
    assert_eq!(outputs.len(), signed.len());
    for (told, signed) in outputs.iter().zip(signed) {
        assert_eq!((&told["name"], &told["digest"]), (&signed["name"], &signed["digest"]));
    }
    assert!(!answer["redacted"].as_array().unwrap().is_empty(), "{answer}");
    assert!(!out.stdout.contains("hunter2"), "{out}");
    let sealed = run(&sandbox, &["seal", "project", "--format", "json"]).exits(0);
    assert_eq!(sealed.json()["records"], json!([answer["record"]]));
}

#[test]
fn json_says_of_a_failed_run_that_nothing_was_recorded() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let args = ["record", "--output", "o", "--yes", "--format", "json", "--"];
    let out = run(&sandbox, &[&args[..], &["sh", "-c", "echo told; exit 7"]].concat()).exits(7);
    let answer = out.json();
    assert_eq!((&answer["record"], &answer["approved"]), (&Value::Null, &json!(false)));
    assert_eq!((&answer["exitCode"], &answer["outputs"]), (&json!(7), &json!([])));
    assert!(out.stderr.contains("told"), "{out}");
    assert!(records(&sandbox).is_empty());
}

#[test]
fn json_tells_a_record_that_waits_from_one_that_was_approved() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let args = ["record", "--output", "project/model", "--format", "json", "--", "sh", "train.sh"];
    let waits = run(&sandbox, &args).exits(0).json();
    assert_eq!((&waits["approved"], &waits["exitCode"]), (&json!(false), &json!(0)));
    let id = waits["record"].as_str().unwrap();
    let args = ["record", "--approve", id, "--yes", "--format", "json"];
    let done = run(&sandbox, &args).exits(0).json();
    assert_eq!((&done["record"], &done["approved"]), (&waits["record"], &json!(true)));
    assert_eq!((&done["outputs"], &done["exitCode"]), (&waits["outputs"], &Value::Null));
}
