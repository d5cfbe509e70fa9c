//! The real `model_signing`: what we sign it verifies, and what it signs we verify, by key and by
//! certificate. `SEALKIT_MODEL_SIGNING` names the program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use crate::seal_common::{run, sealed};

/// An authority, a signer's certificate and its key in both forms, made by OpenSSL.
const CERTIFICATES: &str = r#"
set -e
openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -subj "/CN=Company" -days 30 -out ca.pem \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out leaf.key
openssl req -new -key leaf.key -subj "/CN=Signer" -out leaf.csr
printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\nsubjectAltName=email:dev@example.com\n' > ext
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile ext -out leaf.pem
for curve in P-256 P-384 P-521; do
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out $curve.key
  openssl pkey -in $curve.key -pubout -out $curve.pub
done
"#;

fn stage(sandbox: &Sandbox) {
    sandbox.write("model/weights.bin", vec![7; 1 << 20]);
    for (path, text) in
        [("a/b", "1"), ("a.txt", "2"), ("empty", ""), (".gitignore", "x"), ("sub/ünï.txt", "3")]
    {
        sandbox.write(&format!("model/{path}"), text);
    }
    let shell = finish(Command::new("sh").args(["-c", CERTIFICATES]).current_dir(sandbox.work()));
    shell.exits(0);
}

fn reference(program: &Path, sandbox: &Sandbox, args: &[&str]) -> Run {
    finish(Command::new(program).args(args).current_dir(sandbox.work()))
}

fn program() -> Option<PathBuf> {
    peer("SEALKIT_MODEL_SIGNING")
}

#[test]
fn what_we_sign_it_verifies() {
    let Some(program) = program() else { return };
    let sandbox = Sandbox::new();
    stage(&sandbox);
    let theirs = |args: &[&str]| reference(&program, &sandbox, args);
    let sign = ["sign", "./model", "--signature", "model/model.sig", "--key"];
    run(&sandbox, &[&sign[..], &["P-256.key"]].concat()).exits(0);
    let by_key =
        ["verify", "key", "model", "--signature", "model/model.sig", "--public_key", "P-256.pub"];
    theirs(&by_key).exits(0);
    run(&sandbox, &[&sign[..], &["leaf.key", "--certificate", "leaf.pem"]].concat()).exits(0);
    theirs(&[
        "verify",
        "certificate",
        "model",
        "--signature",
        "model/model.sig",
        "--certificate_chain",
        "ca.pem",
    ])
    .exits(0);
    // A program that holds the key signs just so, with the larger curves too.
    for (curve, hash) in [("P-256", "-sha256"), ("P-384", "-sha384"), ("P-521", "-sha512")] {
        let (key, public) = (format!("{curve}.key"), format!("{curve}.pub"));
        let mut args = vec!["sign", "./model", "--signature", "model/model.sig"];
        args.extend(["--signer", "openssl", "--public-key", &public]);
        for argument in ["dgst", hash, "-binary", "-sign", &key] {
            args.extend(["--signer-arg", argument]);
        }
        run(&sandbox, &args).exits(0);
        let verify =
            ["verify", "key", "model", "--signature", "model/model.sig", "--public_key", &public];
        theirs(&verify).exits(0);
        let ours = ["verify", "./model", "--signature", "model/model.sig", "--key", &public];
        run(&sandbox, &ours).exits(0);
    }
    sandbox.write("model/a.txt", "changed");
    assert_ne!(theirs(&by_key).code, Some(0));
}

#[test]
fn what_it_signs_we_verify() {
    let Some(program) = program() else { return };
    let sandbox = Sandbox::new();
    stage(&sandbox);
    for curve in ["P-256", "P-384", "P-521"] {
        let (key, public) = (format!("{curve}.key"), format!("{curve}.pub"));
        let sign =
            ["sign", "key", "model", "--signature", "model/model.sig", "--private_key", &key];
        reference(&program, &sandbox, &sign).exits(0);
        let verify = ["verify", "./model", "--signature", "model/model.sig", "--key", &public];
        run(&sandbox, &verify).exits(0);
        run(&sandbox, &["verify", "./model", "--signature", "model/model.sig"]).exits(2);
    }
    let sign = [
        "sign",
        "certificate",
        "model",
        "--signature",
        "c.sig",
        "--private_key",
        "leaf.key",
        "--signing_certificate",
        "leaf.pem",
        "--certificate_chain",
        "ca.pem",
    ];
    std::fs::remove_file(sandbox.work().join("model/model.sig")).unwrap();
    reference(&program, &sandbox, &sign).exits(0);
    let verify = ["verify", "./model", "--signature", "c.sig", "--ca", "ca.pem"];
    run(&sandbox, &verify).exits(0);
    run(&sandbox, &["verify", "./model", "--signature", "c.sig"]).exits(2);
    sandbox.write("model/a.txt", "changed");
    let bad = run(&sandbox, &verify).exits(1);
    assert!(bad.stdout.contains("`a.txt` was changed"), "{bad}");
}

