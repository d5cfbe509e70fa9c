//! Files made of records whose head says how long the rest is. Only the heads are looked at: by
//! jumps where the file can be read anywhere, or as the bytes pass by.

use sealkit_report::Budget;

use crate::{Cursor, Facts, InspectError, ReadAt, Stream};

/// Longest head, in bytes.
const MAX_HEAD: u64 = 8 << 20;

/// Where the next head lies.
pub(crate) enum Hop {
    /// After `skip` bytes; it has `len` bytes, of which there is at least one.
    Next {
        /// Bytes that nobody needs.
        skip: u64,
        /// Length of the next head.
        len: usize,
    },
    /// There is none.
    Stop,
}

/// Why there is no further head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The reader said so, or the file ended where a head could have begun.
    Whole,
    /// The file ended inside a head or inside what follows one.
    Cut,
    /// More heads than were to be looked at.
    Bounded,
}

/// Reads heads.
pub(crate) trait Hops: Send {
    /// Length of the first head in bytes.
    fn first(&self) -> usize;

    /// Takes the head at `offset`.
    fn head(&mut self, offset: u64, head: &[u8]) -> Hop;

    /// Says what the heads were.
    fn finish(self, end: End) -> Facts;
}

/// Looks at `limit` heads at most, wherever they lie.
pub(crate) fn walk(
    hops: &mut impl Hops,
    source: &dyn ReadAt,
    budget: &mut Budget,
    limit: u64,
) -> Result<End, InspectError> {
    let mut cursor = Cursor::new(source, budget, "heads");
    let mut len = hops.first();
    for _ in 0..limit {
        if cursor.left() == 0 {
            return Ok(End::Whole);
        }
        if len as u64 > cursor.left() {
            return Ok(End::Cut);
        }
        cursor.budget().entries(1)?;
        let offset = cursor.pos();
        let head = cursor.take(len as u64, MAX_HEAD)?;
        match hops.head(offset, &head) {
            Hop::Next { skip, .. } if skip > cursor.left() => return Ok(End::Cut),
            Hop::Next { skip, len: next } if next > 0 => {
                cursor.skip(skip)?;
                len = next;
            }
            _ => return Ok(End::Whole),
        }
    }
    Ok(if cursor.left() == 0 { End::Whole } else { End::Bounded })
}

/// The same reader over bytes that pass by.
pub(crate) struct Passing<H> {
    hops: H,
    head: Vec<u8>,
    want: usize,
    skip: u64,
    pos: u64,
    stopped: bool,
}

impl<H: Hops> Passing<H> {
    /// From the first byte on.
    pub(crate) fn new(hops: H) -> Self {
        let want = hops.first();
        Self { hops, head: Vec::new(), want, skip: 0, pos: 0, stopped: false }
    }

    /// Passes over what is to be skipped; gives the rest.
    fn pass<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let count = self.skip.min(bytes.len() as u64);
        self.skip -= count;
        self.pos = self.pos.saturating_add(count);
        bytes.get(count as usize..).unwrap_or_default()
    }
}

impl<H: Hops> Stream for Passing<H> {
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !self.stopped {
            rest = self.pass(rest);
            if rest.is_empty() {
                return;
            }
            let missing = self.want.saturating_sub(self.head.len());
            let (now, later) = rest.split_at(missing.min(rest.len()));
            self.head.extend_from_slice(now);
            rest = later;
            if self.head.len() < self.want {
                return;
            }
            let head = std::mem::take(&mut self.head);
            let offset = self.pos;
            self.pos = self.pos.saturating_add(head.len() as u64);
            match self.hops.head(offset, &head) {
                Hop::Next { skip, len } if len > 0 && len as u64 <= MAX_HEAD => {
                    (self.skip, self.want) = (skip, len);
                }
                _ => self.stopped = true,
            }
        }
    }

    fn finish(self: Box<Self>) -> Facts {
        let is_whole = self.stopped || self.skip == 0 && self.head.is_empty();
        self.hops.finish(if is_whole { End::Whole } else { End::Cut })
    }
}
