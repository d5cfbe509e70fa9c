//! What verifies, and how it is reported.

use sealkit_attest::{
    Bundle, CosignSign, HintStyle, IN_TOTO_PAYLOAD, KitSeal, PublicKey, Role, Signer as _,
    Statement, Subject, TrustRoot, TrustedKey, Verifier, identify, step, verify_bundle,
    verify_message,
};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_report::{Hint as _, Outcome, Verdict};

use crate::common::{NOW, bundle, key, kit, signed, statement, trusting};

#[test]
fn a_trusted_signature_verifies() {
    let key = key("a");
    let bytes = bundle(&key);
    let verified = verify_bundle(&bytes, &kit(), &trusting(&[&key]), NOW).unwrap();
    assert_eq!(verified.value().payload(), statement().payload());
    assert_eq!(verified.signer().name(), "signer 0");
    assert_eq!(verified.evidence(), &Digest::of(&bytes));
}

#[test]
fn every_check_is_reported_in_order() {
    let key = key("a");
    let trust = trusting(&[&key]);
    let verifier = Verifier::new(&trust, NOW).expecting::<CosignSign>();
    let result = verifier.check(&bundle(&key), &kit());
    let steps = result.report().steps;
    let ids: Vec<_> = steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            step::BUNDLE,
            step::ONE_SIGNATURE,
            step::MATERIAL,
            step::SIGNATURE,
            step::TRUSTED,
            step::WINDOW,
            step::PAYLOAD_TYPE,
            step::STATEMENT,
            step::SUBJECT,
            step::PREDICATE,
            step::LOG,
        ]
    );
    assert_eq!(result.report().verdict(), Verdict::Yes);
    assert_eq!(result.find(step::LOG).unwrap().step.outcome, Outcome::Skip);
    assert!(result.verified().is_some());
}

#[test]
fn the_report_says_who_signed_and_what_it_proves() {
    let key = key("a");
    let reason = |role| {
        let mut trust = TrustRoot::default();
        trust.add(TrustedKey::new(key.public_key(), "Ada", role)).unwrap();
        let result = Verifier::new(&trust, NOW).check(&bundle(&key), &kit());
        assert_eq!(result.report().verdict(), Verdict::Yes);
        result.find(step::TRUSTED).unwrap().step.reason.clone()
    };
    let other = format!("signed by `Ada`, {}", key.public_key().fingerprint());
    assert_eq!(reason(Role::Signer), other);
    assert_eq!(reason(Role::Own), "signed by you: unchanged since you sealed it, nothing more");
}

#[test]
fn unreadable_bytes_still_report_every_step() {
    let trust = TrustRoot::default();
    let result = Verifier::new(&trust, NOW).check(b"not json", &kit());
    assert_eq!(result.checks.len(), 11);
    assert_eq!(result.report().verdict(), Verdict::No);
    assert!(result.checks[1..].iter().all(|check| check.step.outcome != Outcome::Pass));
    assert!(result.checks.iter().all(|check| !check.step.reason.is_empty()));
    assert_eq!(result.into_result().unwrap_err().code(), "parse-error");
}

#[test]
fn several_failures_are_all_reported() {
    let key = key("a");
    let mut trust = TrustRoot::default();
    let old = TrustedKey {
        valid_until: Some(NOW - 1),
        ..TrustedKey::new(key.public_key(), "Ada", Role::Signer)
    };
    trust.add(old).unwrap();
    let verifier = Verifier::new(&trust, NOW).expecting::<KitSeal>();
    let result = verifier.check(&bundle(&key), &Digest::of(b"another kit"));
    let codes: Vec<_> = result.checks.iter().filter_map(sealkit_attest::Check::code).collect();
    assert_eq!(codes, ["key-expired", "subject-mismatch", "predicate-type-mismatch"]);
    assert_eq!(result.find(step::SIGNATURE).unwrap().step.outcome, Outcome::Pass);
    assert!(result.verified().is_none());
}

