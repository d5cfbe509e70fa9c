//! `sealkit verify` of kits that others signed with an identity instead of a key.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "the modules are shared by test programs, and tests may panic and print"
)]

mod common;
mod seal_common;

use std::fs;
use std::net::TcpListener;

use common::Sandbox;
use seal_common::{PASSWORD, project, run};
use sealkit_testkit::{FakeSigner, FakeSigstore};
use serde_json::{Value, json};

const WHO: &str = "https://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1";
const ISSUER: &str = "https://issuer.example";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// A moment that has passed.
const TIME: i64 = 1_760_000_000;

/// Digest of a blob that is put into the store.
fn put(sandbox: &Sandbox, bytes: &[u8]) -> String {
    let digest = sealkit_oci::Digest::of(bytes);
    fs::write(sandbox.home().join("store/blobs/sha256").join(digest.hex()), bytes).unwrap();
    digest.to_string()
}

/// Attaches a bundle as cosign does: a referrer of the kit.
fn attach(sandbox: &Sandbox, kit: &Value, bundle: &Value) {
    let bundle = serde_json::to_vec(bundle).unwrap();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": BUNDLE,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": put(sandbox, b"{}"),
            "size": 2,
        },
        "layers": [{ "mediaType": BUNDLE, "digest": put(sandbox, &bundle), "size": bundle.len() }],
        "subject": kit,
    });
    let bytes = serde_json::to_vec(&manifest).unwrap();
    let path = sandbox.home().join("store/index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let entries = index["manifests"].as_array_mut().unwrap();
    let is_referrer = |entry: &&Value| !entry["annotations"]["dev.sealkit.subject"].is_null();
    let mut entry = entries.iter().find(is_referrer).unwrap().clone();
    entry["mediaType"] = manifest["mediaType"].clone();
    entry["digest"] = json!(put(sandbox, &bytes));
    entry["size"] = json!(bytes.len());
    entries.push(entry);
    fs::write(path, serde_json::to_vec(&index).unwrap()).unwrap();
}

/// A sandbox with a kit that is packed, not sealed, and signed by the identity; with the trusted
/// root as `root.json`.
fn signed_by(who: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    let index = fs::read(sandbox.home().join("store/index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let digest = run(&sandbox, &["-q", "verify", "demo:v1"]).stdout.trim().to_owned();
    let kit = index["manifests"].as_array().unwrap().iter().find(|one| one["digest"] == *digest);
    let kit = kit.unwrap();
    let kit = json!({
        "mediaType": kit["mediaType"], "digest": kit["digest"], "size": kit["size"]
    });
    let hex = digest.strip_prefix("sha256:").unwrap();
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": hex } }],
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "predicate": {},
    });
    let fake = FakeSigstore::default();
    let signer = FakeSigner::new(who, ISSUER, TIME);
    let payload = serde_json::to_vec(&payload).unwrap();
    let bundle = fake.sign("application/vnd.in-toto+json", &payload, &signer, TIME);
    attach(&sandbox, &kit, &bundle);
    sandbox.write("root.json", fake.trusted_root());
    // The own key is trusted no longer: what is left is who signed by name.
    run(&sandbox, &["trust", "remove", "self"]).exits(0);
    sandbox
}

const ROOT: &[&str] = &["verify", "demo:v1", "--trusted-root", "root.json"];

fn identity(who: &'static str, issuer: &'static str) -> Vec<&'static str> {
    let flags = ["--certificate-identity", who, "--certificate-oidc-issuer", issuer];
    [ROOT, &flags].concat()
}

