//! A running digest of either algorithm, so that every byte is hashed as it goes by.

use sealkit_oci::{Algorithm, Digest, DigestError, Sha256};
use sha2::Digest as _;

/// A running digest.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// A hasher that makes digests of `algorithm`.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::default()),
            Algorithm::Sha512 => Self::Sha512(sha2::Sha512::new()),
        }
    }

    /// Adds `bytes`.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of everything added.
    pub(crate) fn finish(self) -> Result<Digest, DigestError> {
        match self {
            Self::Sha256(hasher) => Ok(hasher.finish()),
            Self::Sha512(hasher) => {
                use std::fmt::Write as _;
                let mut text = String::from("sha512:");
                for byte in hasher.finalize() {
                    // Writing to a string can not fail.
                    let _ = write!(text, "{byte:02x}");
                }
                text.parse()
            }
        }
    }
}

/// The digest of `bytes` with `algorithm`.
pub(crate) fn digest_of(algorithm: Algorithm, bytes: &[u8]) -> Result<Digest, DigestError> {
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
}
