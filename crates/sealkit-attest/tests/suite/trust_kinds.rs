//! Trust roots with all kinds of entries: reading, merging, carrying.

use sealkit_attest::{
    HintStyle, Role, Signer as _, SigstoreInstance, SigstoreRoot, Statement, Subject, SubjectKind,
    SubjectRule, TrustRoot, TrustedKey, TrustedLog, check_authority_pem,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;
use sealkit_testkit::FakeSigstore;
use serde_json::{Value, json};

use crate::common::{NOW, key, trusting};
use crate::conformance::{PUBLIC_GOOD, identity};

const LOG: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

fn full() -> TrustRoot {
    let mut trust = trusting(&[&key("ada"), &key("bob")]);
    let rule = SubjectRule::exactly(SubjectKind::Email, "ana@example.com");
    trust.add_identity(identity("ana", rule, "https://issuer.example")).unwrap();
    let root = SigstoreRoot::parse(PUBLIC_GOOD.to_vec()).unwrap();
    trust.add_sigstore(SigstoreInstance { name: "sigstore".into(), root }).unwrap();
    let log = TrustedLog {
        name: "peter".into(),
        key: LOG.parse().unwrap(),
        valid_from: Some(1),
        valid_until: Some(NOW),
    };
    trust.add_log(log).unwrap();
    trust
}

#[test]
fn all_kinds_come_back_from_the_file_byte_for_byte() {
    let trust = full();
    let bytes = trust.to_json().unwrap();
    let again = TrustRoot::parse(&bytes).unwrap();
    assert_eq!(again, trust);
    assert_eq!(again.to_json().unwrap(), bytes);
    assert_eq!(again.sigstore()[0].root.bytes(), PUBLIC_GOOD);
    let names: Vec<_> = again.entries().map(|entry| (entry.kind(), entry.name())).collect();
    assert_eq!(names.last(), Some(&("log", "peter")));
    assert_eq!(names.len(), 5);
}

#[test]
fn a_name_or_a_root_or_a_log_is_there_once() {
    let mut trust = full();
    let fake = FakeSigstore::default();
    let root = |bytes: &[u8]| SigstoreRoot::parse(bytes.to_vec()).unwrap();
    let named =
        |name: &str, bytes: &[u8]| SigstoreInstance { name: name.into(), root: root(bytes) };
    trust.add_sigstore(named("other", PUBLIC_GOOD)).unwrap_err();
    trust.add_sigstore(named("ana", &fake.trusted_root())).unwrap_err();
    trust.add_sigstore(named("", &fake.trusted_root())).unwrap_err();
    trust.add_sigstore(named("fake", &fake.trusted_root())).unwrap();
    let log = |name: &str| TrustedLog {
        name: name.into(),
        key: LOG.parse().unwrap(),
        valid_from: None,
        valid_until: None,
    };
    assert_eq!(trust.add_log(log("again")).unwrap_err().code(), "trust-root-invalid");
    assert!(trust.remove_named("peter") && !trust.remove_named("peter"));
    trust.add_log(log("again")).unwrap();
}

/// The public trusted root, with one thing changed.
fn changed(change: impl FnOnce(&mut Value)) -> Result<SigstoreRoot, sealkit_attest::AttestError> {
    let mut root: Value = serde_json::from_slice(PUBLIC_GOOD).unwrap();
    change(&mut root);
    SigstoreRoot::parse(serde_json::to_vec(&root).unwrap())
}

#[test]
fn a_trusted_root_that_is_not_understood_is_refused() {
    changed(|_| {}).unwrap();
    let refused = [
        ("/mediaType", json!("application/json")),
        ("/tlogs/0/hashAlgorithm", json!("SHA1")),
        ("/tlogs/0/publicKey/rawBytes", json!("AAAA")),
        ("/tlogs/0/publicKey/validFor", json!({})),
        ("/tlogs/0/publicKey/validFor", json!({ "start": "2021" })),
        (
            "/tlogs/0/publicKey/validFor",
            json!({
                "start": "2022-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"
            }),
        ),
        ("/tlogs/0/logId/keyId", json!("AA==")),
        ("/tlogs/0/logId", json!({ "keyId": "AAAAAA==", "revoked": true })),
        ("/certificateAuthorities/0/certChain/certificates", json!([])),
        ("/certificateAuthorities/0/certChain/certificates/0/rawBytes", json!("AAAA")),
        ("/timestampAuthorities", json!({})),
    ];
    for (pointer, value) in refused {
        let result = changed(|root| *root.pointer_mut(pointer).unwrap() = value.clone());
        assert!(result.is_err(), "{pointer} {value}");
    }
    changed(|root| root["revoked"] = json!([])).unwrap_err();
    let double = |root: &mut Value| {
        let log = root["tlogs"][0].clone();
        root["tlogs"].as_array_mut().unwrap().push(log);
    };
    assert_eq!(changed(double).unwrap_err().code(), "trust-root-invalid");
    let many = changed(|root| root["tlogs"] = json!(vec![root["tlogs"][0].clone(); 65]));
    assert_eq!(many.unwrap_err().code(), "limit-exceeded");
    let twice = [PUBLIC_GOOD, PUBLIC_GOOD].concat();
    assert_eq!(SigstoreRoot::parse(twice).unwrap_err().code(), "parse-error");
    let long = [PUBLIC_GOOD, " ".repeat(1 << 20).as_bytes()].concat();
    assert_eq!(SigstoreRoot::parse(long).unwrap_err().code(), "limit-exceeded");
}

#[test]
fn a_key_of_an_unknown_kind_may_stand_in_a_root_and_proves_nothing() {
    let unknown = changed(|root| {
        root["tlogs"][0]["publicKey"] = json!({
            "rawBytes": "AAAA",
            "keyDetails": "ML_DSA_65",
            "validFor": { "start": "2021-01-01T00:00:00Z" },
        });
    });
    assert_eq!(unknown.unwrap().log_urls().next(), Some("https://rekor.sigstore.dev"));
}

#[test]
fn a_trust_root_is_carried_whole_but_for_the_own_key() {
    let admin = key("admin");
    let mut trust = full();
    trust.add(TrustedKey::new(key("me").public_key(), "self", Role::Own)).unwrap();
    let file = trust.export(&admin, NOW).unwrap();
    let (root, time) = TrustRoot::import(&file, &admin.public_key(), NOW).unwrap();
    assert_eq!((root, time), (full(), NOW));
}

#[test]
fn a_carried_trust_root_that_another_signed_or_changed_is_refused() {
    let admin = key("admin");
    let file = full().export(&admin, NOW).unwrap();
    let import = |bytes: &[u8]| TrustRoot::import(bytes, &admin.public_key(), NOW);
    let other = TrustRoot::import(&file, &key("other").public_key(), NOW).unwrap_err();
    assert_eq!(other.code(), "signature-invalid");
    let mut json: Value = serde_json::from_slice(&file).unwrap();
    json["dsseEnvelope"]["signatures"] = json!([]);
    let unsigned = import(&serde_json::to_vec(&json).unwrap()).unwrap_err();
    assert_eq!(unsigned.code(), "exactly-one-signature");
    import(&full().to_json().unwrap()).unwrap_err();
    for at in (0..file.len()).step_by(11) {
        let mut bytes = file.clone();
        bytes[at] ^= 1;
        if let Ok((root, _)) = import(&bytes) {
            assert_eq!(root, full(), "byte {at}");
        }
    }
}

#[test]
fn what_a_signer_says_besides_a_trust_root_is_none() {
    let admin = key("admin");
    // Validly signed, of the right predicate, about another digest than that of its text.
    let good = full().export(&admin, NOW).unwrap();
    let bundle = sealkit_attest::Bundle::parse(good).unwrap();
    let sealkit_attest::Content::Dsse(envelope) = bundle.content() else { panic!() };
    let text = String::from_utf8(envelope.payload.clone()).unwrap();
    let resign = |text: String| crate::common::signed_statement(&admin, &text);
    let hex = Statement::parse(text.clone().into_bytes()).unwrap();
    let hex =
        serde_json::from_slice::<Value>(hex.payload()).unwrap()["subject"][0]["digest"]["sha256"]
            .as_str()
            .unwrap()
            .to_owned();
    let moved = resign(text.replace(&hex, Digest::of(b"?").hex()));
    let import = |bytes: &[u8]| TrustRoot::import(bytes, &admin.public_key(), NOW);
    assert_eq!(import(&moved).unwrap_err().code(), "subject-mismatch");
    let other = resign(text.replace("attestations/trust-root/v1", "attestations/kit/v1"));
    assert!(import(&other).is_err());
    let statement =
        Statement::new(vec![Subject::of(&Digest::of(b"?"))], &sealkit_attest::CosignSign {});
    let bare =
        sealkit_attest::Bundle::sign(&statement.unwrap(), &admin, HintStyle::Cosign).unwrap();
    assert!(import(bare.bytes()).is_err());
}

#[test]
fn nobody_gives_another_the_role_of_their_own_key() {
    let admin = key("admin");
    let mut trust = full();
    let mallory = key("mallory").public_key();
    trust.add(TrustedKey::new(mallory, "mallory", Role::Named("own".into()))).unwrap();
    let file = trust.export(&admin, NOW).unwrap();
    let bundle = sealkit_attest::Bundle::parse(file).unwrap();
    let sealkit_attest::Content::Dsse(envelope) = bundle.content() else { panic!() };
    let text = String::from_utf8(envelope.payload.clone()).unwrap();
    let mut json: Value = serde_json::from_str(&text.replace("\"own\"", "\"self\"")).unwrap();
    let root = text.replace("\"own\"", "\"self\"");
    let raw = root.split_once("\"trustRoot\":").unwrap().1;
    let raw = raw.rsplit_once("}}").unwrap().0;
    json["subject"][0]["digest"]["sha256"] = json!(Digest::of(raw.as_bytes()).hex());
    let old = serde_json::from_str::<Value>(&text).unwrap();
    let (old, new) =
        (&old["subject"][0]["digest"]["sha256"], &json["subject"][0]["digest"]["sha256"]);
    let forged = root.replace(old.as_str().unwrap(), new.as_str().unwrap());
    let forged = crate::common::signed_statement(&admin, &forged);
    let error = TrustRoot::import(&forged, &admin.public_key(), NOW).unwrap_err();
    assert!(error.to_string().contains("role `self`"), "{error}");
}

#[test]
fn merging_adds_what_is_new_and_keeps_what_conflicts() {
    let mut mine = trusting(&[&key("ada")]);
    let merged = mine.merge(&full(), false).unwrap();
    assert_eq!(merged.unchanged, ["key signer 0"]);
    assert_eq!(merged.added.len(), 4);
    assert_eq!(mine, full());
    // The name of one entry with another key, and the key of another entry under another name.
    let mut theirs = TrustRoot::default();
    theirs.add(TrustedKey::new(key("eve").public_key(), "signer 0", Role::Signer)).unwrap();
    theirs.add(TrustedKey::new(key("bob").public_key(), "robert", Role::Signer)).unwrap();
    let merged = mine.merge(&theirs, false).unwrap();
    assert_eq!(merged.conflicts, ["key signer 0", "key robert"]);
    assert_eq!(mine, full());
    let merged = mine.merge(&theirs, true).unwrap();
    assert_eq!(merged.added.len(), 2);
    assert!(mine.get(&key("ada").public_key()).is_none());
    assert_eq!(mine.get(&key("bob").public_key()).unwrap().name, "robert");
}

#[test]
fn an_authority_has_to_be_one() {
    let fake = FakeSigstore::default();
    let json: Value = serde_json::from_slice(&fake.trusted_root()).unwrap();
    let ca = |at: usize| {
        let pointer = format!("/certificateAuthorities/0/certChain/certificates/{at}/rawBytes");
        let der = json.pointer(&pointer).unwrap().as_str().unwrap().to_owned();
        format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
    };
    check_authority_pem(&ca(1)).unwrap();
    let (leaf, _) = fake.certify(&sealkit_testkit::FakeSigner::new("a@b.example", "i", NOW));
    let leaf = sealkit_attest::base64::encode(&leaf);
    let leaf = format!("-----BEGIN CERTIFICATE-----\n{leaf}\n-----END CERTIFICATE-----\n");
    assert_eq!(check_authority_pem(&leaf).unwrap_err().code(), "certificate-invalid");
    assert!(check_authority_pem(&ca(1).replace("CERTIFICATE", "PUBLIC KEY")).is_err());
    assert!(check_authority_pem("").is_err());
}
