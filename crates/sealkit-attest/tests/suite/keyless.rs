//! Keyless signatures of an instance made here: the good one, and every attack on it.

use sealkit_attest::{
    AttestError, IN_TOTO_PAYLOAD, Signer as _, SubjectKind, SubjectRule, TrustRoot, Verification,
    Verifier, step,
};
use sealkit_report::{Hint as _, Outcome};
use sealkit_testkit::{FakeSigner, FakeSigstore};
use serde_json::{Value, json};

use crate::common::{NOW, bundle, key, kit, random, statement, trusting};
use crate::conformance::{identity, instance};

pub(crate) const WHO: &str = "https://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1";
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const TIME: i64 = NOW - 86_400;

pub(crate) fn trust(fake: &FakeSigstore) -> TrustRoot {
    let mut trust = instance(&fake.trusted_root()).unwrap();
    let rule = SubjectRule::exactly(SubjectKind::Uri, WHO);
    trust.add_identity(identity("ci", rule, ISSUER)).unwrap();
    trust
}

pub(crate) fn signer() -> FakeSigner {
    FakeSigner::new(WHO, ISSUER, TIME)
}

pub(crate) fn signed(fake: &FakeSigstore, signer: &FakeSigner) -> Value {
    fake.sign(IN_TOTO_PAYLOAD, statement().payload(), signer, TIME)
}

pub(crate) fn check(trust: &TrustRoot, bundle: &Value) -> Verification {
    Verifier::new(trust, NOW).check(&serde_json::to_vec(bundle).unwrap(), &kit())
}

#[track_caller]
pub(crate) fn code(trust: &TrustRoot, bundle: &Value) -> &'static str {
    let result = check(trust, bundle);
    assert!(result.verified().is_none());
    result.into_result().unwrap_err().code()
}

#[test]
fn a_trusted_identity_is_verified_with_what_the_log_proves() {
    let fake = FakeSigstore::default();
    let result = check(&trust(&fake), &signed(&fake, &signer()));
    assert!(result.report().steps.iter().all(|step| step.outcome != Outcome::Fail));
    let verified = result.into_result().unwrap();
    assert_eq!(verified.signer().name(), "ci");
    assert_eq!(verified.signer().id(), format!("{ISSUER}|uri:{WHO}"));
    let [log] = verified.witnesses().logs.as_slice() else { panic!() };
    assert_eq!((log.operator.as_str(), log.index, log.time), ("rekor.example", 1001, Some(TIME)));
    assert_eq!(verified.witnesses().earliest(), Some(TIME));
}

#[test]
fn who_is_not_trusted_is_named_with_proof_and_not_accepted() {
    let fake = FakeSigstore::default();
    let trust = instance(&fake.trusted_root()).unwrap();
    let result = check(&trust, &signed(&fake, &signer()));
    assert_eq!(result.identity().unwrap().subject.value, WHO);
    assert_eq!(result.identity().unwrap().issuer, ISSUER);
    assert_eq!(result.find(step::CERTIFICATE).unwrap().step.outcome, Outcome::Pass);
    assert_eq!(result.find(step::TRUSTED).unwrap().step.outcome, Outcome::Unknown);
    assert_eq!(result.find(step::TRUSTED).unwrap().code(), Some("identity-mismatch"));
    assert!(result.verified().is_none());
}

#[test]
fn without_an_instance_a_certificate_proves_nothing() {
    let fake = FakeSigstore::default();
    let mut nobody = TrustRoot::default();
    let rule = SubjectRule::exactly(SubjectKind::Uri, WHO);
    nobody.add_identity(identity("ci", rule, ISSUER)).unwrap();
    let result = check(&nobody, &signed(&fake, &signer()));
    assert!(result.identity().is_none());
    assert_eq!(result.into_result().unwrap_err().code(), "untrusted-certificate");
    // The same names of another instance's authorities lend nothing.
    let other = trust(&FakeSigstore::default());
    let refused = code(&other, &signed(&fake, &signer()));
    assert!(matches!(refused, "log-proof-invalid" | "certificate-invalid"), "{refused}");
}

