//! A kit that is named by its digest is the kit that is named by its tag: what is attached to it is
//! attached where its tag finds it.

use crate::common::Sandbox;
use crate::seal_common::{run, sealed};

/// A sealed kit and its digest.
fn ready() -> (Sandbox, String) {
    let sandbox = sealed();
    let told = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(0).json();
    let digest = told["digest"].as_str().unwrap().to_owned();
    assert!(digest.starts_with("sha256:"), "{told}");
    (sandbox, digest)
}

/// How many attestations the kit has under its tag, and the predicate types of them.
fn attached(sandbox: &Sandbox) -> Vec<String> {
    let args = ["attest", "list", "demo:v1", "--format", "json"];
    let told = run(sandbox, &args).exits(0).json();
    let all = told["attestations"].as_array().unwrap();
    all.iter().map(|one| one["predicateType"].as_str().unwrap().to_owned()).collect()
}

/// Runs a command that attaches something to the digest, and says how many more there are under
/// the tag.
fn more_after(args: &[&str]) -> Vec<String> {
    let (sandbox, digest) = ready();
    sandbox.write("eval.json", "{\"metric\": 1}");
    run(&sandbox, &["keys", "generate", "-o", "other"]).exits(0);
    let before = attached(&sandbox);
    let args: Vec<&str> =
        args.iter().map(|arg| if *arg == "KIT" { &digest } else { *arg }).collect();
    run(&sandbox, &args).exits(0);
    let mut after = attached(&sandbox);
    for kind in &before {
        let at = after.iter().position(|other| other == kind).unwrap();
        after.remove(at);
    }
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    after
}

#[test]
fn a_signature_is_found_under_the_tag() {
    let mut made = more_after(&["sign", "KIT", "--key", "other.key"]);
    made.sort();
    let all = [
        "https://cyclonedx.org/bom/v1.6",
        "https://model_signing/signature/v1.0",
        "https://sealkit.dev/attestations/kit/v1",
        "https://sigstore.dev/cosign/sign/v1",
    ];
    assert_eq!(made, all);
}

#[test]
fn what_was_signed_is_signed_alike_however_it_is_named() {
    assert_eq!(more_after(&["sign", "KIT"]), [""; 0]);
}

#[test]
fn a_statement_is_found_under_the_tag() {
    let kind = "https://example.com/eval/v1";
    let made = more_after(&["attest", "KIT", "--type", kind, "--predicate", "eval.json"]);
    assert_eq!(made, [kind]);
}

#[test]
fn a_verdict_is_found_under_the_tag() {
    let made = more_after(&["check", "KIT", "--attest"]);
    assert_eq!(made, ["https://in-toto.io/attestation/svr/v0.2"]);
}

#[test]
fn an_aibom_is_found_under_the_tag() {
    let made = more_after(&["bom", "attach", "KIT", "--supplier", "Example"]);
    assert_eq!(made, ["https://cyclonedx.org/bom/v1.6"]);
}

#[test]
fn the_aibom_of_a_packed_kit_is_that_of_its_folder() {
    // What sealing attached was made before the kit was packed, and made again it is the same to the byte.
    assert_eq!(more_after(&["bom", "attach", "KIT"]), [""; 0]);
}
