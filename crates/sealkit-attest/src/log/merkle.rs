//! Merkle tree proofs with SHA-256 (RFC 6962 §2.1; verified as RFC 9162 §2.1.3.2 and §2.1.4.2 say).

use sha2::Digest as _;

use crate::AttestError;

/// A node of a tree: SHA-256.
pub type MerkleHash = [u8; 32];

/// The hash of an entry: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> MerkleHash {
    let mut bytes = Vec::with_capacity(1 + entry.len());
    bytes.push(0);
    bytes.extend_from_slice(entry);
    raw(&bytes)
}

/// The hash of a node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &MerkleHash, right: &MerkleHash) -> MerkleHash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    raw(&bytes)
}

fn raw(bytes: &[u8]) -> MerkleHash {
    sha2::Sha256::digest(bytes).into()
}

/// Verifies that `leaf` is number `index` (from 0) of the tree of `size` entries with `root`.
///
/// A proof of the wrong length, an index out of range and a proof of another root are
/// [`AttestError::LogProofInvalid`].
pub fn verify_inclusion(
    leaf: &MerkleHash,
    index: u64,
    size: u64,
    proof: &[MerkleHash],
    root: &MerkleHash,
) -> Result<(), AttestError> {
    if index >= size {
        return fault("the entry's index lies outside of the tree");
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return fault("the inclusion proof is too long");
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // A last node without a sibling rises until it has one to its left.
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return fault("the inclusion proof is too short");
    }
    if hash == *root { Ok(()) } else { fault("the inclusion proof leads to another root") }
}

/// Verifies that the tree of `new_size` entries with `new_root` only adds to that of `old_size`
/// with `old_root`.
///
/// A tree that shrank is [`AttestError::StaleCheckpoint`]; everything else that does not fit is
/// [`AttestError::LogInconsistent`]: the log showed two histories.
pub fn verify_consistency(
    old: (u64, &MerkleHash),
    new: (u64, &MerkleHash),
    proof: &[MerkleHash],
) -> Result<(), AttestError> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    let fork = |reason| AttestError::LogInconsistent { reason };
    if new_size < old_size {
        return Err(AttestError::StaleCheckpoint { pinned: old_size, found: new_size });
    }
    if old_size == 0 || old_size == new_size {
        let same = old_size == 0 && new_size > 0 || old_root == new_root;
        return match (same, proof.is_empty()) {
            (true, true) => Ok(()),
            (false, _) => Err(fork("two trees of one size have two roots")),
            (true, false) => Err(fork("the consistency proof is too long")),
        };
    }
    let whole = old_size.is_power_of_two();
    let mut rest = proof.iter();
    let first = if whole { Some(old_root) } else { rest.next() };
    let first = *first.ok_or(fork("the consistency proof is empty"))?;
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(fork("the consistency proof is too long"));
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(fork("the consistency proof is too short"));
    }
    if old_hash != *old_root || new_hash != *new_root {
        return Err(fork("the consistency proof leads to other roots"));
    }
    Ok(())
}

fn fault(reason: &str) -> Result<(), AttestError> {
    Err(AttestError::LogProofInvalid { reason: reason.to_owned() })
}
