//! What must never verify: the cases of the reference's list of attacks that concern signatures,
//! each with the reason that is named.

use sealkit_attest::{
    AttestError, CosignSign, CycloneDxBom, HintStyle, IN_TOTO_PAYLOAD, KitSeal, Predicate,
    PrivateKey, Role, Signer as _, Statement, Subject, TrustRoot, TrustedKey, Verifier, base64,
    pae, step, verify_bundle,
};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_report::{Hint as _, Outcome};

use crate::common::{
    NOW, bundle, key, kit, signed, signed_statement, statement, trusting, wrapped,
};

fn refusal(bytes: &[u8], trust: &TrustRoot) -> AttestError {
    verify_bundle(bytes, &kit(), trust, NOW).unwrap_err()
}

fn code(bytes: &[u8], signer: &PrivateKey) -> &'static str {
    refusal(bytes, &trusting(&[signer])).code()
}

fn payload() -> String {
    String::from_utf8(statement().payload().to_vec()).unwrap()
}

/// A validly signed statement in which `from` became `to` before it was signed.
fn signed_with(signer: &PrivateKey, from: &str, to: &str) -> Vec<u8> {
    let text = payload().replace(from, to);
    assert_ne!(text, payload(), "{from}");
    signed_statement(signer, &text)
}

/// A bundle in whose text `from` became `to` after it was signed.
fn bundle_with(signer: &PrivateKey, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bundle(signer)).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed, "{from}");
    changed.into_bytes()
}

// Case 8: the subject is another digest, or the right one in a form that does not count.

#[test]
fn another_subject_is_refused() {
    let key = key("a");
    let other = Digest::of(b"other");
    assert_eq!(code(&signed_with(&key, kit().hex(), other.hex()), &key), "subject-mismatch");
    let upper = kit().hex().to_uppercase();
    assert_eq!(code(&signed_with(&key, kit().hex(), &upper), &key), "subject-mismatch");
    assert_eq!(code(&signed_with(&key, kit().hex(), &kit().hex()[..63]), &key), "subject-mismatch");
    let prefixed = kit().to_string();
    assert_eq!(code(&signed_with(&key, kit().hex(), &prefixed), &key), "subject-mismatch");
}

