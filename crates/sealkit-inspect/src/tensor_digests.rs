//! Digests of single tensors, on request: two models can be compared tensor by tensor.

use std::collections::BTreeSet;

use sealkit_report::{Budget, Known};
use sha2::Digest as _;

use crate::address::hex;
use crate::{Facts, InspectError, ReadAt, Value, inventory, partial, property};

/// Bytes that are read at once.
const CHUNK: u64 = 1 << 20;

/// How tensors are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorHash {
    /// SHA-256.
    Sha256,
    /// BLAKE3, which is faster.
    Blake3,
}

impl TensorHash {
    /// The property that the digests have.
    pub fn property(self) -> &'static str {
        match self {
            Self::Sha256 => property::TENSOR_SHA256,
            Self::Blake3 => property::TENSOR_BLAKE3,
        }
    }
}

/// Hashes the bytes of every tensor that `facts` name in `source`, in the order of their places.
/// Each digest is a fact about the tensor's name, `sha256:HEX` or `blake3:HEX`. Tensors whose data
/// lies in another file, or in pieces, are counted as not measured. Reads every byte of them once
/// for each tensor that it belongs to, under the budget, in pieces of 1 MiB.
pub fn tensor_digests(
    source: &dyn ReadAt,
    facts: &Facts,
    hash: TensorHash,
    budget: &mut Budget,
) -> Facts {
    let mut found = Facts::default();
    let outside = facts.facts.iter().filter(|fact| fact.property == property::EXTERNAL_DATA);
    let outside: BTreeSet<&str> = outside.map(|fact| fact.subject.as_str()).collect();
    let mut tensors = Vec::new();
    let (mut elsewhere, mut in_pieces, mut path) = (0_u64, 0_u64, "");
    for fact in facts.facts.iter().filter(|fact| fact.property == property::TENSOR) {
        let Value::Tensor(tensor) = &fact.value else { continue };
        path = &fact.evidence.file;
        if !tensor.name.is_empty() && outside.contains(tensor.name.as_str()) {
            elsewhere += 1;
        } else if tensor.size == 0 && inventory::elements(&tensor.shape) != Some(0) {
            in_pieces += 1;
        } else {
            tensors.push(tensor);
        }
    }
    let reasons = [(elsewhere, "lie in other files"), (in_pieces, "are not in one piece")];
    for (count, why) in reasons.iter().filter(|(count, _)| *count > 0) {
        let text = Value::Text(format!("{count} tensors {why}"));
        let fact = (property::NOT_MEASURED, text);
        found.about(hash.property(), Known::Measured, (path, ""), fact);
    }
    tensors.sort_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
    for tensor in tensors {
        let place =
            format!("bytes {}-{}", tensor.offset, tensor.offset.saturating_add(tensor.size));
        match tensor_digest(source, (tensor.offset, tensor.size), hash, budget) {
            Ok(digest) => {
                let fact = (hash.property(), Value::Text(digest));
                found.about(&tensor.name, Known::Measured, (path, &place), fact);
            }
            Err(error) => {
                partial::note(&mut found, path, &place, &error);
                // What is left would only fail in the same way.
                if matches!(error, InspectError::Budget(_)) {
                    break;
                }
            }
        }
    }
    found
}

/// The two hashes behind one face.
enum Hasher {
    Sha256(sha2::Sha256),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    fn new(hash: TensorHash) -> Self {
        match hash {
            TensorHash::Sha256 => Self::Sha256(sha2::Sha256::new()),
            TensorHash::Blake3 => Self::Blake3(Box::new(blake3::Hasher::new())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Blake3(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Sha256(hasher) => format!("sha256:{}", hex(&hasher.finalize())),
            Self::Blake3(hasher) => format!("blake3:{}", hasher.finalize().to_hex()),
        }
    }
}

/// Hashes the bytes of one tensor in `source`, of `size` bytes from `offset` on: `sha256:HEX` or `blake3:HEX`, under the budget and in pieces
/// of 1 MiB.
///
/// # Errors
/// When it reaches past the end, can not be read, or the budget is spent.
pub fn tensor_digest(
    source: &dyn ReadAt,
    (offset, size): (u64, u64),
    hash: TensorHash,
    budget: &mut Budget,
) -> Result<String, InspectError> {
    let mut hasher = Hasher::new(hash);
    let end = offset.checked_add(size).filter(|end| *end <= source.len());
    let what = "a tensor that reaches past the end";
    let end = end.ok_or(InspectError::malformed("tensor", what, offset))?;
    let mut at = offset;
    let mut chunk = vec![0; usize::try_from(size.min(CHUNK)).unwrap_or(0)];
    while at < end {
        budget.steps(1)?;
        let count = (end - at).min(CHUNK);
        budget.bytes(count)?;
        chunk.truncate(usize::try_from(count).unwrap_or(0));
        source.read_at(at, &mut chunk)?;
        hasher.update(&chunk);
        at += count;
    }
    Ok(hasher.finish())
}
