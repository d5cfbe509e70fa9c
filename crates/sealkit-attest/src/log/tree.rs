//! Making roots and proofs out of the hashes that a log keeps (RFC 6962 §2.1).
//!
//! A log keeps the hashes of whole subtrees: of `2^level` entries, the `index`-th of them. Every
//! function here asks for those that it needs, so that they may come from memory, a disk or a
//! network.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use sha2::Digest as _;

use super::tile::TILE_HEIGHT;
use super::{MerkleHash, TileKind, TilePath, decode_tile, node_hash};
use crate::AttestError;

/// A whole subtree: of `2^level` entries, the `index`-th of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// Height above the entries, 0 to 63.
    pub level: u8,
    /// Number among those of its level, from 0.
    pub index: u64,
}

/// The root of the tree of no entries.
pub fn empty_root() -> MerkleHash {
    sha2::Sha256::digest(b"").into()
}

/// The root of the tree of the first `size` entries.
pub fn tree_root<E>(
    size: u64,
    mut read: impl FnMut(Node) -> Result<MerkleHash, E>,
) -> Result<MerkleHash, E> {
    if size == 0 { Ok(empty_root()) } else { span(0, size, &mut read) }
}

/// Proves that entry `index` is in the tree of the first `size` (RFC 6962 §2.1.1), for
/// [`verify_inclusion`](super::verify_inclusion). Empty where there is no such entry.
pub fn prove_inclusion<E>(
    index: u64,
    size: u64,
    mut read: impl FnMut(Node) -> Result<MerkleHash, E>,
) -> Result<Vec<MerkleHash>, E> {
    let mut proof = Vec::new();
    let (mut start, mut length) = (0, size);
    // From the root down; a proof goes up.
    while index < size && length > 1 {
        let left = half(length);
        if index - start < left {
            proof.push(span(start + left, length - left, &mut read)?);
            length = left;
        } else {
            proof.push(span(start, left, &mut read)?);
            (start, length) = (start + left, length - left);
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Proves that the tree of the first `size` entries only adds to that of the first `old` (RFC 6962
/// §2.1.2), for [`verify_consistency`](super::verify_consistency). Empty where `old` is none of
/// its earlier sizes.
pub fn prove_consistency<E>(
    old: u64,
    size: u64,
    mut read: impl FnMut(Node) -> Result<MerkleHash, E>,
) -> Result<Vec<MerkleHash>, E> {
    let mut proof = Vec::new();
    if old == 0 || old >= size {
        return Ok(proof);
    }
    let (mut start, mut length) = (0, size);
    while old - start != length {
        let left = half(length);
        if old - start <= left {
            proof.push(span(start + left, length - left, &mut read)?);
            length = left;
        } else {
            proof.push(span(start, left, &mut read)?);
            (start, length) = (start + left, length - left);
        }
    }
    // Where the old tree is a subtree at the left edge, whoever verifies has its root.
    if start > 0 {
        proof.push(span(start, length, &mut read)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The whole subtrees of which the tree of the first `size` entries is made, the largest first.
pub fn peaks(size: u64) -> Vec<Node> {
    let levels = (0..64u8).rev().filter(|level| size >> level & 1 == 1);
    levels.map(|level| Node { level, index: (size >> level) - 1 }).collect()
}

/// The hash of `length` entries from `start` on, which is a multiple of the power of two that is
/// not less than `length`.
fn span<E>(
    start: u64,
    length: u64,
    read: &mut impl FnMut(Node) -> Result<MerkleHash, E>,
) -> Result<MerkleHash, E> {
    let mut lefts = Vec::new();
    let (mut start, mut length) = (start, length);
    while !length.is_power_of_two() {
        let left = half(length);
        lefts.push(Node { level: left.trailing_zeros() as u8, index: start / left });
        (start, length) = (start + left, length - left);
    }
    let mut hash = read(Node { level: length.trailing_zeros() as u8, index: start / length })?;
    while let Some(left) = lefts.pop() {
        hash = node_hash(&read(left)?, &hash);
    }
    Ok(hash)
}

/// The largest power of two below `length`, which is 2 or more.
fn half(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// The tiles of a log of `size` entries that `work` asks for; what it makes of them is nothing.
pub fn tiles_for<T>(
    size: u64,
    work: impl FnOnce(&mut dyn FnMut(Node) -> Result<MerkleHash, Infallible>) -> T,
) -> BTreeSet<TilePath> {
    let mut tiles = BTreeSet::new();
    let mut read = |node: Node| {
        let (level, index, _) = place(node);
        tiles.extend(TilePath::of(TileKind::Hashes { level }, index, size));
        Ok([0; 32])
    };
    work(&mut read);
    tiles
}

/// Tiles at hand.
#[derive(Clone, Debug, Default)]
pub struct Tiles(BTreeMap<(u8, u64), Vec<MerkleHash>>);

impl Tiles {
    /// Adds the bytes of the tile at `path`.
    pub fn add(&mut self, path: &TilePath, bytes: &[u8]) -> Result<(), AttestError> {
        let TileKind::Hashes { level } = path.kind() else {
            return fault("a bundle of entries is no tile of hashes");
        };
        self.0.insert((level, path.index()), decode_tile(bytes, path.width())?);
        Ok(())
    }

    /// The hash of a whole subtree. Nothing says that it is the log's: a proof made of it does.
    pub fn read(&self, node: Node) -> Result<MerkleHash, AttestError> {
        let (level, index, span) = place(node);
        let hashes = self.0.get(&(level, index)).and_then(|tile| tile.get(span));
        hashes.and_then(subtree).map_or_else(|| fault("a tile is missing"), Ok)
    }
}

/// The level and number of the tile in which a subtree is, and its part of the tile.
pub fn place(node: Node) -> (u8, u64, std::ops::Range<usize>) {
    let (level, height) = (node.level / TILE_HEIGHT, node.level % TILE_HEIGHT);
    let in_tile = TILE_HEIGHT - height;
    let at = ((node.index & ((1 << in_tile) - 1)) << height) as usize;
    (level, node.index >> in_tile, at..at + (1 << height))
}

/// The root of `hashes`, whose number is a power of two; none of another number.
pub fn subtree(hashes: &[MerkleHash]) -> Option<MerkleHash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut hashes = hashes.to_vec();
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.pop()
}

/// A tree that grows: the roots of its whole subtrees, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<MerkleHash>,
}

impl Frontier {
    /// The tree of `size` entries whose [`peaks`] have these hashes; none where they are more or
    /// fewer.
    pub fn new(size: u64, roots: Vec<MerkleHash>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }

    /// Adds the hash of one more entry.
    pub fn push(&mut self, leaf: MerkleHash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> MerkleHash {
        let mut roots = self.roots.iter().rev();
        let Some(last) = roots.next() else { return empty_root() };
        roots.fold(*last, |hash, left| node_hash(left, &hash))
    }
}

fn fault<T>(reason: &str) -> Result<T, AttestError> {
    Err(AttestError::LogProofInvalid { reason: reason.to_owned() })
}
