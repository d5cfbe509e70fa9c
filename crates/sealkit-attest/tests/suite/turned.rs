//! Every bit of what counts is turned, for every kind of key, and what is signed comes back as it was.

use proptest::prelude::*;
use sealkit_attest::{
    Bundle, HintStyle, IN_TOTO_PAYLOAD, KeyAlgorithm, PublicKey, Role, Signer, Statement, Subject,
    TrustRoot, TrustedKey, Verifier, base64, pae,
};
use sealkit_report::Hint as _;
use sealkit_testkit::FakeSigstore;
use serde_json::{Value, json};

use crate::common::{NOW, bundle, key, kit, random, statement, trusting, wrapped};
use crate::keyless::{check, code, signed, signer, trust};
use crate::predicates::{GOLDEN, golden, state};

/// The same text with one bit of the bytes, which stand in it as base64, turned.
fn turned(bundle: &Value, at: &str, bit: usize) -> Value {
    let mut bytes = base64::decode(bundle.pointer(at).unwrap().as_str().unwrap(), "x").unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    let mut other = bundle.clone();
    *other.pointer_mut(at).unwrap() = json!(base64::encode(&bytes));
    other
}

fn bits(bundle: &Value, at: &str) -> usize {
    base64::decode(bundle.pointer(at).unwrap().as_str().unwrap(), "x").unwrap().len() * 8
}

const SIG: &str = "/dsseEnvelope/signatures/0/sig";
const PAYLOAD: &str = "/dsseEnvelope/payload";

#[test]
fn every_turned_bit_of_payload_or_signature_is_refused() {
    let signer = key("a");
    let trust = trusting(&[&signer]);
    let good: Value = serde_json::from_slice(&bundle(&signer)).unwrap();
    for at in [SIG, PAYLOAD] {
        for bit in 0..bits(&good, at) {
            let found = code(&trust, &turned(&good, at, bit));
            assert_eq!(found, "signature-invalid", "{at} {bit}");
        }
    }
}

#[test]
fn every_turned_bit_of_a_certificate_or_of_what_the_log_signed_is_refused() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let good = signed(&fake, &signer());
    let entry = "/verificationMaterial/tlogEntries/0";
    for (at, step) in [
        ("/verificationMaterial/certificate/rawBytes".to_owned(), 1),
        (format!("{entry}/inclusionPromise/signedEntryTimestamp"), 1),
        (format!("{entry}/inclusionProof/hashes/0"), 5),
        (format!("{entry}/inclusionProof/hashes/1"), 5),
        (format!("{entry}/inclusionProof/rootHash"), 5),
        (format!("{entry}/canonicalizedBody"), 7),
        (format!("{entry}/logId/keyId"), 5),
        (SIG.to_owned(), 3),
        (PAYLOAD.to_owned(), 11),
    ] {
        for bit in (0..bits(&good, &at)).step_by(step) {
            code(&trust, &turned(&good, &at, bit));
        }
    }
}

#[test]
fn every_turned_bit_of_a_checkpoint_is_refused() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let good = signed(&fake, &signer());
    let at = "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope";
    let text = good.pointer(at).unwrap().as_str().unwrap().to_owned();
    // Who signed a note is told by the number of the key, which stands in the signature: the name before it is
    // for people.
    let name = text.find("\u{2014} rekor.example").unwrap() + "\u{2014} ".len();
    let name = name..name + "rekor.example".len();
    for at_byte in (0..text.len()).filter(|at| !name.contains(at)) {
        for bit in [0, 3, 6] {
            let mut bytes = text.clone().into_bytes();
            bytes[at_byte] ^= 1 << bit;
            let Ok(other) = String::from_utf8(bytes) else { continue };
            let mut changed = good.clone();
            *changed.pointer_mut(at).unwrap() = json!(other);
            code(&trust, &changed);
        }
    }
}

#[test]
fn every_type_of_statement_goes_there_and_back() {
    let signer = key("a");
    let trust = trusting(&[&signer]);
    for (name, _) in GOLDEN {
        let made = state(name, &golden(name));
        for hint in [HintStyle::Cosign, HintStyle::ModelSigning] {
            let bytes = Bundle::sign(&made, &signer, hint).unwrap().into_bytes();
            let verified = Verifier::new(&trust, NOW).verify(&bytes, &kit()).unwrap();
            assert_eq!(verified.value().payload(), made.payload(), "{name}");
            let (back, there) = (verified.value().any_predicate(), made.any_predicate());
            assert_eq!(format!("{:?}", back.unwrap()), format!("{:?}", there.unwrap()), "{name}");
        }
    }
}

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

type Fill = Box<dyn FnMut(&mut [u8])>;

/// As good as random for a test, in the form that P-521 asks for.
struct Seeded(Fill);

impl p521::elliptic_curve::rand_core::RngCore for Seeded {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        (u64::from(self.next_u32()) << 32) | u64::from(self.next_u32())
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        (self.0)(out);
    }

    fn try_fill_bytes(
        &mut self,
        out: &mut [u8],
    ) -> Result<(), p521::elliptic_curve::rand_core::Error> {
        (self.0)(out);
        Ok(())
    }
}

impl p521::elliptic_curve::rand_core::CryptoRng for Seeded {}