#[test]
fn other_digest_algorithms_do_not_bind() {
    let key = key("a");
    for name in ["sha512", "sha1", "md5", "SHA256", "sha-256", "gitBlob"] {
        let bytes = signed_with(&key, "\"sha256\"", &format!("\"{name}\""));
        let error = refusal(&bytes, &trusting(&[&key]));
        assert_eq!(error.code(), "weak-algorithm", "{name}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let sha512 = format!("sha512:{}", "a".repeat(128)).parse().unwrap();
    let error = verify_bundle(&bundle(&key), &sha512, &trusting(&[&key]), NOW).unwrap_err();
    assert_eq!(error.code(), "subject-mismatch");
}

// Case 9: the right digest stands in the predicate, not in the subject.

#[test]
fn a_digest_inside_the_predicate_does_not_bind() {
    let key = key("a");
    let seal = KitSeal::new(&Descriptor::new(media_type::FILE_TABLE, kit(), 1), None);
    let made = Statement::new(vec![Subject::of(&Digest::of(b"other"))], &seal).unwrap();
    let bytes = signed(&key, IN_TOTO_PAYLOAD, made.payload());
    assert_eq!(code(&bytes, &key), "subject-mismatch");
}

// Case 10: the payload type.

#[test]
fn an_altered_payload_type_breaks_the_signature() {
    let key = key("a");
    let bytes = bundle_with(&key, "application/vnd.in-toto+json", "application/json");
    assert_eq!(code(&bytes, &key), "signature-invalid");
    let shifted = wrapped(
        &key.public_key(),
        IN_TOTO_PAYLOAD,
        b" {}",
        &key.sign(&pae(IN_TOTO_PAYLOAD, b"{}")).unwrap(),
    );
    assert_eq!(code(&shifted, &key), "signature-invalid");
}

#[test]
fn a_signed_payload_of_another_type_is_refused() {
    let key = key("a");
    for kind in
        ["application/json", "", "application/vnd.in-toto+json ", "APPLICATION/VND.IN-TOTO+JSON"]
    {
        let bytes = signed(&key, kind, statement().payload());
        assert_eq!(code(&bytes, &key), "payload-type-unsupported", "{kind}");
    }
}

#[test]
fn one_changed_byte_of_the_payload_breaks_the_signature() {
    let key = key("a");
    let other = base64::encode(payload().replace("cosign", "cosigm").as_bytes());
    let bytes = bundle_with(&key, &base64::encode(statement().payload()), &other);
    assert_eq!(code(&bytes, &key), "signature-invalid");
}

#[test]
fn a_signature_over_the_payload_without_its_type_does_not_count() {
    let key = key("a");
    let bare = key.sign(statement().payload()).unwrap();
    let bytes = wrapped(&key.public_key(), IN_TOTO_PAYLOAD, statement().payload(), &bare);
    assert_eq!(code(&bytes, &key), "signature-invalid");
    let legacy = String::from_utf8(pae(IN_TOTO_PAYLOAD, statement().payload())).unwrap();
    let legacy = key.sign(legacy.replacen("DSSEv1", "DSSEV1", 1).as_bytes()).unwrap();
    let bytes = wrapped(&key.public_key(), IN_TOTO_PAYLOAD, statement().payload(), &legacy);
    assert_eq!(code(&bytes, &key), "signature-invalid");
}

// Case 11: another predicate type than was asked for.

#[test]
fn an_attestation_is_no_signature_and_the_other_way_round() {
    let key = key("a");
    let trust = trusting(&[&key]);
    let bom = CycloneDxBom::new(b"{}").unwrap();
    let made = Statement::new(vec![Subject::of(&kit())], &bom).unwrap();
    let bytes = signed(&key, IN_TOTO_PAYLOAD, made.payload());
    let asked = Verifier::new(&trust, NOW).expecting::<CosignSign>().verify(&bytes, &kit());
    assert_eq!(asked.unwrap_err().code(), "predicate-type-mismatch");
    let asked = Verifier::new(&trust, NOW).expecting::<KitSeal>().verify(&bundle(&key), &kit());
    assert_eq!(asked.unwrap_err().code(), "predicate-type-mismatch");
    Verifier::new(&trust, NOW).expecting::<CycloneDxBom>().verify(&bytes, &kit()).unwrap();
}

#[test]
fn a_predicate_without_its_fields_is_refused_where_it_is_asked_for() {
    let key = key("a");
    let bytes = signed_with(&key, CosignSign::TYPE, KitSeal::TYPE);
    let trust = trusting(&[&key]);
    let asked = Verifier::new(&trust, NOW).expecting::<KitSeal>().verify(&bytes, &kit());
    assert_eq!(asked.unwrap_err().code(), "predicate-invalid");
}

// Case 12: duplicate keys.

#[test]
fn duplicate_keys_are_refused_in_bundle_and_statement() {
    let key = key("a");
    for name in ["mediaType", "payload", "sig", "hint", "dsseEnvelope"] {
        let from = format!("\"{name}\":");
        let bytes = bundle_with(&key, &from, &format!("\"{name}\":\"\",\"{name}\":"));
        assert_eq!(code(&bytes, &key), "duplicate-key", "{name}");
    }
    for name in ["_type", "subject", "sha256", "predicateType", "predicate"] {
        let bytes =
            signed_with(&key, &format!("\"{name}\":"), &format!("\"{name}\":\"\",\"{name}\":"));
        assert_eq!(code(&bytes, &key), "duplicate-key", "{name}");
    }
}

// Case 13: numbers, depth, size.

#[test]
fn hostile_numbers_and_nesting_in_a_predicate_are_refused() {
    let key = key("a");
    for number in ["1e400", "01", "NaN", "18446744073709551616", "-"] {
        let bytes =
            signed_with(&key, "\"predicate\":{}", &format!("\"predicate\":{{\"n\":{number}}}"));
        assert_eq!(code(&bytes, &key), "parse-error", "{number}");
    }
    let deep = format!("\"predicate\":{{\"n\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(code(&signed_with(&key, "\"predicate\":{}", &deep), &key), "limit-exceeded");
    let long = format!("\"predicate\":{{\"n\":\"{}\"}}", "x".repeat((1 << 20) + 1));
    assert_eq!(code(&signed_with(&key, "\"predicate\":{}", &long), &key), "limit-exceeded");
    let deep = format!("\"tlogEntries\":[{}{}]", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(code(&bundle_with(&key, "\"tlogEntries\":[]", &deep), &key), "limit-exceeded");
}

// Case 14: base64, and what stands around the JSON.

#[test]
fn base64_that_is_not_the_standard_one_is_refused() {
    let key = key("a");
    let sound = base64::encode(&key.sign(&pae(IN_TOTO_PAYLOAD, statement().payload())).unwrap());
    let bare = sound.trim_end_matches('=').to_owned();
    let unusual = [
        "*".to_owned(),
        format!("{sound}="),
        format!(" {sound}"),
        format!("{sound}\\n"),
        format!("{}-_", &sound[2..]),
    ];
    for text in unusual {
        assert_eq!(code(&bundle_with(&key, &sound, &text), &key), "parse-error", "{text}");
    }
    if bare != sound {
        assert_eq!(code(&bundle_with(&key, &sound, &bare), &key), "parse-error");
    }
}

#[test]
fn one_document_and_nothing_around_it() {
    let key = key("a");
    let sound = bundle(&key);
    for (before, after) in [("", "x"), ("", "{}"), ("\u{feff}", ""), ("", "\0")] {
        let bytes = [before.as_bytes(), &sound, after.as_bytes()].concat();
        assert_eq!(code(&bytes, &key), "parse-error");
        let inner = format!("{before}{}{after}", payload());
        assert_eq!(code(&signed_statement(&key, &inner), &key), "parse-error");
    }
    assert_eq!(code(&[&sound[..], &sound[..]].concat(), &key), "parse-error");
}

// Case 15: the number of signatures.

#[test]
fn exactly_one_signature_is_expected() {
    let key = key("a");
    let text = String::from_utf8(bundle(&key)).unwrap();
    let at = text.find("\"signatures\":[").unwrap() + "\"signatures\":[".len();
    let one = text[at..].trim_end_matches("]}}").to_owned();
    for count in [0, 2, 1000] {
        let list = vec![one.as_str(); count].join(",");
        let bytes = format!("{}{list}]}}}}", &text[..at]).into_bytes();
        let trust = trusting(&[&key]);
        let result = Verifier::new(&trust, NOW).check(&bytes, &kit());
        assert_eq!(result.find(step::BUNDLE).unwrap().step.outcome, Outcome::Pass);
        assert_eq!(result.find(step::ONE_SIGNATURE).unwrap().step.outcome, Outcome::Fail);
        assert_eq!(result.into_result().unwrap_err().code(), "exactly-one-signature", "{count}");
    }
}

// Case 16: forms of ECDSA signatures.

fn integer(value: &[u8]) -> Vec<u8> {
    [&[0x02, value.len() as u8], value].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

fn with_signature(key: &PrivateKey, signature: &[u8]) -> Vec<u8> {
    wrapped(&key.public_key(), IN_TOTO_PAYLOAD, statement().payload(), signature)
}

#[test]
fn malformed_signatures_are_refused() {
    let key = key("a");
    let sound = key.sign(&pae(IN_TOTO_PAYLOAD, statement().payload())).unwrap();
    let parsed = p256::ecdsa::Signature::from_der(&sound).unwrap();
    let (r, s) = (integer(&[0x01]), integer(&[0x01]));
    let mut trailing = sound.clone();
    trailing.push(0);
    for (what, signature) in [
        ("empty", Vec::new()),
        ("r = 0", sequence(&[integer(&[0]), s.clone()])),
        ("s = 0", sequence(&[r.clone(), integer(&[0])])),
        ("r negative", sequence(&[integer(&[0x80]), s.clone()])),
        ("r padded", sequence(&[integer(&[0, 1]), s.clone()])),
        ("three numbers", sequence(&[r.clone(), s.clone(), s.clone()])),
        ("r too long", sequence(&[integer(&[1; 33]), s.clone()])),
        ("r over the order", sequence(&[integer(&[&[0][..], &[0xff; 32]].concat()), s])),
        ("trailing byte", trailing),
        ("raw", parsed.to_bytes().to_vec()),
        ("P-384", sequence(&[integer(&[1; 48]), integer(&[1; 48])])),
    ] {
        assert_eq!(code(&with_signature(&key, &signature), &key), "signature-invalid", "{what}");
    }
}

#[test]
fn both_forms_of_s_are_one_fact() {
    let key = key("a");
    let sound = key.sign(&pae(IN_TOTO_PAYLOAD, statement().payload())).unwrap();
    let parsed = p256::ecdsa::Signature::from_der(&sound).unwrap();
    let (r, s) = parsed.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    assert_ne!(other, parsed);
    let trust = trusting(&[&key]);
    let verify = |signature: &p256::ecdsa::Signature| {
        let bytes = with_signature(&key, signature.to_der().as_bytes());
        verify_bundle(&bytes, &kit(), &trust, NOW).unwrap()
    };
    let (first, second) = (verify(&parsed), verify(&other));
    assert_ne!(first.evidence(), second.evidence());
    assert_eq!(first.value().digest(), second.value().digest());
}

// Case 17: the hint selects no trust.

#[test]
fn a_hint_of_a_trusted_key_lends_no_trust() {
    let (friend, stranger) = (key("friend"), key("stranger"));
    let hint = |key: &PrivateKey| key.public_key().hint(HintStyle::Cosign);
    let bytes = bundle_with(&stranger, &hint(&stranger), &hint(&friend));
    let trust = trusting(&[&friend]);
    assert_eq!(refusal(&bytes, &trust).code(), "signature-invalid");
    let claimed = stranger.public_key();
    let named = Verifier::new(&trust, NOW).claiming(&claimed).verify(&bytes, &kit());
    assert_eq!(named.unwrap_err().code(), "untrusted-key");
}

#[test]
fn another_signer_is_untrusted() {
    assert_eq!(code(&bundle(&key("stranger")), &key("friend")), "untrusted-key");
    assert_eq!(refusal(&bundle(&key("stranger")), &TrustRoot::default()).code(), "untrusted-key");
}

// Case 18: a key inside the bundle is no trust.

#[test]
fn a_key_inside_the_bundle_lends_no_trust() {
    let stranger = key("stranger");
    let hint = format!("\"hint\":\"{}\"", stranger.public_key().hint(HintStyle::Cosign));
    let der = base64::encode(stranger.public_key().to_der());
    let raw = format!("\"rawBytes\":\"{der}\",\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\"");
    let bytes = bundle_with(&stranger, &hint, &raw);
    assert_eq!(code(&bytes, &key("friend")), "untrusted-key");
    let embedded = bundle_with(
        &stranger,
        &format!("\"publicKey\":{{{hint}}}"),
        &format!("\"certificate\":{{\"rawBytes\":\"{der}\"}}"),
    );
    // No certificate at all, whatever key is trusted.
    assert_eq!(code(&embedded, &stranger), "key-invalid");
}

// Case 25: outside of the key's window.

#[test]
fn a_key_outside_its_window_is_refused() {
    let key = key("a");
    let at = |from, until| {
        let mut trust = TrustRoot::default();
        let entry = TrustedKey::new(key.public_key(), "Ada", Role::Signer);
        trust.add(TrustedKey { valid_from: from, valid_until: until, ..entry }).unwrap();
        verify_bundle(&bundle(&key), &kit(), &trust, NOW).map(drop).map_err(|error| error.code())
    };
    assert_eq!(at(None, Some(NOW - 1)), Err("key-expired"));
    assert_eq!(at(Some(NOW + 1), None), Err("key-not-yet-valid"));
    assert_eq!(at(Some(NOW), Some(NOW)), Ok(()));
}

// Case 39: no valid statement.

#[test]
fn a_statement_without_its_parts_is_refused() {
    let key = key("a");
    let subject = format!("[{{\"digest\":{{\"sha256\":\"{}\"}}}}]", kit().hex());
    for (from, to) in [
        ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"),
        ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v1/"),
        (subject.as_str(), "[]"),
        ("\"subject\"", "\"subjects\""),
    ] {
        assert_eq!(code(&signed_with(&key, from, to), &key), "statement-invalid", "{to}");
    }
    for text in ["null", "[]", "1", "\"x\"", "{}"] {
        assert_eq!(code(&signed_statement(&key, text), &key), "statement-invalid", "{text}");
    }
    assert_eq!(code(&signed_statement(&key, ""), &key), "parse-error");
}
