//! A running SHA-256 (FIPS 180-4).

mod pair;

use std::fmt;

use sha2::Digest as _;
use sha2::digest::common::hazmat::SerializableState as _;

use self::pair::{BLOCK, Words, compress_both};
use crate::Digest;

/// A running SHA-256, so that no other crate names the hash library.
#[derive(Clone, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds `bytes` to both, for less than one behind the other costs where both are as far into a block.
    pub fn update_both(&mut self, other: &mut Self, bytes: &[u8]) {
        let rest = self.blocks_of_both(other, bytes).unwrap_or(bytes);
        self.update(rest);
        other.update(rest);
    }

    /// Adds as many of `bytes` to both as come to whole blocks, and gives the rest; none where one of them is
    /// within a block.
    fn blocks_of_both<'a>(&mut self, other: &mut Self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut states = [Between::of(&self.0)?, Between::of(&other.0)?];
        let [one, two] = &mut states;
        compress_both(&mut one.words, &mut two.words, blocks);
        let [one, two] = states.map(|state| state.behind(blocks.len() as u64));
        // Both or none.
        (self.0, other.0) = (one?, two?);
        Some(rest)
    }

    /// Where it stands, to go on in another process: not meant to be read by anything else.
    pub fn state(&self) -> Vec<u8> {
        self.0.serialize().to_vec()
    }

    /// Goes on where [`Sha256::state`] stood; none where that is no such state.
    pub fn resume(state: &[u8]) -> Option<Self> {
        sha2::Sha256::deserialize(&state.try_into().ok()?).ok().map(Self)
    }

    /// The digest of everything added.
    pub fn finish(self) -> Digest {
        Digest::from_sha256(self.0.finalize().into())
    }
}

/// A hash between two blocks, as the library writes it down: its words, how many blocks they have taken in, and
/// the bytes of a block that is not whole, which are none here.
struct Between {
    words: Words,
    blocks: u64,
}

impl Between {
    /// None within a block.
    fn of(hash: &sha2::Sha256) -> Option<Self> {
        let state = hash.serialize();
        let (words, rest) = state.split_first_chunk::<32>()?;
        let (blocks, rest) = rest.split_first_chunk::<8>()?;
        if rest.first() != Some(&0) {
            return None;
        }
        let mut own = Self { words: [0; 8], blocks: u64::from_le_bytes(*blocks) };
        for (word, bytes) in own.words.iter_mut().zip(words.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        Some(own)
    }

    /// The hash so many blocks later.
    fn behind(self, blocks: u64) -> Option<sha2::Sha256> {
        let mut state = sha2::Sha256::new().serialize();
        let (words, rest) = state.split_first_chunk_mut::<32>()?;
        for (word, bytes) in self.words.iter().zip(words.as_chunks_mut::<4>().0) {
            *bytes = word.to_le_bytes();
        }
        *rest.first_chunk_mut()? = self.blocks.wrapping_add(blocks).to_le_bytes();
        sha2::Sha256::deserialize(&state).ok()
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_go_together_are_each_what_they_are_alone() {
        let bytes: Vec<u8> = (0..1_000_u32).map(|at| (at / 3) as u8).collect();
        for (first, second, length) in
            [(0, 0, 1_000), (1, 5, 63), (64, 0, 64), (63, 64, 129), (7, 7, 0), (128, 64, 640)]
        {
            let (mut one, mut other) = (Sha256::default(), Sha256::default());
            one.update(&bytes[..first]);
            other.update(&bytes[..second]);
            one.update_both(&mut other, &bytes[..length]);
            for (hasher, before) in [(one, first), (other, second)] {
                let alone = [&bytes[..before], &bytes[..length]].concat();
                assert_eq!(hasher.finish(), Digest::of(&alone), "{first} {second} {length}");
            }
        }
    }
}