#[test]
fn an_identity_that_is_trusted_for_one_run_or_for_ever_verifies() {
    let sandbox = signed_by(WHO);
    let json = [&identity(WHO, ISSUER)[..], &["--format", "json"]].concat();
    let found = run(&sandbox, &json).json();
    let signed = found["signedBy"][0].as_str().unwrap();
    assert!(signed.contains(WHO) && signed.contains(ISSUER), "{signed}");
    run(&sandbox, &["trust", "add", "--trusted-root", "root.json"]).exits(0);
    let pattern = "https://github.com/org/*/.github/workflows/ci.yml@refs/tags/*";
    let add = ["trust", "add", "--pattern", "--identity", pattern, "--issuer", ISSUER];
    run(&sandbox, &add).exits(0);
    let found = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).json();
    assert!(found["signedBy"][0].as_str().unwrap().contains(WHO), "{found}");
}

#[test]
fn a_stranger_is_named_with_the_command_that_would_trust_them() {
    let sandbox = signed_by(WHO);
    let found = run(&sandbox, ROOT).exits(2);
    let command = format!(
        "sealkit trust add --identity '{WHO}' --identity-kind uri --issuer '{ISSUER}' --name NAME"
    );
    assert!(found.stdout.contains(&command), "{found}");
    let json = run(&sandbox, &[ROOT, &["--format", "json"]].concat()).exits(2).json();
    assert_eq!(json["untrustedIdentities"][0]["subject"], WHO);
    assert_eq!(json["verdict"], "unknown");
    // As printed, with a name, it works.
    run(&sandbox, &["trust", "add", "--trusted-root", "root.json"]).exits(0);
    let add = ["trust", "add", "--identity", WHO, "--identity-kind", "uri", "--issuer", ISSUER];
    run(&sandbox, &[&add[..], &["--name", "ci"]].concat()).exits(0);
    let found = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).json();
    assert!(found.get("untrustedIdentities").is_none(), "{found}");
    assert!(found["signedBy"][0].as_str().unwrap().contains("`ci`"), "{found}");
}

#[test]
fn an_identity_that_is_not_the_signers_does_not_verify() {
    let sandbox = signed_by(WHO);
    for flags in [
        identity("https://github.com/org/app", ISSUER),
        identity(WHO, "https://other.example"),
        [&identity(WHO, ISSUER)[..], &["--certificate-identity-kind", "email"]].concat(),
    ] {
        let found = run(&sandbox, &flags).exits(2);
        assert!(found.stdout.contains("whom you do not trust"), "{flags:?}: {found}");
    }
    let half = [ROOT, &["--certificate-identity", WHO]].concat();
    assert!(run(&sandbox, &half).exits(2).stderr.contains("--certificate-oidc-issuer"));
    // Without the instance, the identity alone proves nothing.
    let alone: Vec<_> = identity(WHO, ISSUER);
    let alone = [&alone[..2], &alone[4..]].concat();
    let found = run(&sandbox, &alone).exits(2);
    assert!(found.stdout.contains("is of no instance that is trusted"), "{found}");
}

/// Every proxy leads to a listener that nobody answers: whoever opens a connection is seen.
#[test]
fn verification_opens_no_connection() {
    let sandbox = signed_by(WHO);
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let address = format!("http://{}", trap.local_addr().unwrap());
    let mut environment: Vec<(&str, &str)> = PASSWORD.to_vec();
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"] {
        environment.push((variable, &address));
    }
    let args = identity(WHO, ISSUER);
    let found = sandbox.run_with(&args, &environment, "");
    assert!(found.stdout.contains(ISSUER), "{found}");
    assert!(trap.accept().is_err(), "a connection was opened: {found}");
    let offline = sandbox.run_with([&["--offline"][..], &args].concat(), &environment, "");
    assert_eq!(offline.stdout, found.stdout);
    // The trap does catch: a reference at a registry is asked for.
    let mut command = sandbox.command();
    command.args(["verify", "registry.example.com/a/b:v1", "--remote"]).envs(environment);
    let mut child = command.spawn().unwrap();
    let seen = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        trap.accept().is_ok()
    });
    let _ = child.kill();
    let _ = child.wait();
    assert!(seen, "the trap catches nothing");
}
