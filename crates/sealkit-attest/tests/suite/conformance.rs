//! The bundles of sigstore-conformance, and that of a log of tiles, offline.

use std::path::Path;

use sealkit_attest::{
    AttestError, Bundle, Content, PublicKey, Role, SigstoreInstance, SigstoreRoot, SubjectKind,
    SubjectRule, TrustRoot, TrustedIdentity, TrustedKey, TrustedLog, TrustedSigner, Verifier,
    Witnesses, log::NoteKey, verify_message,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;

use crate::common::testdata;

/// Some time after all of the bundles were made, and before some claim to have been.
pub(crate) const NOW: i64 = 1_795_600_000;

/// The trusted root of Sigstore's public instance, as its TUF repository had it (Apache-2.0).
pub(crate) const PUBLIC_GOOD: &[u8] = include_bytes!("../data/sigstore-public-good.json");

const BEACON: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ACTIONS: &str = "https://token.actions.githubusercontent.com";

pub(crate) fn instance(root: &[u8]) -> Result<TrustRoot, AttestError> {
    let mut trust = TrustRoot::default();
    let root = SigstoreRoot::parse(root.to_vec())?;
    trust.add_sigstore(SigstoreInstance { name: "instance".into(), root })?;
    Ok(trust)
}

pub(crate) fn identity(name: &str, subject: SubjectRule, issuer: &str) -> TrustedIdentity {
    TrustedIdentity {
        name: name.into(),
        role: Role::Signer,
        issuer: issuer.into(),
        subject,
        valid_from: None,
        valid_until: None,
    }
}

/// Reads a file of a case, if the case has it.
fn file(case: &Path, name: &str) -> Option<Vec<u8>> {
    std::fs::read(case.join(name)).ok()
}

fn line(case: &Path, name: &str) -> Option<String> {
    Some(String::from_utf8(file(case, name)?).unwrap().trim().to_owned())
}

/// The trust of a case: its root or the public one, its key or identity or the usual ones.
pub(crate) fn trust_of(case: &Path) -> Result<TrustRoot, AttestError> {
    let root = file(case, "trusted_root.json");
    let mut trust = instance(root.as_deref().unwrap_or(PUBLIC_GOOD))?;
    if let Some(key) = line(case, "key.pub") {
        trust.add(TrustedKey::new(PublicKey::from_pem(&key)?, "key", Role::Signer))?;
    }
    let subject = line(case, "identity");
    let kind = if subject.is_some() { SubjectKind::Email } else { SubjectKind::Uri };
    let rule = SubjectRule::exactly(kind, subject.unwrap_or(BEACON.into()));
    let issuer = line(case, "issuer").unwrap_or(ACTIONS.into());
    trust.add_identity(identity("beacon", rule, &issuer))?;
    Ok(trust)
}

/// Verifies a case as a user would who has its files.
pub(crate) fn run(case: &Path) -> Result<(TrustedSigner, Witnesses), AttestError> {
    let trust = trust_of(case)?;
    let artifact =
        file(case, "artifact").unwrap_or_else(|| std::fs::read(case.join("../../a.txt")).unwrap());
    let digest = Digest::of(&artifact);
    let bytes = file(case, "bundle.sigstore.json").unwrap();
    let dsse = matches!(Bundle::parse(bytes.clone())?.content(), Content::Dsse(_));
    if dsse {
        let found = Verifier::new(&trust, NOW).verify(&bytes, &digest)?;
        Ok((found.signer().clone(), found.witnesses().clone()))
    } else {
        let found = verify_message(&bytes, &digest, &trust, NOW)?;
        Ok((found.signer().clone(), found.witnesses().clone()))
    }
}

#[test]
fn every_case_of_sigstore_conformance_goes_as_its_name_says() {
    let Some(data) = testdata() else { return };
    let mut cases: Vec<_> = std::fs::read_dir(data.join("sigstore-conformance/bundle-verify"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert_eq!(cases.len(), 70);
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let result = run(case);
        let code = result.as_ref().map_or_else(sealkit_report::Hint::code, |_| "verified");
        let refused = REFUSED.iter().find(|(refused, _)| *refused == name);
        let expected = refused.map_or("verified", |(_, code)| code);
        assert_eq!(refused.is_some(), name.ends_with("_fail"), "{name}");
        assert_eq!(code, expected, "{name}: {result:?}");
    }
}

/// Why each case that must fail does.
const REFUSED: &[(&str, &str)] = &[
    ("bundle-empty-certificate-chain_fail", "parse-error"),
    ("bundle-from-wrong-instance_fail", "log-proof-invalid"),
    ("bundle-invalid-base64-signature_fail", "parse-error"),
    ("bundle-malformed-json_fail", "parse-error"),
    ("bundle-negative-log-index_fail", "log-proof-invalid"),
    ("bundle-unknown-version_fail", "media-type-unsupported"),
    ("bundle-with-root-cert_fail", "certificate-invalid"),
    ("checkpoint-bad-keyhint_fail", "log-proof-invalid"),
    ("checkpoint-wrong-roothash_fail", "log-proof-invalid"),
    ("dsse-invalid-sig_fail", "signature-invalid"),
    ("dsse-mismatch-envelope_fail", "log-entry-mismatch"),
    ("dsse-mismatch-sig_fail", "log-entry-mismatch"),
    ("inclusion-proof-corrupted-hash_fail", "log-proof-invalid"),
    ("incorrect-public-key_fail", "log-proof-invalid"),
    ("integrated-time-in-future_fail", "certificate-invalid"),
    ("intoto-expired-certificate_fail", "certificate-invalid"),
    ("intoto-log-entry-mismatch_fail", "log-entry-mismatch"),
    ("intoto-missing-inclusion-proof_fail", "log-proof-invalid"),
    ("intoto-set-outside-signing-cert-validity_fail", "certificate-invalid"),
    ("intoto-tsa-timestamp-outside-cert-validity_fail", "certificate-invalid"),
    ("invalid-checkpoint-signature_fail", "log-proof-invalid"),
    ("invalid-ct-key_fail", "certificate-invalid"),
    ("invalid-inclusion-proof_fail", "log-proof-invalid"),
    ("managed-key-no-key_fail", "untrusted-key"),
    ("managed-key-wrong-key_fail", "parse-error"),
    ("message-digest-mismatch_fail", "subject-mismatch"),
    ("rekor2-checkpoint-missing-log-signature_fail", "log-proof-invalid"),
    ("rekor2-checkpoint-missing-origin_fail", "log-proof-invalid"),
    ("rekor2-checkpoint-missing-root-hash_fail", "log-proof-invalid"),
    ("rekor2-checkpoint-missing-size_fail", "log-proof-invalid"),
    ("rekor2-checkpoint-no-matching-signature_fail", "log-proof-invalid"),
    ("rekor2-dsse-invalid-sig_fail", "signature-invalid"),
    ("rekor2-dsse-mismatch-envelope_fail", "log-entry-mismatch"),
    ("rekor2-dsse-mismatch-sig_fail", "log-entry-mismatch"),
    ("rekor2-no-inclusion-proof_fail", "log-proof-invalid"),
    ("rekor2-no-timestamp_fail", "timestamp-invalid"),
    ("rekor2-timestamp-outside-trust-root-tsa-validity_fail", "timestamp-invalid"),
    ("rekor2-timestamp-outside-tsa-cert-validity_fail", "timestamp-invalid"),
    ("rekor2-timestamp-payload-mismatch_fail", "timestamp-invalid"),
    ("rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", "timestamp-invalid"),
    ("rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", "timestamp-invalid"),
    ("rekor2-timestamp-with-incorrect-time_fail", "parse-error"),
    ("set-invalid-signature_fail", "log-proof-invalid"),
    ("signature-mismatch_fail", "signature-invalid"),
    ("trust-root-tlog-missing-validity-start_fail", "parse-error"),
    ("wrong-hashedrekord-artifact_fail", "log-entry-mismatch"),
    ("wrong-hashedrekord-cert-and-sig_fail", "log-entry-mismatch"),
    ("wrong-hashedrekord-entry_fail", "log-entry-mismatch"),
    ("wrong-material_fail", "subject-mismatch"),
];

/// Everything with an entry or a timestamp has a witness to show for it.
#[test]
fn what_is_verified_says_when_and_where_it_was_seen() {
    let Some(data) = testdata() else { return };
    let cases = data.join("sigstore-conformance/bundle-verify");
    let (signer, v1) = run(&cases.join("happy-path-v0.3")).unwrap();
    assert_eq!(signer.name(), "beacon");
    assert_eq!(v1.logs[0].operator, "rekor.sigstore.dev");
    assert_eq!((v1.logs[0].index, v1.logs[0].time), (79_571_823, Some(1_710_869_186)));
    let (_, v2) = run(&cases.join("rekor2-happy-path")).unwrap();
    assert_eq!((v2.logs[0].time, v2.timestamps.len()), (None, 1));
    assert_eq!(v2.earliest(), v2.timestamps.first().copied());
    let (key, managed) = run(&cases.join("managed-key-happy-path")).unwrap();
    assert!(key.key().is_some());
    assert_eq!((managed.logs.len(), managed.timestamps.len()), (1, 1));
}

/// The case's own base64 is broken by a line end; without that it has to fail for its time,
/// which is after the certificate had expired.
#[test]
fn a_timestamp_of_after_the_certificate_is_refused() {
    let Some(data) = testdata() else { return };
    let case =
        data.join("sigstore-conformance/bundle-verify/rekor2-timestamp-with-incorrect-time_fail");
    let text = String::from_utf8(file(&case, "bundle.sigstore.json").unwrap()).unwrap();
    let mut bundle: serde_json::Value = serde_json::from_str(&text).unwrap();
    let stamp = bundle
        .pointer_mut(
            "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp",
        )
        .unwrap();
    *stamp = stamp.as_str().unwrap().split_whitespace().collect::<String>().into();
    let bytes = serde_json::to_vec(&bundle).unwrap();
    let digest = Digest::of(&std::fs::read(data.join("sigstore-conformance/a.txt")).unwrap());
    let trust = trust_of(&case).unwrap();
    let error = verify_message(&bytes, &digest, &trust, NOW).unwrap_err();
    assert_eq!(error.code(), "certificate-invalid", "{error}");
}

/// Every byte of a timestamp is signed, or is part of what signs.
#[test]
fn a_timestamp_with_any_byte_changed_is_refused_or_says_the_same() {
    let Some(data) = testdata() else { return };
    for name in ["rekor2-timestamp-with-embedded-cert", "rekor2-timestamp-without-embedded-cert"] {
        let case = data.join("sigstore-conformance/bundle-verify").join(name);
        let (_, expected) = run(&case).unwrap();
        let trust = trust_of(&case).unwrap();
        let digest = Digest::of(&std::fs::read(data.join("sigstore-conformance/a.txt")).unwrap());
        let bytes = file(&case, "bundle.sigstore.json").unwrap();
        let bundle: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let at =
            "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
        let stamp = bundle.pointer(at).unwrap().as_str().unwrap();
        let stamp = sealkit_attest::base64::decode(stamp, "stamp").unwrap();
        for position in (0..stamp.len()).step_by(31) {
            let mut stamp = stamp.clone();
            stamp[position] ^= 1;
            let mut bundle = bundle.clone();
            *bundle.pointer_mut(at).unwrap() = sealkit_attest::base64::encode(&stamp).into();
            let bytes = serde_json::to_vec(&bundle).unwrap();
            if let Ok(found) = verify_message(&bytes, &digest, &trust, NOW) {
                assert_eq!(*found.witnesses(), expected, "byte {position}");
            }
        }
    }
}

#[test]
fn a_bundle_of_a_log_of_tiles_verifies_under_its_root_and_under_its_key() {
    let Some(data) = testdata() else { return };
    let data = data.join("hub-log");
    let read = |name: &str| std::fs::read(data.join(name)).unwrap();
    let (bytes, digest) = (read("bundle.json"), Digest::of(&read("artifact")));
    let key = PublicKey::from_pem(std::str::from_utf8(&read("key.pub")).unwrap()).unwrap();
    let mut by_root = instance(&read("trusted_root.json")).unwrap();
    let root: serde_json::Value = serde_json::from_slice(&read("trusted_root.json")).unwrap();
    let spki = root["tlogs"][0]["publicKey"]["rawBytes"].as_str().unwrap();
    let spki = sealkit_attest::base64::decode(spki, "key").unwrap();
    let ed25519: [u8; 32] = spki[spki.len() - 32..].try_into().unwrap();
    let with = |origin: &str| {
        let key = NoteKey::ed25519(origin, &ed25519).unwrap();
        let mut trust = TrustRoot::default();
        let (valid_from, valid_until) = (None, None);
        trust.add_log(TrustedLog { name: "hub".into(), key, valid_from, valid_until }).unwrap();
        trust
    };
    let mut by_key = with("hub.example.com/log/2026");
    let mut by_other = with("hub.example.com/log/2027");
    for (trust, operator) in
        [(&mut by_root, Some("hub.example.com")), (&mut by_key, Some("hub")), (&mut by_other, None)]
    {
        trust.add(TrustedKey::new(key.clone(), "signer", Role::Signer)).unwrap();
        let found = Verifier::new(trust, NOW).verify(&bytes, &digest).unwrap();
        let log = found.witnesses().logs.first();
        assert_eq!(log.map(|log| log.operator.as_str()), operator);
        assert_eq!(log.map(|log| log.index), operator.map(|_| 2));
    }
    let text = String::from_utf8(bytes).unwrap();
    let tampered = text.replace("\"treeSize\": \"3\"", "\"treeSize\": \"4\"");
    assert_ne!(tampered, text);
    let error = Verifier::new(&by_key, NOW).verify(tampered.as_bytes(), &digest).unwrap_err();
    assert_eq!(error.code(), "log-proof-invalid");
}
