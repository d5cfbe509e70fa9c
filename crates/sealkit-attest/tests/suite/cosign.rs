//! The real cosign, where `SEALKIT_COSIGN` names its binary: keys and bundles go both ways.

use std::path::Path;
use std::process::Command;

use sealkit_attest::{
    Bundle, CosignSign, HintStyle, Predicate as _, PrivateKey, Signer as _, Statement, Subject,
    Verifier,
};
use sealkit_oci::Digest;

use sealkit_report::Hint as _;

use crate::common::{NOW, bundle, insecure_key, key, random, trusting};

const PASSWORD: &str = "correct horse";

fn cosign(folder: &Path, arguments: &[&str]) -> Option<String> {
    let Some(program) = std::env::var_os("SEALKIT_COSIGN") else {
        println!("skipped: no SEALKIT_COSIGN");
        return None;
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env("COSIGN_PASSWORD", PASSWORD)
        .env("HOME", folder);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// What `cosign sign` 3.1.3 stored with `insecure-test-key`, without any service.
const SIGNED: &str = "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{\"pu\
blicKey\":{\"hint\":\"vmVrIUoMxr70Zz59qERp9bZBaDXymMdtB8dxZ8bMHQ4=\"}},\"dsseEnvelope\":{\"paylo\
ad\":\"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJkaWdlc3Q\
iOnsic2hhMjU2IjoiNGMyOTUzM2EyZDExN2IxNTFjZTQyMzU0NDM0YmY5NTZjOTYyMDJmZjU3ZjQ5ZjM3OTgxZGI\
2OTk0NDJiOWI1ZiJ9LCJhbm5vdGF0aW9ucyI6e319XSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2lnc3RvcmU\
uZGV2L2Nvc2lnbi9zaWduL3YxIiwicHJlZGljYXRlIjp7fX0=\",\"payloadType\":\"application/vnd.in-tot\
o+json\",\"signatures\":[{\"sig\":\"MEQCIHqEygTgEBkGUajBCukbpFv8bSTsEY/B/0ypyGC5nKAqAiAlLZLHzN\
YjTSbU23+2exW6ZSiWCxQ3shb5m+VVVX9+2A==\"}]}}";
const SUBJECT: &str = "sha256:4c29533a2d117b151ce42354434bf956c96202ff57f49f37981db699442b9b5f";

#[test]
fn a_signature_of_cosigns_verifies_here() {
    let (key, subject) = (insecure_key(), SUBJECT.parse().unwrap());
    let trust = trusting(&[&key]);
    let verifier = Verifier::new(&trust, NOW).expecting::<CosignSign>();
    let verified = verifier.verify(SIGNED.as_bytes(), &subject);
    if cfg!(debug_assertions) {
        assert_eq!(verified.unwrap().value().subjects()[0].name, None);
    } else {
        assert_eq!(verified.unwrap_err().code(), "insecure-test-key");
    }
    assert_eq!(
        Bundle::parse(SIGNED.as_bytes().to_vec()).unwrap().hint(),
        Some(key.public_key().hint(HintStyle::Cosign).as_str())
    );
    let other = verifier.verify(SIGNED.as_bytes(), &Digest::of(b"other"));
    assert!(other.is_err());
}

#[test]
fn a_key_of_cosigns_opens_here() {
    let folder = tempfile::tempdir().unwrap();
    if cosign(folder.path(), &["generate-key-pair"]).is_none() {
        return;
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let opened = PrivateKey::from_pem(&read("cosign.key"), Some(PASSWORD.as_bytes())).unwrap();
    assert_eq!(opened.public_key().to_pem(), read("cosign.pub"));
}

#[test]
fn a_key_of_ours_opens_there() {
    let folder = tempfile::tempdir().unwrap();
    let key = key("cosign");
    let text = key.to_encrypted_pem(PASSWORD.as_bytes(), &mut random("salt")).unwrap();
    std::fs::write(folder.path().join("our.key"), text).unwrap();
    if let Some(public) = cosign(folder.path(), &["public-key", "--key", "our.key"]) {
        assert_eq!(public, key.public_key().to_pem());
    }
}

#[test]
fn a_bundle_of_ours_verifies_there() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key("cosign"));
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("our.pub", key.public_key().to_pem().as_bytes());
    write("manifest", b"a kit's manifest");
    write("bundle", &bundle(&key));
    let arguments = [
        "verify-blob-attestation",
        "--key=our.pub",
        "--bundle=bundle",
        "--insecure-ignore-tlog=true",
        "--type",
        CosignSign::TYPE,
        "manifest",
    ];
    cosign(folder.path(), &arguments);
}

#[test]
fn a_bundle_of_ours_over_another_file_fails_there() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key("cosign"));
    let Some(program) = std::env::var_os("SEALKIT_COSIGN") else { return };
    let other = Statement::new(vec![Subject::of(&Digest::of(b"other"))], &CosignSign {}).unwrap();
    let bytes = Bundle::sign(&other, &key, HintStyle::Cosign).unwrap().into_bytes();
    std::fs::write(folder.path().join("our.pub"), key.public_key().to_pem()).unwrap();
    std::fs::write(folder.path().join("manifest"), "a kit's manifest").unwrap();
    std::fs::write(folder.path().join("bundle"), bytes).unwrap();
    let mut command = Command::new(program);
    command.current_dir(folder.path()).env("HOME", folder.path());
    command.args(["verify-blob-attestation", "--key=our.pub", "--bundle=bundle"]);
    command.args(["--insecure-ignore-tlog=true", "--type", CosignSign::TYPE, "manifest"]);
    assert!(!command.output().unwrap().status.success());
}
