//! Signatures in every form that is none.

use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::EncodePublicKey as _;

use super::{Hash, VerifyKey};

const MESSAGE: &[u8] = b"a message";

fn p256() -> (VerifyKey, Vec<u8>) {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let signature: p256::ecdsa::DerSignature = key.sign(MESSAGE);
    let spki = key.verifying_key().to_public_key_der().unwrap();
    (VerifyKey::from_spki(spki.as_bytes()).unwrap(), signature.as_bytes().to_vec())
}

fn p384() -> (VerifyKey, Vec<u8>) {
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let signature: p384::ecdsa::DerSignature = key.sign(MESSAGE);
    let spki = key.verifying_key().to_public_key_der().unwrap();
    (VerifyKey::from_spki(spki.as_bytes()).unwrap(), signature.as_bytes().to_vec())
}

fn ed25519() -> (VerifyKey, Vec<u8>) {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let signature = ed25519_dalek::Signer::sign(&key, MESSAGE).to_bytes().to_vec();
    (VerifyKey::ed25519(key.verifying_key().as_bytes()).unwrap(), signature)
}

#[test]
fn each_kind_verifies_its_own_signatures_and_no_others() {
    let all = [p256(), p384(), ed25519()];
    for (at, (key, signature)) in all.iter().enumerate() {
        assert!(key.verify(MESSAGE, signature));
        assert!(!key.verify(b"another", signature));
        assert!(
            all.iter().enumerate().all(|(o, (_, other))| o == at || !key.verify(MESSAGE, other))
        );
    }
}

#[test]
fn what_is_not_a_signature_s_one_form_is_refused() {
    for (key, good) in [p256(), p384(), ed25519()] {
        let trailing = [good.as_slice(), &[0]].concat();
        let short = good.get(..good.len() - 1).unwrap().to_vec();
        for bad in [trailing, short, Vec::new(), vec![0; good.len()], vec![0xff; 64]] {
            assert!(!key.verify(MESSAGE, &bad));
        }
    }
    let zero = |r: u8, s: u8| vec![0x30, 6, 2, 1, r, 2, 1, s];
    for bad in [zero(0, 1), zero(1, 0), zero(0, 0), vec![0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0]] {
        assert!(!p256().0.verify(MESSAGE, &bad) && !p384().0.verify(MESSAGE, &bad));
    }
}

#[test]
fn the_negative_s_is_the_same_signature_as_for_every_peer() {
    let (key, good) = p256();
    let signature = p256::ecdsa::Signature::from_der(&good).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    assert!(key.verify(MESSAGE, other.to_der().as_bytes()));
}

#[test]
fn digests_stand_for_their_messages_but_for_ed25519() {
    let (key, signature) = p256();
    assert!(key.verify_digest(&Hash::Sha256.of(MESSAGE), &signature));
    assert!(!key.verify_digest(&Hash::Sha384.of(MESSAGE), &signature));
    assert!(!key.verify_digest(b"short", &signature));
    let (key, signature) = ed25519();
    assert!(!key.verify_digest(&Hash::Sha256.of(MESSAGE), &signature));
}

#[test]
fn what_is_no_key_is_refused() {
    for bad in [&b""[..], b"0", &[0x30, 0], &[0; 91]] {
        assert!(VerifyKey::from_spki(bad).is_err() && VerifyKey::rsa(bad).is_none());
    }
    // Points of small order, for which anybody can sign.
    for weak in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        assert!(VerifyKey::ed25519(&weak).is_err());
    }
    assert!(VerifyKey::ed25519(&[1; 31]).is_err());
    assert!(p384().0.ecdsa_sha256().is_err() && ed25519().0.ecdsa_sha256().is_err());
}

#[test]
fn the_hashes_are_sha_2() {
    let start = |hash: Hash| hash.of(b"abc").get(..4).unwrap().to_vec();
    assert_eq!(start(Hash::Sha256), [0xba, 0x78, 0x16, 0xbf]);
    assert_eq!(start(Hash::Sha384), [0xcb, 0x00, 0x75, 0x3f]);
    assert_eq!(start(Hash::Sha512), [0xdd, 0xaf, 0x35, 0xa1]);
}
