//! Hashes the files of an archive while it streams by, whatever pieces it comes in.

use std::mem;

use sealkit_oci::Sha256;
use sealkit_store::HashedRange;

use super::TarKind;
use super::fields::{Extension, Fields};
use super::read::MAX_EXTENSION;
use super::write::{BLOCK, padding};

/// Smaller files are hashed later by whoever wants that: it takes no time.
const SMALLEST: u64 = 256 << 10;
/// Most files that are hashed, and most headers that are read.
const MAX_FOUND: usize = 4_096;
const MAX_HEADERS: usize = 100_000;
/// So many that were found take little room.
const FEW: usize = 256;
/// A block of SHA-256. A file begins at a multiple of it.
const HASH_BLOCK: u64 = 64;

/// Finds the files of an archive in bytes that stream by, and hashes them. It never fails: what is no archive, or
/// none that it understands, has no more files. What it gives is right for its ranges whoever reads the archive,
/// and however.
#[derive(Debug, Default)]
pub struct BodyHasher {
    state: State,
    /// Where the next byte is.
    at: u64,
    headers: usize,
    extension: Extension,
    found: Vec<HashedRange>,
}

#[derive(Debug)]
enum State {
    /// In a header block, of which this came.
    Header(Vec<u8>),
    /// In an extended header with this flag and so many bytes, of which this came.
    Extension(u8, usize, Vec<u8>),
    /// In the body of a file that began at an offset, with so many bytes left.
    Body(Sha256, u64, u64),
    /// In what is passed over: so many bytes are left.
    Passed(u64),
    /// Nothing more is looked at.
    Over,
}

impl Default for State {
    fn default() -> Self {
        Self::Header(Vec::new())
    }
}

impl BodyHasher {
    /// Takes in the next bytes, and so does `all`, which hashes everything: together that costs less.
    pub fn push(&mut self, mut bytes: &[u8], all: &mut Sha256) {
        while !bytes.is_empty() {
            let wanted = self.wanted().min(bytes.len() as u64);
            let (mine, rest) = bytes.split_at(usize::try_from(wanted).unwrap_or(bytes.len()));
            self.at += mine.len() as u64;
            self.state = self.step(mine, all);
            bytes = rest;
        }
    }

    /// Whether it takes no more room than a few files do, so that many can wait for what comes next.
    pub fn is_small(&self) -> bool {
        let reads = matches!(self.state, State::Extension(..)) || self.extension.is_pending();
        !reads && self.found.len() <= FEW
    }

    /// The files that came whole, by their places in the archive.
    pub fn finish(self) -> Vec<HashedRange> {
        self.found
    }

    /// How many bytes the state takes, one at least.
    fn wanted(&self) -> u64 {
        match &self.state {
            State::Header(came) => (BLOCK - came.len()) as u64,
            State::Extension(_, size, came) => (size - came.len()) as u64,
            // Up to the next block of the hash first: from there on two of them go together.
            State::Body(_, _, left) => match self.at % HASH_BLOCK {
                0 => *left,
                into => (HASH_BLOCK - into).min(*left),
            },
            State::Passed(left) => *left,
            State::Over => u64::MAX,
        }
    }

    /// The state behind bytes of which it wants no fewer.
    fn step(&mut self, bytes: &[u8], all: &mut Sha256) -> State {
        if !matches!(self.state, State::Body(..)) {
            all.update(bytes);
        }
        match mem::replace(&mut self.state, State::Over) {
            State::Header(mut came) => {
                came.extend_from_slice(bytes);
                match came.as_slice().try_into() {
                    Ok(block) => self.header(block).unwrap_or(State::Over),
                    Err(_) => State::Header(came),
                }
            }
            State::Extension(flag, size, mut came) => {
                came.extend_from_slice(bytes);
                if came.len() < size {
                    return State::Extension(flag, size, came);
                }
                match self.extension.add(flag, &came, self.at) {
                    Ok(()) => passed(padding(size as u64) as u64),
                    Err(_) => State::Over,
                }
            }
            State::Body(mut hasher, start, left) => {
                all.update_both(&mut hasher, bytes);
                let left = left - bytes.len() as u64;
                if left > 0 {
                    return State::Body(hasher, start, left);
                }
                self.found.push(HashedRange { range: start..self.at, digest: hasher.finish() });
                let is_room = self.found.len() < MAX_FOUND;
                if is_room { passed(padding(self.at - start) as u64) } else { State::Over }
            }
            State::Passed(left) => passed(left - bytes.len() as u64),
            State::Over => State::Over,
        }
    }

    /// What comes behind a header; nothing where there is no more to be had.
    fn header(&mut self, block: &[u8; BLOCK]) -> Option<State> {
        self.headers += 1;
        if self.headers > MAX_HEADERS {
            return None;
        }
        let fields = Fields { block, offset: self.at };
        // The checksum of zeros, which are the end, is as wrong as that of what is no archive.
        let flag = fields.check().ok()?;
        if matches!(flag, b'x' | b'L' | b'K' | b'g') {
            let size = fields.size().ok().filter(|size| *size <= MAX_EXTENSION)?;
            let size = usize::try_from(size).ok()?;
            return Some(match size {
                0 => State::default(),
                size => State::Extension(flag, size, Vec::new()),
            });
        }
        let entry = fields.entry(mem::take(&mut self.extension)).ok()?;
        self.at.checked_add(entry.size)?.checked_add(BLOCK as u64)?;
        let is_hashed = entry.kind == TarKind::File && entry.size >= SMALLEST;
        Some(if is_hashed {
            State::Body(Sha256::default(), self.at, entry.size)
        } else {
            passed(entry.size + padding(entry.size) as u64)
        })
    }
}

/// So many bytes that are passed over, and then a header.
fn passed(bytes: u64) -> State {
    if bytes == 0 { State::default() } else { State::Passed(bytes) }
}

#[cfg(test)]
#[path = "bodies_tests.rs"]
mod tests;
