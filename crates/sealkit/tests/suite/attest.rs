//! `sealkit attest`: what is signed, what is refused, and what others make of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use crate::seal_common::{PASSWORD, project, run, sealed};
use sealkit_testkit::TestRegistry;
use serde_json::{Value, json};

const TEST_RESULT: &str =
    include_str!("../../../sealkit-attest/tests/golden/predicates/test-result.json");

/// A sandbox with a sealed kit and a predicate.
fn ready() -> Sandbox {
    let sandbox = sealed();
    sandbox.write("eval.json", TEST_RESULT);
    sandbox
}

fn attest(sandbox: &Sandbox, kind: &str, more: &[&str]) -> Run {
    let args = ["attest", "demo:v1", "--type", kind, "--predicate", "eval.json"];
    run(sandbox, &[&args[..], more].concat())
}

fn listed(sandbox: &Sandbox, more: &[&str]) -> Vec<Value> {
    let args = ["attest", "list", "demo:v1", "--format", "json"];
    let answer = run(sandbox, &[&args[..], more].concat()).exits(0).json();
    assert_eq!(answer["schemaVersion"], 1);
    answer["attestations"].as_array().unwrap().clone()
}

#[test]
fn a_typed_statement_is_signed_attached_and_shown() {
    let sandbox = ready();
    let made = attest(&sandbox, "test-result", &["--format", "json"]).exits(0).json();
    assert_eq!(made["schemaVersion"], 1);
    assert_eq!(made["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    let all = listed(&sandbox, &[]);
    assert_eq!(all.len(), 5);
    let [ours] = &listed(&sandbox, &["--type", "test-result"])[..] else { panic!("{all:?}") };
    assert_eq!(ours["bundle"], made["bundle"]);
    assert_eq!((&ours["verified"], &ours["signer"]), (&json!(true), &json!("self")));
    let shown = run(&sandbox, &["attest", "show", "demo:v1", "--type", "test-result"]).exits(0);
    assert!(shown.stdout.starts_with("✓ https://in-toto.io/"), "{shown}");
    assert!(shown.stdout.contains("\"result\": \"WARNED\""), "{shown}");
    let args = ["attest", "show", "demo:v1", "--type", "test-result", "--format", "json"];
    let shown = run(&sandbox, &args).exits(0).json();
    let golden: Value = serde_json::from_str(TEST_RESULT).unwrap();
    assert_eq!(shown["attestations"][0]["predicate"], golden);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn what_does_not_have_the_shape_of_its_type_is_not_signed() {
    let sandbox = ready();
    for kind in ["svr", "provenance", "lineage", "cyclonedx", "https://slsa.dev/provenance/v1"] {
        let refused = attest(&sandbox, kind, &[]).exits(2);
        assert!(refused.stderr.contains("is not a `https://"), "{refused}");
        assert!(refused.stderr.contains("--insecure-skip-predicate-check"), "{refused}");
    }
    sandbox.write("eval.json", "{\"result\":\"PASSED\",\"result\":\"FAILED\"}");
    let twice = attest(&sandbox, "test-result", &["--insecure-skip-predicate-check"]).exits(2);
    assert!(twice.stderr.contains("twice"), "{twice}");
    sandbox.write("eval.json", "[]");
    attest(&sandbox, "https://example.com/x", &[]).exits(2);
    assert_eq!(listed(&sandbox, &[]).len(), 4, "nothing was attached");
    let unknown = attest(&sandbox, "test", &[]).exits(2);
    assert!(unknown.stderr.contains("test-result"), "the names are told: {unknown}");
}

#[test]
fn who_means_it_can_sign_what_does_not_fit_and_it_is_told() {
    let sandbox = ready();
    sandbox.write("eval.json", "{}");
    let made = attest(&sandbox, "svr", &["--insecure-skip-predicate-check"]).exits(0);
    assert!(made.stderr.contains("not held against its type"), "{made}");
    let shown = run(&sandbox, &["attest", "show", "demo:v1", "--type", "svr"]).exits(2);
    assert!(shown.stdout.starts_with('–') && shown.stdout.contains("verifier"), "{shown}");
    // It says nothing, and takes nothing from the others.
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

#[test]
fn a_type_that_nobody_knows_is_kept_byte_for_byte() {
    let sandbox = ready();
    let text = "{ \"z\" : 1.50,\t\"a\": [1E3, \"\\u00e9\"] }";
    sandbox.write("eval.json", format!("\n{text}\n"));
    attest(&sandbox, "https://example.com/own/v1", &[]).exits(0);
    let args =
        ["attest", "download", "demo:v1", "--type", "https://example.com/own/v1", "-o", "b.json"];
    run(&sandbox, &args).exits(0);
    let bundle: Value =
        serde_json::from_slice(&fs::read(sandbox.work().join("b.json")).unwrap()).unwrap();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = String::from_utf8(sealkit_attest::base64::decode(payload, "payload").unwrap());
    assert!(payload.unwrap().ends_with(&format!("\"predicate\":{text}}}")));
    let to_stdout = run(&sandbox, &[&args[..args.len() - 1], &["-"]].concat()).exits(0);
    assert_eq!(to_stdout.json(), bundle);
}

#[test]
fn parts_and_the_number_of_a_release_are_in_the_statement() {
    let sandbox = ready();
    let hex = "a".repeat(64);
    let subject = format!("model=v1=sha256:{hex}");
    sandbox.write("eval.json", json!({ "purl": "pkg:oci/demo@v1" }).to_string());
    let made = attest(&sandbox, "release", &["--subject", &subject, "--sequence", "7"]).exits(0);
    let bundle = made.stdout.trim().to_owned();
    let args = ["attest", "download", "demo:v1", "--digest", &bundle, "-o", "-"];
    let bundle = run(&sandbox, &args).exits(0).json();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = sealkit_attest::base64::decode(payload, "payload").unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["subject"][0]["annotations"], json!({ "sealkit.dev/sequence": 7 }));
    assert_eq!(statement["subject"][1], json!({ "name": "model=v1", "digest": { "sha256": hex } }));
    for bad in ["model", "=sha256:ab", "x=sha256:ab", "x=md5:ab"] {
        attest(&sandbox, "release", &["--subject", bad]).exits(2);
    }
}

#[test]
fn strangers_and_forgeries_are_told_apart() {
    let sandbox = ready();
    run(&sandbox, &["keys", "generate", "-o", "eve"]).exits(0);
    attest(&sandbox, "test-result", &["--key", "eve.key"]).exits(0);
    let show = ["attest", "show", "demo:v1", "--type", "test-result"];
    let stranger = run(&sandbox, &show).exits(2);
    assert!(stranger.stdout.contains("not trusted: "), "{stranger}");
    run(&sandbox, &[&show[..], &["--key", "eve.pub"]].concat()).exits(0);
    let [one] = &listed(&sandbox, &["--type", "test-result"])[..] else { panic!() };
    assert_eq!((&one["verified"], &one["code"]), (&json!(false), &json!("untrusted-key")));
    // Its own is verified, so that one is meant where both could be.
    attest(&sandbox, "test-result", &[]).exits(0);
    let args = ["attest", "download", "demo:v1", "--type", "test-result", "-o", "-"];
    let got = run(&sandbox, &args).exits(0);
    assert!(!got.stderr.contains("not verified"), "{got}");
    run(&sandbox, &["attest", "download", "demo:v1", "-o", "-"]).exits(2);
    run(&sandbox, &["attest", "show", "demo:v1", "--type", "vulns"]).exits(2);
}

#[test]
fn one_damaged_attachment_does_not_hide_the_others() {
    let sandbox = ready();
    let made = attest(&sandbox, "test-result", &["--format", "json"]).exits(0).json();
    let blob = |name: &str| {
        let hex = made[name].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
        sandbox.home().join("store/blobs/sha256").join(hex)
    };
    let damaged = |path: &Path, code: &str, failed: bool| {
        let all = listed(&sandbox, &[]);
        let good = all.iter().filter(|one| one["verified"] == true).count();
        assert_eq!((all.len(), good), (5, 4), "{path:?}: {all:#?}");
        let bad = all.iter().find(|one| one["verified"] == false).unwrap();
        assert_eq!((&bad["code"], &bad["failed"]), (&json!(code), &json!(failed)), "{bad:#}");
    };
    let bundle = blob("bundle");
    let bytes = fs::read(&bundle).unwrap();
    let mut changed = bytes.clone();
    changed[40] ^= 1;
    fs::write(&bundle, &changed).unwrap();
    damaged(&bundle, "digest-mismatch", true);
    run(&sandbox, &["attest", "show", "demo:v1", "--type", "test-result"]).exits(1);
    run(&sandbox, &["lineage", "demo:v1"]).exits(1);
    fs::remove_file(&bundle).unwrap();
    let gone = run(&sandbox, &["attest", "show", "demo:v1", "--type", "test-result"]).exits(2);
    assert!(gone.stdout.starts_with('–'), "{gone}");
    fs::write(&bundle, &bytes).unwrap();
    run(&sandbox, &["lineage", "demo:v1"]).exits(0);
}

#[test]
fn names_of_strangers_do_not_drive_the_terminal() {
    let sandbox = ready();
    sandbox.write("eval.json", "{\"a\":\"\\u001b[2J\\u202e\"}");
    attest(&sandbox, "https://example.com/x", &[]).exits(0);
    let shown = run(&sandbox, &["attest", "show", "demo:v1"]).exits(0);
    assert!(!shown.stdout.contains('\u{1b}') && !shown.stdout.contains('\u{202e}'), "{shown}");
}

#[test]
fn what_is_missing_on_the_command_line_is_told() {
    let sandbox = ready();
    for args in [
        &["attest"][..],
        &["attest", "demo:v1"],
        &["attest", "demo:v1", "--type", "svr"],
        &["attest", "list"],
        &["attest", "demo", "--type", "svr", "--predicate", "eval.json"],
        &["attest", "gone:v1", "--type", "test-result", "--predicate", "eval.json"],
        &["attest", "demo:v1", "--type", "test-result", "--predicate", "gone.json"],
    ] {
        let told = run(&sandbox, args).exits(2);
        assert!(!told.stderr.is_empty(), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_at_a_registry_is_attested_where_it_is() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/demo:v1", registry.host());
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write("eval.json", TEST_RESULT);
    run(&sandbox, &["seal", "project", "-t", &name]).exits(0);
    run(&sandbox, &["push", &name, "--plain-http"]).exits(0);
    let remote = ["--remote", "--plain-http"];
    let make = ["attest", &name, "--type", "test-result", "--predicate", "eval.json"];
    run(&sandbox, &[&make[..], &remote].concat()).exits(0);
    let show = ["attest", "show", &name, "--type", "test-result"];
    run(&sandbox, &[&show[..], &remote].concat()).exits(0);
    run(&sandbox, &show).exits(2);
    run(&sandbox, &[&["verify", &name][..], &remote].concat()).exits(0);
}

fn cosign(program: &Path, sandbox: &Sandbox, args: &[&str]) -> Run {
    let mut command = Command::new(program);
    command.current_dir(sandbox.work()).env("COSIGN_PASSWORD", "correct horse").args(args);
    finish(&mut command)
}

#[test]
fn cosign_verifies_ours_and_ours_reads_cosigns() {
    let Some(program) = peer("SEALKIT_COSIGN") else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(TestRegistry::start());
    let name = format!("{}/org/demo:v1", registry.host());
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write("eval.json", TEST_RESULT);
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    run(&sandbox, &["seal", "project", "-t", &name, "--key", "ci.key"]).exits(0);
    sandbox.run_with(["push", &name, "--plain-http"], PASSWORD, "").exits(0);
    let golden = |kind: &str| {
        let folder =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../sealkit-attest/tests/golden/predicates");
        format!("{folder}/{kind}.json")
    };
    let flags = ["--key", "ci.pub", "--insecure-ignore-tlog", "--allow-http-registry"];
    for (kind, type_of_cosign, predicate) in [
        ("provenance", "slsaprovenance1", golden("provenance")),
        ("lineage", "https://sealkit.dev/attestations/lineage/v1", golden("lineage")),
        ("test-result", "https://in-toto.io/attestation/test-result/v0.1", golden("test-result")),
        ("custom", "custom", golden("svr")),
    ] {
        let make = ["attest", &name, "--type", kind, "--predicate", &predicate, "--key", "ci.key"];
        run(&sandbox, &[&make[..], &["--remote", "--plain-http"]].concat()).exits(0);
        let verify = ["verify-attestation", "--type", type_of_cosign, &name];
        cosign(&program, &sandbox, &[&verify[..], &flags].concat()).exits(0);
    }
    // The AIBOM, as the page on cosign says.
    let page = include_str!("../../../../docs/how-to/verify-with-cosign.md");
    let kind =
        page.split("--type ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let verify = ["verify-attestation", "--type", kind, &name];
    cosign(&program, &sandbox, &[&verify[..], &flags].concat()).exits(0);
    let other = ["verify-attestation", "--type", "vuln", &name];
    assert_ne!(cosign(&program, &sandbox, &[&other[..], &flags].concat()).code, Some(0));

    // The other way: cosign writes a Statement v0.1.
    sandbox.write("own.json", "{\"reviewed\":true}");
    let make =
        ["attest", "--yes", "--key", "ci.key", "--predicate", "own.json", "--allow-http-registry"];
    let make = [&make[..], &["--type", "https://example.com/review/v1", &name]].concat();
    let no_log = ["--tlog-upload=false", "--use-signing-config=false"];
    cosign(&program, &sandbox, &[&make[..], &no_log].concat()).exits(0);
    let show = ["attest", "show", &name, "--type", "https://example.com/review/v1"];
    let show = [&show[..], &["--key", "ci.pub", "--remote", "--plain-http"]].concat();
    let shown = run(&sandbox, &show).exits(0);
    assert!(shown.stdout.contains("\"reviewed\": true"), "{shown}");
}

#[test]
fn the_signature_of_the_files_is_listed_as_what_it_is() {
    let sandbox = ready();
    run(&sandbox, &["sign", "demo:v1"]).exits(0);
    let kind = "https://model_signing/signature/v1.0";
    let [ours] = &listed(&sandbox, &["--type", kind])[..] else { panic!("it is attached once") };
    assert_eq!((&ours["verified"], &ours["signer"]), (&json!(true), &json!("self")));
    // It is about the files, so it takes nothing from what is known of the kit's origin.
    let lineage = run(&sandbox, &["lineage", "demo:v1", "--format", "json"]);
    assert!(!lineage.stdout.contains("statement is not about"), "{lineage}");
}