#[test]
fn identities_that_look_alike_are_others() {
    let fake = FakeSigstore::default();
    let with = |rule, issuer: &str| {
        let mut trust = instance(&fake.trusted_root()).unwrap();
        trust.add_identity(identity("ci", rule, issuer)).unwrap();
        trust
    };
    let uri = |text: &str| SubjectRule::fitting(SubjectKind::Uri, text);
    let good = signed(&fake, &signer());
    let org = "https://github.com/org/*/.github/workflows/*@refs/tags/*";
    check(&with(uri(org), ISSUER), &good).into_result().unwrap();
    for (rule, issuer) in [
        (uri("github.com/org/*"), ISSUER),
        (uri("https://github.com/org/*"), ISSUER),
        (uri("https://github.com/or"), ISSUER),
        (SubjectRule::exactly(SubjectKind::Email, WHO), ISSUER),
        (SubjectRule::exactly(SubjectKind::Uri, WHO), "https://issuer.example/"),
        (SubjectRule::exactly(SubjectKind::Uri, WHO), "https://issuer.example.evil.org"),
    ] {
        assert_eq!(code(&with(rule.clone(), issuer), &good), "identity-mismatch", "{rule:?}");
    }
    for evil in [
        "https://github.com/org-evil/app/.github/workflows/ci.yml@refs/tags/v1",
        "https://evil.org/?https://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1",
    ] {
        let evil = signed(&fake, &FakeSigner { name: evil.into(), ..signer() });
        assert_eq!(code(&with(uri(org), ISSUER), &evil), "identity-mismatch");
    }
    let mail = |name: &str| signed(&fake, &FakeSigner { name: name.into(), ..signer() });
    let dev = with(SubjectRule::exactly(SubjectKind::Email, "dev@example.com"), ISSUER);
    check(&dev, &mail("dev@example.com")).into_result().unwrap();
    assert_eq!(code(&dev, &mail("dev@example.com.evil.org")), "identity-mismatch");
}

/// Changes the one log entry of a good bundle.
fn altered(fake: &FakeSigstore, change: impl FnOnce(&mut Value)) -> Value {
    let mut bundle = signed(fake, &signer());
    change(&mut bundle["verificationMaterial"]["tlogEntries"][0]);
    bundle
}

#[test]
fn an_entry_of_something_else_is_refused_however_well_it_is_logged() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let other_signer = signed(&fake, &signer())["verificationMaterial"]["tlogEntries"][0].clone();
    let other_content = fake.sign(IN_TOTO_PAYLOAD, b"{}", &signer(), TIME)["verificationMaterial"]
        ["tlogEntries"][0]
        .clone();
    for entry in [other_signer, other_content] {
        assert_eq!(code(&trust, &altered(&fake, |to| *to = entry)), "log-entry-mismatch");
    }
    // The entry's own kind, and a body that says to be of another.
    let body = json!({ "apiVersion": "0.0.1", "kind": "rekord", "spec": {} });
    let odd = fake.entry_of(&serde_json::to_vec(&body).unwrap(), "dsse", "0.0.1", TIME);
    assert_eq!(code(&trust, &altered(&fake, |to| *to = odd)), "log-entry-mismatch");
    let double = br#"{"apiVersion":"0.0.1","kind":"dsse","kind":"dsse","spec":{}}"#;
    let odd = fake.entry_of(double, "dsse", "0.0.1", TIME);
    assert_eq!(code(&trust, &altered(&fake, |to| *to = odd)), "duplicate-key");
    let unknown = fake.entry_of(b"{}", "helm", "0.0.1", TIME);
    assert_eq!(code(&trust, &altered(&fake, |to| *to = unknown)), "log-proof-invalid");
}

#[test]
fn a_proof_with_anything_changed_is_refused() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let proofs: [(&str, Value); 8] = [
        ("/inclusionProof/rootHash", json!(zeros)),
        ("/inclusionProof/logIndex", json!("0")),
        ("/inclusionProof/logIndex", json!("3")),
        ("/inclusionProof/logIndex", json!("-1")),
        ("/inclusionProof/treeSize", json!("2")),
        ("/inclusionProof/hashes", json!([])),
        ("/inclusionProof/hashes/0", json!(zeros)),
        ("/inclusionProof", json!(null)),
    ];
    for (pointer, value) in proofs {
        let bundle = altered(&fake, |entry| *entry.pointer_mut(pointer).unwrap() = value.clone());
        assert_eq!(code(&trust, &bundle), "log-proof-invalid", "{pointer} {value}");
    }
    let promises = [
        ("/integratedTime", json!((TIME + 1).to_string())),
        ("/logIndex", json!("1002")),
        ("/inclusionPromise/signedEntryTimestamp", json!("AAAA")),
    ];
    for (pointer, value) in promises {
        let bundle = altered(&fake, |entry| *entry.pointer_mut(pointer).unwrap() = value.clone());
        assert_eq!(code(&trust, &bundle), "log-proof-invalid", "{pointer} {value}");
    }
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let (fake, other) = (FakeSigstore::default(), FakeSigstore::default());
    let trust = trust(&fake);
    let theirs = signed(&other, &signer())["verificationMaterial"]["tlogEntries"][0].clone();
    let bundle = altered(&fake, |entry| entry["inclusionProof"] = theirs["inclusionProof"].clone());
    assert_eq!(code(&trust, &bundle), "log-proof-invalid");
    // An entry of a log that nobody trusts is none.
    let bundle = altered(&fake, |entry| *entry = theirs);
    assert_eq!(code(&trust, &bundle), "log-proof-invalid");
    let mut none = signed(&fake, &signer());
    none["verificationMaterial"]["tlogEntries"] = json!([]);
    assert_eq!(code(&trust, &none), "log-proof-invalid");
}

