//! cosign's old format: what counts where somebody asks for it, and what never does.

use proptest::prelude::*;
use sealkit_attest::{
    Role, Signer as _, SimpleSigning, TrustRoot, TrustedKey, base64, verify_simple_signing,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;

use crate::common::{NOW, key, kit, trusting};

fn payload(digest: &str) -> String {
    format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"r.example/kit\"}},\
         \"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\
         \"type\":\"cosign container image signature\"}},\"optional\":null}}"
    )
}

fn code(payload: &str, signer: &str, trusted: &str) -> &'static str {
    let signature = base64::encode(&key(signer).sign(payload.as_bytes()).unwrap());
    let trust = trusting(&[&key(trusted)]);
    verify_simple_signing(payload.as_bytes(), &signature, &kit(), &trust, NOW)
        .map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn a_trusted_signature_names_the_manifest_and_the_signer() {
    let text = payload(&kit().to_string());
    let signature = base64::encode(&key("a").sign(text.as_bytes()).unwrap());
    let trust = trusting(&[&key("a")]);
    let found = verify_simple_signing(text.as_bytes(), &signature, &kit(), &trust, NOW).unwrap();
    assert_eq!(found.value().manifest, kit());
    assert_eq!(found.value().reference, "r.example/kit");
    assert_eq!(found.evidence(), &Digest::of(text.as_bytes()));
}

#[test]
fn nothing_else_counts() {
    let sound = payload(&kit().to_string());
    assert_eq!(code(&sound, "a", "a"), "ok");
    assert_eq!(code(&sound, "stranger", "a"), "untrusted-key");
    let other = Digest::of(b"other").to_string();
    assert_eq!(code(&payload(&other), "a", "a"), "subject-mismatch");
    assert_eq!(code(&payload(&kit().hex().to_uppercase()), "a", "a"), "statement-invalid");
    let kind = sound.replace("cosign container image", "atomic container");
    assert_eq!(code(&kind, "a", "a"), "payload-type-unsupported");
    let twice = sound.replace("\"image\":", "\"image\":{},\"image\":");
    assert_eq!(code(&twice, "a", "a"), "duplicate-key");
    for broken in ["", "{}", "[]", "{\"critical\":{}}", &format!("{sound} {sound}")] {
        assert_eq!(code(broken, "a", "a"), "parse-error", "{broken}");
    }
    let huge = sound.replace("r.example/kit", &"x".repeat(70_000));
    assert_eq!(code(&huge, "a", "a"), "limit-exceeded");
}

#[test]
fn a_digest_in_the_optional_part_does_not_bind() {
    let other = payload(&Digest::of(b"other").to_string());
    let text = other.replace("null}", &format!("{{\"docker-manifest-digest\":\"{}\"}}}}", kit()));
    assert_ne!(text, other);
    assert_eq!(code(&text, "a", "a"), "subject-mismatch");
}

#[test]
fn the_window_of_the_key_holds_here_too() {
    let text = payload(&kit().to_string());
    let signature = base64::encode(&key("a").sign(text.as_bytes()).unwrap());
    let mut trust = TrustRoot::default();
    let entry = TrustedKey::new(key("a").public_key(), "Ada", Role::Signer);
    trust.add(TrustedKey { valid_until: Some(NOW - 1), ..entry }).unwrap();
    let found = verify_simple_signing(text.as_bytes(), &signature, &kit(), &trust, NOW);
    assert_eq!(found.unwrap_err().code(), "key-expired");
}

#[test]
fn a_signature_of_a_bundle_is_none_of_a_payload() {
    let text = payload(&kit().to_string());
    let pae = sealkit_attest::pae("application/vnd.in-toto+json", text.as_bytes());
    let signature = base64::encode(&key("a").sign(&pae).unwrap());
    let trust = trusting(&[&key("a")]);
    for signature in [signature.as_str(), "", "*", "AAAA"] {
        verify_simple_signing(text.as_bytes(), signature, &kit(), &trust, NOW).unwrap_err();
    }
}

proptest! {
    #[test]
    fn random_payloads_never_panic(bytes: Vec<u8>) {
        let _ = SimpleSigning::parse(&bytes);
    }
}
