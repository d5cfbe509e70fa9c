//! Tiles (C2SP `tlog-tiles`): a tree cut into pieces of 256 hashes, and the entries in pieces of 256,
//! each at a path of its own.

use std::fmt;
use std::str::FromStr;

use super::MerkleHash;
use crate::AttestError;

/// Hashes of a whole tile, and entries of a whole bundle.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the tree in one level of tiles.
pub(super) const TILE_HEIGHT: u8 = 8;
/// Most levels of tiles: those of a tree of 2^64 entries.
const MAX_LEVEL: u8 = 7;
/// Bytes of one hash.
const HASH: usize = 32;

/// What a tile has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of subtrees of `256^level` entries.
    Hashes {
        /// 0 to 7; at 0 are the hashes of the entries.
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

/// The name of one tile: what it has, its number, and how many of 256 it has. One that has fewer
/// is partial, and will be replaced by a wider one as the log grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl TilePath {
    /// The widest tile of this kind and number in a log of `size` entries; none where it has none.
    pub fn of(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let level = match kind {
            TileKind::Hashes { level } if level <= MAX_LEVEL => level,
            TileKind::Hashes { .. } => return None,
            TileKind::Entries => 0,
        };
        let hashes = size >> (TILE_HEIGHT * level);
        let width = hashes.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { kind, index, width: width as u16 })
    }

    /// What it has.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its number, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it has: 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it has all 256, and so never changes.
    pub fn is_whole(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// Whether a log of `size` entries has it.
    pub fn is_within(&self, size: u64) -> bool {
        Self::of(self.kind, self.index, size).is_some_and(|widest| self.width <= widest.width)
    }
}

impl fmt::Display for TilePath {
    /// `tile/0/x001/234`, `tile/entries/000.p/7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let (mut groups, mut rest) = (Vec::new(), self.index);
        while rest >= 1000 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        groups.push(rest);
        while let Some(group) = groups.pop() {
            let (before, after) = if groups.is_empty() { ("", "") } else { ("x", "/") };
            write!(f, "{before}{group:03}{after}")?;
        }
        if self.is_whole() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for TilePath {
    type Err = AttestError;

    /// Reads a path in its one form.
    fn from_str(text: &str) -> Result<Self, AttestError> {
        let read = || {
            let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
            let kind = match kind {
                "entries" => TileKind::Entries,
                level => TileKind::Hashes { level: level.parse().ok()? },
            };
            let (number, width) = match rest.split_once(".p/") {
                Some((number, width)) => (number, width.parse().ok()?),
                None => (rest, TILE_WIDTH as u16),
            };
            let mut index: u64 = 0;
            for group in number.split('/') {
                let digits = group.strip_prefix('x').unwrap_or(group);
                index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
            }
            let path = Self { kind, index, width };
            let is_level = !matches!(kind, TileKind::Hashes { level } if level > MAX_LEVEL);
            let is_width = width > 0 && u64::from(width) <= TILE_WIDTH;
            (is_level && is_width && path.to_string() == text).then_some(path)
        };
        read().ok_or_else(|| fault("the path is of no tile"))
    }
}

/// The bytes of a tile with these hashes.
pub fn encode_tile(hashes: &[MerkleHash]) -> Vec<u8> {
    hashes.concat()
}

/// The hashes of a tile that has to have `width` of them. More are left out: a wider tile may
/// be given in place of a partial one.
pub fn decode_tile(bytes: &[u8], width: u16) -> Result<Vec<MerkleHash>, AttestError> {
    let width = usize::from(width);
    let (hashes, rest) = bytes.as_chunks::<HASH>();
    if !rest.is_empty() || hashes.len() < width || hashes.len() as u64 > TILE_WIDTH {
        return Err(fault("a tile has another size than it must"));
    }
    Ok(hashes.iter().take(width).copied().collect())
}

/// The bytes of a bundle of entries: each behind its length in two bytes, the larger first.
///
/// An entry of more than 65,535 bytes is [`AttestError::Limit`].
pub fn encode_entries<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, AttestError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let Ok(length) = u16::try_from(entry.len()) else {
            let (document, what) = ("log entry", "byte");
            return Err(AttestError::Limit { document, what, limit: usize::from(u16::MAX) });
        };
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle that has to have `width` of them. More are left out.
pub fn decode_entries(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, AttestError> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((entry, after)) = after.split_at_checked(length) else {
            return Err(fault("a bundle of entries ends inside of one"));
        };
        entries.push(entry);
        rest = after;
    }
    let enough = entries.len() >= usize::from(width) && entries.len() as u64 <= TILE_WIDTH;
    if !rest.is_empty() || !enough {
        return Err(fault("a bundle of entries has another size than it must"));
    }
    entries.truncate(usize::from(width));
    Ok(entries)
}

fn fault(reason: &str) -> AttestError {
    AttestError::LogProofInvalid { reason: reason.to_owned() }
}
