//! Names of git objects.

use sha1::Digest as _;

use crate::address::hex;

/// The hash function of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectHash {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl ObjectHash {
    /// Length of a name in bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(Vec<u8>);

impl ObjectId {
    /// The name with these bytes; none where their number is that of no hash.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        matches!(bytes.len(), 20 | 32).then(|| Self(bytes.to_vec()))
    }

    /// Reads hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !crate::address::is_commit(text) {
            return None;
        }
        let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        (0..text.len()).step_by(2).map(digit).collect::<Option<Vec<u8>>>().map(Self)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Names the content of a file as git does, while its bytes come.
#[derive(Clone)]
pub struct BlobHasher(Hasher);

#[derive(Clone)]
enum Hasher {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl BlobHasher {
    /// A hasher for a file of `len` bytes.
    pub fn new(hash: ObjectHash, len: u64) -> Self {
        let mut hasher = Self(match hash {
            ObjectHash::Sha1 => Hasher::Sha1(sha1::Sha1::new()),
            ObjectHash::Sha256 => Hasher::Sha256(sha2::Sha256::new()),
        });
        hasher.update(format!("blob {len}\0").as_bytes());
        hasher
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The name, after the last byte.
    pub fn finish(self) -> ObjectId {
        ObjectId(match self.0 {
            Hasher::Sha1(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
        })
    }

    /// The name of these bytes.
    pub fn of(hash: ObjectHash, bytes: &[u8]) -> ObjectId {
        let mut hasher = Self::new(hash, bytes.len() as u64);
        hasher.update(bytes);
        hasher.finish()
    }
}
