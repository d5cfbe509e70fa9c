//! Cases 16 to 18, 24, 25 and 37: whose signature counts, in which form, and which key files open.

use std::time::{Duration, Instant};

use sealkit_attest::{HintStyle, IN_TOTO_PAYLOAD, Signer as _, base64, pae};

use super::stage::{Stage, failed, key, refused, signed, statement, step, wrapped};
use crate::common::Sandbox;
use crate::seal_common::{PASSWORD, project, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_signature_is_open_and_named() {
    let stage = Stage::unsigned().await;
    stage.state("stranger", &statement(stage.digest())).await;
    refused(stage.verify(), 2, "signatures", "untrusted-key");
    refused(stage.verify(), 2, "signer-trusted", "untrusted-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_that_names_a_trusted_key_lends_no_trust() {
    let stage = Stage::unsigned().await;
    let text = statement(stage.digest());
    let made = key("stranger").sign(&pae(IN_TOTO_PAYLOAD, text.as_bytes())).unwrap();
    stage.attach(&wrapped(&key("ana").public_key(), IN_TOTO_PAYLOAD, &text, &made)).await;
    refused(stage.verify(), 1, "signatures", "signature-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_bundle_brings_along_is_no_trust() {
    let stage = Stage::unsigned().await;
    let stranger = key("stranger");
    let bundle = signed(&stranger, IN_TOTO_PAYLOAD, &statement(stage.digest()));
    let text = String::from_utf8(bundle).unwrap();
    let hint = format!("\"hint\":\"{}\"", stranger.public_key().hint(HintStyle::Cosign));
    let der = base64::encode(stranger.public_key().to_der());
    let brought = text.replace(&hint, &format!("\"rawBytes\":\"{der}\""));
    assert_ne!(text, brought);
    stage.attach(brought.as_bytes()).await;
    refused(stage.verify(), 2, "signatures", "untrusted-key");
}

/// Forms of ECDSA: everything but strict DER of numbers in range is invalid.
#[tokio::test(flavor = "multi_thread")]
async fn malformed_signatures_are_invalid() {
    let stage = Stage::unsigned().await;
    let text = statement(stage.digest());
    let sound = key("ana").sign(&pae(IN_TOTO_PAYLOAD, text.as_bytes())).unwrap();
    let trailing = [sound.as_slice(), &[0]].concat();
    let forms: [&[u8]; 5] =
        [&[], &trailing, &[0x30, 6, 2, 1, 0, 2, 1, 1], &[0x30, 6, 2, 1, 1, 2, 1, 0], &[0xff; 64]];
    for form in forms {
        let stage = Stage::unsigned().await;
        stage.attach(&wrapped(&key("ana").public_key(), IN_TOTO_PAYLOAD, &text, form)).await;
        refused(stage.verify(), 1, "signatures", "signature-invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_outside_its_window_counts_for_nothing() {
    for (field, second, code) in
        [("validUntil", 1, "key-expired"), ("validFrom", i64::MAX >> 12, "key-not-yet-valid")]
    {
        let stage = Stage::signed().await;
        stage.sandbox.run(["trust", "add", "ana.pub", "--name", "Ana"]).exits(0);
        stage.verify_with(&["--format", "json"]).exits(0);
        let path = stage.sandbox.home().join("trust.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut trust: serde_json::Value = serde_json::from_str(&text).unwrap();
        trust["keys"][0][field] = second.into();
        std::fs::write(&path, trust.to_string()).unwrap();
        refused(stage.verify_with(&["--format", "json"]), 1, "signatures", code);
    }
}

/// Opening such a key would cost a terabyte of memory; refusing it costs nothing.
#[test]
fn a_key_file_that_asks_for_endless_work_is_refused_at_once() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["keys", "generate", "-o", "ana"]).exits(0);
    let path = sandbox.work().join("ana.key");
    let pem = std::fs::read_to_string(&path).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let json = String::from_utf8(base64::decode(&body, "key").unwrap()).unwrap();
    for (from, to) in [
        ("\"N\":65536", "\"N\":1073741824"),
        ("\"r\":8", "\"r\":4294967295"),
        ("\"scrypt\"", "\"argon2id\""),
        ("\"nacl/secretbox\"", "\"none\""),
    ] {
        let evil = json.replace(from, to);
        assert_ne!(evil, json, "{from}");
        let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
        let body = base64::encode(evil.as_bytes());
        let body =
            body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned());
        let body = body.collect::<Vec<_>>().join("\n");
        std::fs::write(&path, format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"))
            .unwrap();
        let start = Instant::now();
        let args = ["seal", "project", "--key", "ana.key", "--log-level", "debug"];
        failed(sandbox.run_with(args, PASSWORD, ""), 2, "kdf-params-refused");
        assert!(start.elapsed() < Duration::from_secs(20), "{from}");
    }
}

/// Signatures of strangers beside a trusted one neither help nor harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_beside_a_trusted_signer_is_named_and_changes_nothing() {
    let stage = Stage::signed().await;
    stage.state("stranger", &statement(stage.digest())).await;
    let run = stage.verify().exits(0);
    assert_eq!(step(&run, "signatures")["codes"][0], "untrusted-key", "{run}");
}

/// Two signatures by one key are one signer's, whatever else is different about them.
#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_is_not_met_by_one_key_twice() {
    let stage = Stage::unsigned().await;
    let text = statement(stage.digest());
    stage.state("ana", &text).await;
    stage.state("ana", &text.replace("\"predicate\":{}", "\"predicate\": {}")).await;
    stage.sandbox.write("bob.pub", key("bob").public_key().to_pem());
    let rule = "{signers: {by: {roles: [signer]}, threshold: {atLeast: 2}}}";
    let policy = format!("schemaVersion: 1\nname: p\nrules:\n  - {{id: a, check: {rule}}}\n");
    stage.sandbox.write("p.yaml", policy);
    let check = || {
        let name = stage.name();
        let args = ["check", &name, "--remote", "--plain-http", "--policy", "p.yaml"];
        let trust = ["--trust-key", "ana.pub", "--trust-key", "bob.pub", "--format", "json"];
        stage.sandbox.run_with([&args[..], &trust].concat(), &[("LANG", "C.UTF-8")], "")
    };
    let run = check().exits(1);
    assert!(run.stdout.contains("threshold-not-met"), "{run}");
    stage.state("bob", &text).await;
    check().exits(0);
}

/// Whoever is trusted for another purpose vouches for nothing, and takes nothing from who does.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_trusted_for_another_purpose_signs_no_kit() {
    for role in ["revoker", "hub"] {
        let stage = Stage::unsigned().await;
        stage.sandbox.write("sec.pub", key("sec").public_key().to_pem());
        stage.sandbox.run(["trust", "add", "sec.pub", "--name", "sec", "--role", role]).exits(0);
        stage.state("sec", &statement(stage.digest())).await;
        let verify = || stage.verify_with(&["--format", "json"]);
        refused(verify(), 2, "signatures", "signer-role");
        let run = refused(verify(), 2, "signer-trusted", "signer-role");
        assert_eq!(run.json()["signedBy"].as_array().unwrap().len(), 0, "{run}");
        stage.state("ana", &statement(stage.digest())).await;
        let run = stage.verify().exits(0);
        assert_eq!(step(&run, "signatures")["codes"][0], "signer-role", "{run}");
        assert!(!step(&run, "signer-trusted")["reason"].to_string().contains("sec"), "{run}");
    }
}
