//! `sealkit verify` of kits that others signed with an identity instead of a key.

use std::net::TcpListener;

use crate::common::Sandbox;
use crate::keyless_common::{TIME, sign};
use crate::seal_common::{PASSWORD, project, run};
use sealkit_testkit::{FakeSigner, FakeSigstore};

const WHO: &str = "https://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1";
const ISSUER: &str = "https://issuer.example";

/// A sandbox with a kit that was sealed by a key that is trusted no longer, and signed by the identity;
/// with the trusted root as `root.json`.
fn signed_by(who: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    let digest = run(&sandbox, &["-q", "verify", "demo:v1"]).stdout.trim().to_owned();
    let fake = FakeSigstore::default();
    sign(&sandbox, &digest, &fake, &FakeSigner::new(who, ISSUER, TIME));
    sandbox.write("root.json", fake.trusted_root());
    // What is left is who signed by name.
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
