//! `cargo xtask wasm`: the verifier as WebAssembly, held against good and bad bundles under Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use sealkit_attest::{
    Bundle, CosignSign, HintStyle, PrivateKey, Role, Signer as _, Statement, Subject, TrustRoot,
    TrustedKey,
};
use sealkit_oci::Digest;

use crate::run::{Outcome, capture, cargo, fail, root, run, target_dir, which};

const TARGET: &str = "wasm32-unknown-unknown";
const NOW: i64 = 1_790_000_000;

/// One question and the exit code that is the right answer.
struct Case {
    name: &'static str,
    bundle: Vec<u8>,
    trust: Vec<u8>,
    subject: Digest,
    code: i32,
    /// A text that the answer has to have.
    says: &'static str,
}

/// `cargo xtask wasm`.
pub(crate) fn task(_: &[String]) -> Outcome {
    let module = build()?;
    let Some(node) = which("node") else {
        println!("SKIPPED the run of the WebAssembly module: no node");
        return Ok(());
    };
    let scratch = tempfile::tempdir()?;
    for case in cases()? {
        ask(&node, &module, scratch.path(), &case)?;
        println!("wasm: {}: exit code {}", case.name, case.code);
    }
    let size = std::fs::metadata(&module)?.len() >> 10;
    println!("wasm: verified and refused under {}; {size} KiB", version(&node)?);
    Ok(())
}

fn version(node: &Path) -> Outcome<String> {
    Ok(format!("Node {}", capture(Command::new(node).arg("--version"))?.trim()))
}

fn build() -> Outcome<PathBuf> {
    let target = target_dir().join("wasm-verify");
    let mut build = cargo();
    build.args(["build", "--quiet", "--locked", "--release", "--target", TARGET]);
    build.arg("--manifest-path").arg(root().join("examples/wasm-verify/Cargo.toml"));
    build.arg("--target-dir").arg(&target);
    run(&mut build)?;
    Ok(target.join(TARGET).join("release/wasm_verify.wasm"))
}

fn cases() -> Outcome<Vec<Case>> {
    let mut random = |out: &mut [u8]| getrandom::fill(out).unwrap_or_default();
    let (key, other) = (PrivateKey::generate(&mut random)?, PrivateKey::generate(&mut random)?);
    let kit = Digest::of(b"the manifest of a kit");
    let trust = |key: &PrivateKey| -> Outcome<Vec<u8>> {
        let mut root = TrustRoot::default();
        root.add(TrustedKey::new(key.public_key(), "Ada", Role::Signer))?;
        Ok(root.to_json()?)
    };
    let statement = Statement::new(vec![Subject::of(&kit)], &CosignSign {})?;
    let bundle = Bundle::sign(&statement, &key, HintStyle::Cosign)?.into_bytes();
    let case = |name, bundle: &[u8], trust: Vec<u8>, subject: &Digest, code, says| Case {
        name,
        bundle: bundle.to_vec(),
        trust,
        subject: subject.clone(),
        code,
        says,
    };
    let tampered = tampered(&bundle)?;
    let another = Digest::of(b"another kit");
    Ok(vec![
        case("a good bundle", &bundle, trust(&key)?, &kit, 0, "\"signer\":\"Ada\""),
        case("a changed statement", &tampered, trust(&key)?, &kit, 1, "signature is not valid"),
        case("about another kit", &bundle, trust(&key)?, &another, 1, "statement is not about"),
        case("a stranger's key", &bundle, trust(&other)?, &kit, 2, "no trusted key"),
        case("no bundle at all", b"{}", trust(&key)?, &kit, 1, "bundle"),
        case("a trust root that is none", &bundle, b"[]".to_vec(), &kit, 2, "trust root"),
    ])
}

/// The bundle with one letter of the signed payload changed; still base64.
fn tampered(bundle: &[u8]) -> Outcome<Vec<u8>> {
    let mut value: serde_json::Value = serde_json::from_slice(bundle)?;
    let payload = &mut value["dsseEnvelope"]["payload"];
    let Some(text) = payload.as_str() else { return fail("the bundle has no payload") };
    let (at, letter) = match text.char_indices().nth(40) {
        Some((at, 'A')) => (at, "B"),
        Some((at, _)) => (at, "A"),
        None => return fail("the payload is too short"),
    };
    let mut text = text.to_owned();
    text.replace_range(at..=at, letter);
    *payload = text.into();
    Ok(serde_json::to_vec(&value)?)
}

fn ask(node: &Path, module: &Path, scratch: &Path, case: &Case) -> Outcome {
    let (bundle, trust) = (scratch.join("bundle.json"), scratch.join("trust.json"));
    std::fs::write(&bundle, &case.bundle)?;
    std::fs::write(&trust, &case.trust)?;
    let mut command = Command::new(node);
    command.arg(root().join("examples/wasm-verify/verify.mjs")).arg(module);
    command.arg(&bundle).arg(&trust).args([case.subject.to_string(), NOW.to_string()]);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.code() != Some(case.code) || !said.contains(case.says) {
        let error = String::from_utf8_lossy(&output.stderr);
        return fail(format!("{}: {:?}: {said}{error}", case.name, output.status.code()));
    }
    Ok(())
}