#[test]
fn a_predicate_is_taken_out_verified() {
    let key = key("a");
    let seal = KitSeal::new(&Descriptor::of(media_type::FILE_TABLE, b"table"), None);
    let made = Statement::new(vec![Subject::of(&kit())], &seal).unwrap();
    let bytes = Bundle::sign(&made, &key, HintStyle::ModelSigning).unwrap().into_bytes();
    let trust = trusting(&[&key]);
    let verified =
        Verifier::new(&trust, NOW).expecting::<KitSeal>().verify(&bytes, &kit()).unwrap();
    let predicate = verified.predicate::<KitSeal>().unwrap();
    assert_eq!(predicate.value(), &seal);
    assert_eq!(predicate.signer(), verified.signer());
    assert_eq!(verified.predicate::<CosignSign>().unwrap_err().code(), "predicate-type-mismatch");
}

#[test]
fn an_untrusted_signer_is_named_and_never_accepted() {
    let (stranger, friend) = (key("stranger"), key("friend"));
    let (trust, claimed) = (trusting(&[&friend]), stranger.public_key());
    let result = Verifier::new(&trust, NOW).claiming(&claimed).check(&bundle(&stranger), &kit());
    assert_eq!(result.find(step::SIGNATURE).unwrap().step.outcome, Outcome::Pass);
    let trusted = result.find(step::TRUSTED).unwrap();
    assert_eq!(trusted.step.outcome, Outcome::Unknown);
    assert!(trusted.step.reason.contains(&claimed.fingerprint()), "{}", trusted.step.reason);
    assert_eq!(result.report().verdict(), Verdict::Unknown);
    let error = result.into_result().unwrap_err();
    let sealkit_attest::AttestError::UntrustedKey { public_key, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(PublicKey::from_pem(public_key).unwrap(), claimed);
}

#[test]
fn without_a_claim_the_hint_is_shown() {
    let stranger = key("stranger");
    let result = Verifier::new(&TrustRoot::default(), NOW).check(&bundle(&stranger), &kit());
    let signature = &result.find(step::SIGNATURE).unwrap().step;
    assert_eq!(signature.outcome, Outcome::Unknown);
    assert!(signature.reason.contains(&stranger.public_key().hint(HintStyle::Cosign)));
    assert_eq!(result.into_result().unwrap_err().code(), "untrusted-key");
}

#[test]
fn of_named_keys_alone_those_that_a_bundle_names_are_tried() {
    let (named, stranger) = (key("named"), key("stranger"));
    let trust = trusting(&[&key("first"), &named]);
    let verifier = Verifier::new(&trust, NOW).trying_named_keys_only();
    let bytes = bundle(&named);
    assert!(verifier.verify(&bytes, &kit()).is_ok());
    // With another hint, or none that is trusted, the key is not found: which is no word that the signature is wrong.
    let other = String::from_utf8(bytes).unwrap().replace(
        &named.public_key().hint(HintStyle::Cosign),
        &stranger.public_key().hint(HintStyle::Cosign),
    );
    let (other, claimed) = (other.into_bytes(), stranger.public_key());
    for verifier in [verifier, verifier.claiming(&claimed)] {
        let error = verifier.verify(&other, &kit()).unwrap_err();
        assert!(matches!(error, sealkit_attest::AttestError::UnknownKey { .. }), "{error}");
    }
    assert!(Verifier::new(&trust, NOW).verify(&other, &kit()).is_ok(), "without, all are tried");
    // The claim names a key as well as the hint does.
    let claimed = named.public_key();
    assert!(verifier.claiming(&claimed).verify(&other, &kit()).is_ok());
}

#[test]
fn a_false_claim_fails() {
    let (stranger, liar) = (key("stranger"), key("liar").public_key());
    let trust = TrustRoot::default();
    let result = Verifier::new(&trust, NOW).claiming(&liar).check(&bundle(&stranger), &kit());
    assert_eq!(result.into_result().unwrap_err().code(), "signature-invalid");
}

#[test]
fn a_claim_does_not_hide_a_trusted_signer() {
    let (signer, liar) = (key("a"), key("liar").public_key());
    let trust = trusting(&[&signer]);
    Verifier::new(&trust, NOW).claiming(&liar).verify(&bundle(&signer), &kit()).unwrap();
}

#[test]
fn every_trusted_key_is_tried_whatever_the_hint_says() {
    let (a, b) = (key("a"), key("b"));
    let hint = |key: &sealkit_attest::PrivateKey| key.public_key().hint(HintStyle::Cosign);
    let text = String::from_utf8(bundle(&b)).unwrap();
    for other in [hint(&a), "nonsense".to_owned(), String::new()] {
        let bytes = text.replace(&hint(&b), &other).into_bytes();
        let verified = verify_bundle(&bytes, &kit(), &trusting(&[&a, &b]), NOW).unwrap();
        assert_eq!(verified.signer().name(), "signer 1");
    }
}

#[test]
fn identify_tells_who_signed_and_nothing_more() {
    let (signer, other) = (key("a"), key("b"));
    let parsed = Bundle::parse(bundle(&signer)).unwrap();
    let found = identify(&parsed, &signer.public_key());
    assert!(found.signature_valid && found.hint_matches);
    let found = identify(&parsed, &other.public_key());
    assert!(!found.signature_valid && !found.hint_matches);
    let swapped = String::from_utf8(bundle(&signer)).unwrap().replace(
        &signer.public_key().hint(HintStyle::Cosign),
        &other.public_key().hint(HintStyle::Cosign),
    );
    let found = identify(&Bundle::parse(swapped.into_bytes()).unwrap(), &other.public_key());
    assert!(!found.signature_valid && found.hint_matches);
}

fn certificate(kind: &str) -> Vec<u8> {
    let key = key("a");
    let hint = key.public_key().hint(HintStyle::Cosign);
    let text = String::from_utf8(bundle(&key)).unwrap();
    text.replace(&format!("\"publicKey\":{{\"hint\":\"{hint}\"}}"), kind).into_bytes()
}

#[test]
fn what_is_no_certificate_is_refused_even_if_a_trusted_key_signed() {
    let key = key("a");
    for kind in [
        r#""certificate":{"rawBytes":"AAAA"}"#,
        r#""x509CertificateChain":{"certificates":[{"rawBytes":"AAAA"}]}"#,
    ] {
        let trust = trusting(&[&key]);
        let result = Verifier::new(&trust, NOW).check(&certificate(kind), &kit());
        assert_eq!(result.report().verdict(), Verdict::No);
        assert_eq!(result.find(step::SIGNATURE).unwrap().step.outcome, Outcome::Unknown);
        assert_eq!(result.into_result().unwrap_err().code(), "key-invalid");
        let parsed = Bundle::parse(certificate(kind)).unwrap();
        assert!(!identify(&parsed, &key.public_key()).signature_valid);
    }
}

fn message(signer: &sealkit_attest::PrivateKey, bytes: &[u8], named: &[u8]) -> Vec<u8> {
    let encode = sealkit_attest::base64::encode;
    format!(
        "{{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{{\"publicKey\":{{\"hint\":\"x\"}}}},\
         \"messageSignature\":{{\"messageDigest\":{{\"algorithm\":\"SHA2_256\",\"digest\":\"{}\"}},\"signature\":\"{}\"}}}}",
        encode(&Digest::of(named).raw()),
        encode(&signer.sign(bytes).unwrap()),
    )
    .into_bytes()
}

#[test]
fn a_bare_message_signature_verifies_as_such_only() {
    let key = key("a");
    let (trust, file) = (trusting(&[&key]), b"a file");
    let bytes = message(&key, file, file);
    let verified = verify_message(&bytes, &Digest::of(file), &trust, NOW).unwrap();
    assert_eq!(verified.value(), &Digest::of(file));
    assert_eq!(
        verify_bundle(&bytes, &Digest::of(file), &trust, NOW).unwrap_err().code(),
        "no-statement"
    );
    let refused = |bytes: &[u8], of: &[u8], now| {
        verify_message(bytes, &Digest::of(of), &trust, now).unwrap_err().code()
    };
    assert_eq!(refused(&bytes, b"other", NOW), "subject-mismatch");
    assert_eq!(refused(&message(&key, b"other", file), file, NOW), "untrusted-key");
    assert_eq!(refused(&bundle(&key), file, NOW), "no-message-signature");
    let stranger = message(&crate::common::key("b"), file, file);
    assert_eq!(refused(&stranger, file, NOW), "untrusted-key");
}

#[test]
fn a_bare_message_signature_keeps_every_rule() {
    let (key, file) = (key("a"), b"a file");
    let sound = String::from_utf8(message(&key, file, file)).unwrap();
    let refused = |text: &str, trust: &TrustRoot| {
        let result = verify_message(text.as_bytes(), &Digest::of(file), trust, NOW);
        result.unwrap_err().code()
    };
    let trust = trusting(&[&key]);
    assert_eq!(refused(&sound.replace("SHA2_256", "SHA2_512"), &trust), "subject-mismatch");
    let certificate = r#""certificate":{"rawBytes":"AAAA"}"#;
    let certified = sound.replace("\"publicKey\":{\"hint\":\"x\"}", certificate);
    assert_eq!(refused(&certified, &trust), "material-unsupported");
    let mut expired = TrustRoot::default();
    let entry = TrustedKey::new(key.public_key(), "Ada", Role::Signer);
    expired.add(TrustedKey { valid_until: Some(NOW - 1), ..entry }).unwrap();
    assert_eq!(refused(&sound, &expired), "key-expired");
}

#[test]
fn p384_signers_are_trusted_like_others() {
    use p384::ecdsa::signature::Signer as _;
    use p384::pkcs8::EncodePublicKey as _;
    let secret = p384::ecdsa::SigningKey::from_slice(&[9; 48]).unwrap();
    let der = secret.verifying_key().to_public_key_der().unwrap();
    let public = PublicKey::from_der(der.as_bytes()).unwrap();
    let signed_bytes = sealkit_attest::pae(IN_TOTO_PAYLOAD, statement().payload());
    let signature: p384::ecdsa::Signature = secret.sign(&signed_bytes);
    let payload = statement().payload().to_vec();
    let bytes =
        crate::common::wrapped(&public, IN_TOTO_PAYLOAD, &payload, signature.to_der().as_bytes());
    let mut trust = trusting(&[&key("a")]);
    trust.add(TrustedKey::new(public, "Ada", Role::Signer)).unwrap();
    assert_eq!(verify_bundle(&bytes, &kit(), &trust, NOW).unwrap().signer().name(), "Ada");
}

#[test]
fn a_statement_with_more_than_we_know_verifies() {
    let key = key("a");
    let text = String::from_utf8(statement().payload().to_vec()).unwrap();
    let text = text.replace("{\"_type\"", "{ \"later\" : {} , \"_type\"");
    let bytes = signed(&key, IN_TOTO_PAYLOAD, text.as_bytes());
    let verified = verify_bundle(&bytes, &kit(), &trusting(&[&key]), NOW).unwrap();
    assert_eq!(verified.value().payload(), text.as_bytes());
}

#[test]
fn statements_of_v01_are_taken_where_they_are_allowed() {
    let key = key("a");
    let text = String::from_utf8(statement().payload().to_vec()).unwrap();
    let text = text.replace("Statement/v1", "Statement/v0.1");
    let bytes = signed(&key, IN_TOTO_PAYLOAD, text.as_bytes());
    let trust = trusting(&[&key]);
    let strict = Verifier::new(&trust, NOW);
    assert_eq!(strict.verify(&bytes, &kit()).unwrap_err().code(), "statement-invalid");
    let lenient = strict.allowing_statement_v01();
    lenient.verify(&bytes, &kit()).unwrap();
    lenient.verify(&bundle(&key), &kit()).unwrap();
    let text = text.replace("v0.1", "v0.2");
    let bytes = signed(&key, IN_TOTO_PAYLOAD, text.as_bytes());
    assert_eq!(lenient.verify(&bytes, &kit()).unwrap_err().code(), "statement-invalid");
}
