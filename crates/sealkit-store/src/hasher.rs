//! A running digest of either algorithm, so that every byte is hashed as it goes by.

use sealkit_oci::{Algorithm, Digest, DigestError, Sha256};
use sha2::Digest as _;
use sha2::digest::common::hazmat::SerializableState as _;

/// A running digest.
#[derive(Clone)]
pub struct Hasher(Running);

#[derive(Clone)]
enum Running {
    Sha256(Sha256),
    Sha512(Box<sha2::Sha512>),
}

impl Hasher {
    /// A hasher that makes digests of `algorithm`.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self(Running::Sha256(Sha256::default())),
            Algorithm::Sha512 => Self(Running::Sha512(Box::default())),
        }
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Running::Sha256(hasher) => hasher.update(bytes),
            Running::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The hash itself where it is SHA-256.
    pub fn as_sha256(&mut self) -> Option<&mut Sha256> {
        match &mut self.0 {
            Running::Sha256(hasher) => Some(hasher),
            Running::Sha512(_) => None,
        }
    }

    /// What makes digests.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Running::Sha256(_) => Algorithm::Sha256,
            Running::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Where it stands, to go on in another process: not meant to be read by anything else.
    pub fn state(&self) -> Vec<u8> {
        match &self.0 {
            Running::Sha256(hasher) => hasher.state(),
            Running::Sha512(hasher) => hasher.serialize().to_vec(),
        }
    }

    /// Goes on where [`Hasher::state`] stood; none where that is no such state.
    pub fn resume(algorithm: Algorithm, state: &[u8]) -> Option<Self> {
        Some(Self(match algorithm {
            Algorithm::Sha256 => Running::Sha256(Sha256::resume(state)?),
            Algorithm::Sha512 => {
                let state = state.try_into().ok()?;
                Running::Sha512(Box::new(sha2::Sha512::deserialize(&state).ok()?))
            }
        }))
    }

    /// The digest of everything added.
    pub fn finish(self) -> Result<Digest, DigestError> {
        match self.0 {
            Running::Sha256(hasher) => Ok(hasher.finish()),
            Running::Sha512(hasher) => {
                use std::fmt::Write as _;
                let mut text = String::from("sha512:");
                for byte in (*hasher).finalize() {
                    // Writing to a string can not fail.
                    let _ = write!(text, "{byte:02x}");
                }
                text.parse()
            }
        }
    }
}

/// The digest of `bytes` with `algorithm`.
pub fn digest_of(algorithm: Algorithm, bytes: &[u8]) -> Result<Digest, DigestError> {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_algorithms_agree_with_the_one_shot_check() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"ab");
            hasher.update(b"c");
            let digest = hasher.finish().unwrap();
            assert_eq!(digest.algorithm(), algorithm);
            assert!(digest.matches(b"abc"));
            assert!(!digest.matches(b"abd"));
            assert_eq!(digest, digest_of(algorithm, b"abc").unwrap());
        }
    }

    #[test]
    fn a_digest_goes_on_in_another_process() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for cut in [0, 1, 63, 64, 127, 128, 300] {
                let bytes = [7; 300];
                let mut hasher = Hasher::new(algorithm);
                hasher.update(&bytes[..cut]);
                let mut again = Hasher::resume(algorithm, &hasher.state()).unwrap();
                again.update(&bytes[cut..]);
                assert_eq!(again.algorithm(), algorithm);
                assert_eq!(again.finish().unwrap(), digest_of(algorithm, &bytes).unwrap());
            }
            assert!(Hasher::resume(algorithm, b"").is_none());
            assert!(Hasher::resume(algorithm, &[1; 7]).is_none());
        }
    }
}