/// The trust of `fake`, whose log is trusted in this window alone.
fn log_window(fake: &FakeSigstore, window: Value) -> TrustRoot {
    let mut root: Value = serde_json::from_slice(&fake.trusted_root()).unwrap();
    root["tlogs"][0]["publicKey"]["validFor"] = window;
    let mut trust = instance(&serde_json::to_vec(&root).unwrap()).unwrap();
    let rule = SubjectRule::exactly(SubjectKind::Uri, WHO);
    trust.add_identity(identity("ci", rule, ISSUER)).unwrap();
    trust.add(trusting(&[&key("ada")]).keys()[0].clone()).unwrap();
    trust
}

#[test]
fn a_log_counts_in_its_window_alone() {
    let fake = FakeSigstore::default();
    let bundle = signed(&fake, &signer());
    let (then, now) = ("2026-09-20T14:13:20Z", "2026-09-21T14:13:20Z");
    let exactly = json!({ "start": then, "end": then });
    check(&log_window(&fake, exactly), &bundle).into_result().unwrap();
    let retired = json!({ "start": "2020-01-01T00:00:00Z", "end": "2026-09-20T14:13:19Z" });
    for window in [json!({ "start": now }), retired] {
        assert_eq!(code(&log_window(&fake, window), &bundle), "log-proof-invalid");
    }
    // A time that the log did not sign opens no window.
    let later = by_key(&fake, |entry| {
        entry.as_object_mut().unwrap().remove("inclusionPromise");
        entry["integratedTime"] = json!("2000000000");
    });
    let future = json!({ "start": "2030-01-01T00:00:00Z" });
    assert_eq!(code(&log_window(&fake, future), &later), "log-proof-invalid");
    // The number across all trees is no better than the promise that it stands in.
    let open = json!({ "start": "2020-01-01T00:00:00Z" });
    let verified = check(&log_window(&fake, open), &later).into_result().unwrap();
    assert_eq!((verified.witnesses().logs[0].index, verified.witnesses().logs[0].time), (1, None));
}

#[test]
fn a_time_that_nobody_signed_is_no_time() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let unsigned = altered(&fake, |entry| {
        entry.as_object_mut().unwrap().remove("inclusionPromise");
    });
    assert_eq!(code(&trust, &unsigned), "timestamp-invalid");
    let future = NOW + 60;
    let signer = FakeSigner::new(WHO, ISSUER, future);
    let future = fake.sign(IN_TOTO_PAYLOAD, statement().payload(), &signer, future);
    assert_eq!(code(&trust, &future), "timestamp-invalid");
}

#[test]
fn a_signature_by_another_key_is_refused_before_all_else() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let mut bundle = signed(&fake, &signer());
    bundle["verificationMaterial"]["certificate"] =
        signed(&fake, &signer())["verificationMaterial"]["certificate"].clone();
    let result = check(&trust, &bundle);
    assert_eq!(result.find(step::SIGNATURE).unwrap().code(), Some("signature-invalid"));
    assert!(result.identity().is_none());
}

#[test]
fn a_window_of_trust_counts_for_identities_too() {
    let fake = FakeSigstore::default();
    let bundle = signed(&fake, &signer());
    for (from, until, expected) in
        [(Some(NOW + 1), None, "key-not-yet-valid"), (None, Some(NOW - 1), "key-expired")]
    {
        let mut trust = instance(&fake.trusted_root()).unwrap();
        let mut one = identity("ci", SubjectRule::exactly(SubjectKind::Uri, WHO), ISSUER);
        (one.valid_from, one.valid_until) = (from, until);
        trust.add_identity(one.clone()).unwrap();
        assert_eq!(code(&trust, &bundle), expected);
        // An entry whose window is open goes before one whose is not.
        (one.name, one.valid_from, one.valid_until) = ("ci 2".into(), None, None);
        trust.add_identity(one).unwrap();
        assert_eq!(check(&trust, &bundle).into_result().unwrap().signer().name(), "ci 2");
    }
}

