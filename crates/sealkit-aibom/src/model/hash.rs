//! Digests as documents state them, in any algorithm that CycloneDX or SPDX has.

use sealkit_oci::Digest;
use sealkit_report::Evidence;

/// A hash algorithm. What CycloneDX 1.7 (`hash-alg`) or SPDX 3.0.1 (`HashAlgorithm`) can name and
/// SealKit meets in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashAlgorithm {
    /// MD5: identifies, proves nothing.
    Md5,
    /// SHA-1: identifies, proves nothing.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
    /// BLAKE2b-256.
    Blake2b256,
    /// BLAKE2b-384.
    Blake2b384,
    /// BLAKE2b-512.
    Blake2b512,
    /// BLAKE3.
    Blake3,
}

/// Algorithm, name, number of hex digits.
const ALGORITHMS: [(HashAlgorithm, &str, usize); 12] = [
    (HashAlgorithm::Md5, "md5", 32),
    (HashAlgorithm::Sha1, "sha1", 40),
    (HashAlgorithm::Sha256, "sha256", 64),
    (HashAlgorithm::Sha384, "sha384", 96),
    (HashAlgorithm::Sha512, "sha512", 128),
    (HashAlgorithm::Sha3_256, "sha3-256", 64),
    (HashAlgorithm::Sha3_384, "sha3-384", 96),
    (HashAlgorithm::Sha3_512, "sha3-512", 128),
    (HashAlgorithm::Blake2b256, "blake2b-256", 64),
    (HashAlgorithm::Blake2b384, "blake2b-384", 96),
    (HashAlgorithm::Blake2b512, "blake2b-512", 128),
    (HashAlgorithm::Blake3, "blake3", 64),
];

impl HashAlgorithm {
    /// Name as it stands before the colon of a digest: `sha256`.
    pub fn name(self) -> &'static str {
        ALGORITHMS.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// The algorithm of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Number of hex digits of a digest.
    pub fn hex_digits(self) -> usize {
        ALGORITHMS.iter().find(|row| row.0 == self).map_or(0, |row| row.2)
    }
}

/// One digest of a component's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash {
    algorithm: HashAlgorithm,
    hex: String,
    /// Who says so; none where the AIBOM itself does.
    pub evidence: Option<Evidence>,
}

impl Hash {
    /// A digest of `algorithm`; none unless `hex` has the right number of hex digits.
    pub fn new(algorithm: HashAlgorithm, hex: &str, evidence: Option<Evidence>) -> Option<Self> {
        let fits =
            hex.len() == algorithm.hex_digits() && hex.bytes().all(|c| c.is_ascii_hexdigit());
        fits.then(|| Self { algorithm, hex: hex.to_ascii_lowercase(), evidence })
    }

    /// A digest written `sha256:HEX`; none where it is not one.
    pub fn parse(text: &str, evidence: Option<Evidence>) -> Option<Self> {
        let (name, hex) = text.split_once(':')?;
        Self::new(HashAlgorithm::from_name(name)?, hex, evidence)
    }

    /// The algorithm.
    pub fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The hex digits, lower-case.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The digest as OCI writes it, where OCI has the algorithm.
    pub fn digest(&self) -> Option<Digest> {
        format!("{}:{}", self.algorithm.name(), self.hex).parse().ok()
    }

    /// What two equal digests have in common, whoever says so.
    pub(crate) fn key(&self) -> (HashAlgorithm, &str) {
        (self.algorithm, &self.hex)
    }
}

impl From<&Digest> for Hash {
    fn from(digest: &Digest) -> Self {
        let algorithm = match digest.algorithm() {
            sealkit_oci::Algorithm::Sha256 => HashAlgorithm::Sha256,
            sealkit_oci::Algorithm::Sha512 => HashAlgorithm::Sha512,
        };
        Self { algorithm, hex: digest.hex().to_owned(), evidence: None }
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_its_name_and_length() {
        for (algorithm, name, digits) in ALGORITHMS {
            assert_eq!(HashAlgorithm::from_name(name), Some(algorithm));
            assert_eq!((algorithm.name(), algorithm.hex_digits()), (name, digits));
            let text = format!("{name}:{}", "a".repeat(digits));
            assert_eq!(Hash::parse(&text, None).unwrap().to_string(), text);
            assert_eq!(Hash::new(algorithm, &"a".repeat(digits - 1), None), None);
            assert_eq!(Hash::new(algorithm, &"g".repeat(digits), None), None);
        }
        assert_eq!(Hash::parse("sha256", None), None);
        assert_eq!(Hash::parse("crc32:00000000", None), None);
    }

    #[test]
    fn an_oci_digest_comes_back() {
        let digest = Digest::of(b"x");
        assert_eq!(Hash::from(&digest).digest(), Some(digest));
        assert_eq!(Hash::parse(&format!("md5:{}", "0".repeat(32)), None).unwrap().digest(), None);
    }
}
