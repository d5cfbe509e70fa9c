//! Keys, statements and bundles that the tests share. Keys are made here and now.

use sealkit_attest::{
    Bundle, CosignSign, Envelope, HintStyle, IN_TOTO_PAYLOAD, PrivateKey, PublicKey, Role, Signer,
    Statement, Subject, TrustRoot, TrustedKey, pae,
};
use sealkit_oci::Digest;

pub(crate) const NOW: i64 = 1_790_000_000;

/// `insecure-test-key` as OpenSSL writes it.
pub(crate) const PLAIN: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDczL/h+H1/Ha9QO5
AU6ZvHCmWFytqjR6vSEW0R3ftvShRANCAAQ95Bxc1mR8RoSfmWUL4PTkn7wf/nHU
KkAgM+22S2FMCjUe8I96mbHdg191upb+oYDQwY1JVExxMgY2e3Vq6qWN
-----END PRIVATE KEY-----
";

/// The key of fixed bytes, for golden ones.
pub(crate) fn insecure_key() -> PrivateKey {
    PrivateKey::from_pem(PLAIN, None).unwrap()
}

/// A source that is as good as random for a test: a chain of hashes of a seed.
pub(crate) fn random(seed: &str) -> impl FnMut(&mut [u8]) {
    let mut state = Digest::of(seed.as_bytes());
    move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            state = Digest::of(&state.raw());
            chunk.copy_from_slice(&state.raw()[..chunk.len()]);
        }
    }
}

pub(crate) fn key(seed: &str) -> PrivateKey {
    PrivateKey::generate(&mut random(seed)).unwrap()
}

pub(crate) fn kit() -> Digest {
    Digest::of(b"a kit's manifest")
}

pub(crate) fn statement() -> Statement {
    Statement::new(vec![Subject::of(&kit())], &CosignSign {}).unwrap()
}

pub(crate) fn bundle(signer: &dyn Signer) -> Vec<u8> {
    Bundle::sign(&statement(), signer, HintStyle::Cosign).unwrap().into_bytes()
}

/// A bundle over any payload and type, validly signed.
pub(crate) fn signed(signer: &dyn Signer, payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let signature = signer.sign(&pae(payload_type, payload)).unwrap();
    wrapped(&signer.public_key(), payload_type, payload, &signature)
}

/// A bundle over any payload with any signature.
pub(crate) fn wrapped(key: &PublicKey, kind: &str, payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let (payload, signature) = (payload.to_vec(), signature.to_vec());
    let envelope = Envelope { payload_type: kind.to_owned(), payload, signature };
    Bundle::of_envelope(envelope, key, HintStyle::Cosign).unwrap().into_bytes()
}

/// A bundle over any statement text, validly signed.
pub(crate) fn signed_statement(signer: &dyn Signer, text: &str) -> Vec<u8> {
    signed(signer, IN_TOTO_PAYLOAD, text.as_bytes())
}

pub(crate) fn trusting(keys: &[&PrivateKey]) -> TrustRoot {
    let mut root = TrustRoot::default();
    for (at, key) in keys.iter().enumerate() {
        let name = format!("signer {at}");
        root.add(TrustedKey::new(key.public_key(), name, Role::Signer)).unwrap();
    }
    root
}

/// The folder of the shared test data, or none, which is said.
pub(crate) fn testdata() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("SEALKIT_TESTDATA").map(std::path::PathBuf::from);
    if folder.is_none() {
        println!("skipped: no SEALKIT_TESTDATA");
    }
    folder
}