/// A bundle by key with an entry in the fake log.
fn by_key(fake: &FakeSigstore, change: impl FnOnce(&mut Value)) -> Value {
    let key = key("ada");
    let mut bundle: Value = serde_json::from_slice(&bundle(&key)).unwrap();
    let signature = bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap();
    let signature = sealkit_attest::base64::decode(signature, "sig").unwrap();
    let pem = key.public_key().to_pem();
    let mut entry = fake.entry(statement().payload(), &signature, &pem, TIME);
    change(&mut entry);
    bundle["verificationMaterial"]["tlogEntries"] = json!([entry]);
    bundle
}

fn trusting_key_and(fake: &FakeSigstore) -> TrustRoot {
    let mut trust = trusting(&[&key("ada")]);
    let instance = instance(&fake.trusted_root()).unwrap();
    trust.add_sigstore(instance.sigstore()[0].clone()).unwrap();
    trust
}

#[test]
fn entries_of_a_key_bundle_are_verified_where_the_log_is_trusted_and_named_where_it_is_not() {
    let fake = FakeSigstore::default();
    let bundle = by_key(&fake, |_| {});
    let verified = check(&trusting_key_and(&fake), &bundle).into_result().unwrap();
    assert_eq!(verified.witnesses().logs.len(), 1);
    let result = check(&trusting(&[&key("ada")]), &bundle);
    let step = &result.find(step::LOG).unwrap().step;
    assert_eq!(step.outcome, Outcome::Skip);
    assert!(step.reason.contains("1 log entry") && step.reason.contains("not counted"), "{step:?}");
    assert_eq!(result.into_result().unwrap().witnesses().logs.len(), 0);
}

#[test]
fn a_bad_entry_of_a_trusted_log_spoils_a_key_bundle() {
    let fake = FakeSigstore::default();
    let trust = trusting_key_and(&fake);
    let zeros = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let broken = by_key(&fake, |entry| entry["inclusionProof"]["hashes"][0] = zeros);
    assert_eq!(code(&trust, &broken), "log-proof-invalid");
    let stranger = by_key(&fake, |entry| {
        let (signature, pem) = (b"other", key("mallory").public_key().to_pem());
        *entry = fake.entry(statement().payload(), signature, &pem, TIME);
    });
    assert_eq!(code(&trust, &stranger), "log-entry-mismatch");
}

#[test]
fn one_log_is_one_witness_however_often_it_is_asked() {
    let fake = FakeSigstore::default();
    let mut bundle = signed(&fake, &signer());
    let entries = bundle["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap();
    let entry = entries[0].clone();
    entries.push(entry);
    let verified = check(&trust(&fake), &bundle).into_result().unwrap();
    assert_eq!(verified.witnesses().logs.len(), 1);
}

#[test]
fn two_certificates_of_one_person_are_one_signer() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let who = || check(&trust, &signed(&fake, &signer())).into_result().unwrap().signer().clone();
    let (first, second) = (who(), who());
    assert_eq!(first.id(), second.id());
    // Each with a key and a certificate of its own, which are known.
    assert!(first.key_id().is_some() && first.key_id() != second.key_id());
    assert_ne!(first.certificate(), second.certificate());
}

#[test]
fn a_bundle_with_any_byte_changed_never_becomes_another_signers() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let good = serde_json::to_vec(&signed(&fake, &signer())).unwrap();
    let mut seed = random("bytes");
    for _ in 0..400 {
        let mut pick = [0; 5];
        seed(&mut pick);
        let at = u32::from_le_bytes([pick[0], pick[1], pick[2], pick[3]]) as usize % good.len();
        let mut bytes = good.clone();
        bytes[at] ^= pick[4] | 1;
        if let Ok(verified) = Verifier::new(&trust, NOW).verify(&bytes, &kit()) {
            // Unsigned parts may change without a difference; the statement and the signer may not.
            assert_eq!(verified.value().payload(), statement().payload());
            assert_eq!(verified.signer().name(), "ci");
        }
    }
}

#[test]
fn errors_of_keyless_signatures_say_what_to_do() {
    let error = AttestError::CertificateUntrusted { subject: WHO.into() };
    assert!(error.hint().unwrap().contains("trust add --trusted-root"));
    assert!(error.is_unknown());
}