#[test]
fn a_kit_signed_by_a_certificate_verifies_under_its_authority() {
    let Some(_) = program() else { return };
    let sandbox = sealed();
    stage(&sandbox);
    let sign = ["sign", "demo:v1", "--key", "leaf.key", "--certificate", "leaf.pem"];
    run(&sandbox, &sign).exits(0);
    let found = run(&sandbox, &["verify", "demo:v1", "--ca", "ca.pem"]).exits(0);
    assert!(found.stdout.contains("signed by dev@example.com, certified by `ca.pem`"), "{found}");
    let subject =
        |rule: &str| run(&sandbox, &["verify", "demo:v1", "--ca", "ca.pem", "--ca-subject", rule]);
    let (named, other) = ("certified by `ca.pem`", "whom it may not vouch for");
    assert!(subject("email=*@example.com").exits(0).stdout.contains(named));
    for stranger in ["email=dev@example.com.evil.org", "uri=dev@example.com", "email=*@evil.org"] {
        // That its own key sealed the kit is not what was asked for.
        let found = subject(stranger).exits(2);
        assert!(found.stdout.contains(other) && !found.stdout.contains(named), "{found}");
    }
    subject("dev@example.com").exits(2);
    // A stranger's certificate takes nothing from the signatures that count.
    let found = run(&sandbox, &["verify", "demo:v1"]).exits(0);
    assert!(found.stdout.contains("leads to no authority that is trusted"), "{found}");
}

#[test]
fn a_key_and_a_certificate_over_it_are_one_signer_and_revoked_as_one() {
    let Some(_) = program() else { return };
    let sandbox = sealed();
    stage(&sandbox);
    finish(
        Command::new("openssl")
            .args(["pkey", "-in", "leaf.key", "-pubout", "-out", "leaf.pub"])
            .current_dir(sandbox.work()),
    )
    .exits(0);
    run(&sandbox, &["sign", "demo:v1", "--key", "leaf.key"]).exits(0);
    run(&sandbox, &["sign", "demo:v1", "--key", "leaf.key", "--certificate", "leaf.pem"]).exits(0);
    let by = |more: &str| {
        let by = "by: {names: [leaf.pub, ca.pem]}";
        format!(
            "schemaVersion: 1\nname: p\nrules: [{{id: r, check: {{signers: {{{by}{more}}}}}}}]\n"
        )
    };
    let check = |policy: String| {
        sandbox.write("p.yaml", policy);
        let args = ["check", "demo:v1", "--policy", "p.yaml", "--trust-key", "leaf.pub"];
        run(&sandbox, &[&args[..], &["--ca", "ca.pem"]].concat())
    };
    check(by("")).exits(0);
    let found = check(by(", threshold: {atLeast: 2}")).exits(1);
    assert!(found.stdout.contains("threshold-not-met: 1 of 2"), "{found}");
    let pem = std::fs::read_to_string(sandbox.work().join("leaf.pub")).unwrap();
    let id = sealkit_attest::PublicKey::from_pem(&pem).unwrap().id();
    let revoked = format!("revoked: {{keys: [{{id: \"{id}\", reason: stolen}}]}}\n");
    let found = check(by("") + &revoked).exits(2);
    assert!(found.stdout.contains("revoked: not counted"), "{found}");
}

#[test]
fn it_verifies_the_files_of_a_kit_of_ours() {
    let Some(program) = program() else { return };
    let sandbox = sealed();
    run(&sandbox, &["keys", "generate", "-o", "k"]).exits(0);
    let made = run(&sandbox, &["sign", "demo:v1", "--key", "k.key", "--format", "json"]).exits(0);
    run(&sandbox, &["unpack", "demo:v1", "-d", "out"]).exits(0);
    // The bundle is the one blob of the manifest that the answer names.
    let blob = |digest: &str| {
        let hex = digest.strip_prefix("sha256:").unwrap();
        std::fs::read(sandbox.home().join("store/blobs/sha256").join(hex)).unwrap()
    };
    let manifest = made.json()["modelSignature"].as_str().unwrap().to_owned();
    let manifest: serde_json::Value = serde_json::from_slice(&blob(&manifest)).unwrap();
    sandbox.write("kit.sig", blob(manifest["layers"][0]["digest"].as_str().unwrap()));
    let verify = ["verify", "key", "out", "--signature", "kit.sig", "--public_key", "k.pub"];
    reference(&program, &sandbox, &verify).exits(0);
    sandbox.write("out/train.py", "evil");
    assert_ne!(reference(&program, &sandbox, &verify).code, Some(0));
}