/// A key of every kind that is verified, and what signs with it.
fn signers() -> Vec<(KeyAlgorithm, PublicKey, Sign)> {
    use p384::ecdsa::signature::Signer as _;
    use p384::pkcs8::EncodePublicKey as _;
    use p521::ecdsa::signature::RandomizedSigner as _;
    let own = key("p256");
    let own_public = own.public_key();
    let p384 = p384::ecdsa::SigningKey::from_slice(&[9; 48]).unwrap();
    let p384_der = p384.verifying_key().to_public_key_der().unwrap();
    let mut secret = [9; 66];
    secret[0] = 0;
    let p521 = p521::ecdsa::SigningKey::from_slice(&secret).unwrap();
    let point = p521::ecdsa::VerifyingKey::from(&p521).to_encoded_point(false);
    let p521_der = p521::PublicKey::from_sec1_bytes(point.as_bytes()).unwrap();
    let p521_der = p521_der.to_public_key_der().unwrap();
    vec![
        (
            KeyAlgorithm::EcdsaP256,
            own_public,
            Box::new(move |bytes| Signer::sign(&own, bytes).unwrap()),
        ),
        (
            KeyAlgorithm::EcdsaP384,
            PublicKey::from_der(p384_der.as_bytes()).unwrap(),
            Box::new(move |bytes| {
                let signature: p384::ecdsa::Signature = p384.sign(bytes);
                signature.to_der().as_bytes().to_vec()
            }),
        ),
        (
            KeyAlgorithm::EcdsaP521,
            PublicKey::from_der(p521_der.as_bytes()).unwrap(),
            Box::new(move |bytes| {
                let mut seeded = Seeded(Box::new(random("p521")));
                let signature: p521::ecdsa::Signature = p521.sign_with_rng(&mut seeded, bytes);
                signature.to_der().as_bytes().to_vec()
            }),
        ),
    ]
}

#[test]
fn every_type_of_statement_verifies_by_every_kind_of_key_and_no_bit_may_turn() {
    let mut trust = TrustRoot::default();
    for (algorithm, public, _) in signers() {
        let entry = TrustedKey::new(public, algorithm.name(), Role::Signer);
        trust.add(entry).unwrap();
    }
    for (algorithm, public, sign) in signers() {
        assert_eq!(public.algorithm(), algorithm);
        for (name, _) in GOLDEN {
            let made = state(name, &golden(name));
            let signature = sign(&pae(IN_TOTO_PAYLOAD, made.payload()));
            let bytes = wrapped(&public, IN_TOTO_PAYLOAD, made.payload(), &signature);
            let verified = Verifier::new(&trust, NOW).verify(&bytes, &kit()).unwrap();
            assert_eq!(verified.value().payload(), made.payload(), "{name}");
            assert_eq!(verified.signer().name(), algorithm.name(), "{name}");
        }
        let payload = statement().payload().to_vec();
        let signature = sign(&pae(IN_TOTO_PAYLOAD, &payload));
        let good = wrapped(&public, IN_TOTO_PAYLOAD, &payload, &signature);
        let good: Value = serde_json::from_slice(&good).unwrap();
        check(&trust, &good).into_result().unwrap();
        for at in [SIG, PAYLOAD] {
            for bit in (0..bits(&good, at)).step_by(13) {
                let found = code(&trust, &turned(&good, at, bit));
                assert_eq!(found, "signature-invalid", "{} {at} {bit}", algorithm.name());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_statement_goes_there_and_back(
        names in prop::collection::vec(prop::option::of(".{0,12}"), 1..4),
        kind in "[a-z:/.]{1,30}",
        key_name in ".{0,8}",
        text in ".{0,40}",
        number in any::<i32>(),
    ) {
        let signer = key("a");
        let subjects: Vec<Subject> = names
            .into_iter()
            .map(|name| Subject { name, ..Subject::of(&kit()) })
            .collect();
        let predicate = serde_json::to_vec(&json!({ key_name: [text, number] })).unwrap();
        let made = Statement::with_predicate(subjects.clone(), &kind, &predicate).unwrap();
        let bytes = Bundle::sign(&made, &signer, HintStyle::Cosign).unwrap().into_bytes();
        let verified = Verifier::new(&trusting(&[&signer]), NOW).verify(&bytes, &kit()).unwrap();
        prop_assert_eq!(verified.value().payload(), made.payload());
        prop_assert_eq!(verified.value().subjects(), subjects);
        prop_assert_eq!(verified.value().raw_predicate().as_bytes(), predicate);
    }

    #[test]
    fn a_signature_over_anything_else_is_none(
        kind in "application/vnd.in-toto\\+jso[nm]|[ -~]{0,30}",
        payload in any::<Vec<u8>>(),
    ) {
        let signer = key("a");
        let sound = statement();
        prop_assume!(kind != IN_TOTO_PAYLOAD || payload != sound.payload());
        let signature = Signer::sign(&signer, &pae(&kind, &payload)).unwrap();
        let bytes = wrapped(&signer.public_key(), IN_TOTO_PAYLOAD, sound.payload(), &signature);
        let error = Verifier::new(&trusting(&[&signer]), NOW).verify(&bytes, &kit()).unwrap_err();
        prop_assert_eq!(error.code(), "signature-invalid");
    }
}
