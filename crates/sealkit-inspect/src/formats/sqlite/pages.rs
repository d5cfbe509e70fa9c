//! The trees of pages that a SQLite database is made of.
//!
//! Source: the SQLite project's "Database File Format", section 1.6.

use std::collections::BTreeSet;

use sealkit_report::Budget;

use crate::{InspectError, ReadAt, read_at};

/// The pages of one database.
pub(super) struct Pages<'a> {
    source: &'a dyn ReadAt,
    budget: &'a mut Budget,
    size: u64,
    left: u64,
    /// Pages that a tree has: a page of two trees, or twice of one, is broken.
    seen: BTreeSet<u64>,
}

/// Why a tree was not walked to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has more pages than are read.
    Large,
    /// It has more rows or values than are read.
    Many,
    /// It has a row that is longer than those that are read.
    Long,
    /// A page that is none, or stands where it can not.
    Broken,
}

impl Stop {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Large => "it has more pages than are read",
            Self::Many => "it has more rows or values than are read",
            Self::Long => "a row of it is longer than those that are read",
            Self::Broken => "a page of it is broken",
        }
    }
}

/// How a page is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It holds rows of a table.
    Rows,
    /// It leads to pages of a table.
    Inner,
    /// It holds entries of an index, or rows of a table without row numbers.
    Entries,
    /// It leads to pages of an index, and holds entries between them.
    InnerEntries,
}

/// One page.
pub(super) struct Page {
    bytes: Vec<u8>,
    /// Where its header stands: the first page begins with that of the file.
    start: usize,
    pub(super) kind: Kind,
    count: u16,
}

impl<'a> Pages<'a> {
    /// Pages of `size` bytes, of which as many are read as have `most` bytes.
    pub(super) fn new(
        source: &'a dyn ReadAt,
        budget: &'a mut Budget,
        size: u64,
        most: u64,
    ) -> Self {
        Self { source, budget, size, left: most, seen: BTreeSet::new() }
    }

    /// Calls `visit` with every page of a tree. A page is read once at most, so that every walk ends.
    pub(super) fn walk(
        &mut self,
        root: u64,
        visit: &mut dyn FnMut(&Page) -> Result<(), Stop>,
    ) -> Result<Result<(), Stop>, InspectError> {
        let mut open = vec![root];
        while let Some(number) = open.pop() {
            let page = match self.page(number)? {
                Ok(page) => page,
                Err(stop) => return Ok(Err(stop)),
            };
            let children = page.children().ok_or(Stop::Broken);
            match children.and_then(|children| visit(&page).map(|()| children)) {
                // The first is read first.
                Ok(children) => open.extend(children.into_iter().rev()),
                Err(stop) => return Ok(Err(stop)),
            }
        }
        Ok(Ok(()))
    }

    fn page(&mut self, number: u64) -> Result<Result<Page, Stop>, InspectError> {
        let start = if number == 1 { 100 } else { 0 };
        let bytes = self.bytes(number)?;
        Ok(bytes.and_then(|bytes| Page::new(bytes, start).ok_or(Stop::Broken)))
    }

    /// The bytes of a page. Each is read once at most.
    pub(super) fn bytes(&mut self, number: u64) -> Result<Result<Vec<u8>, Stop>, InspectError> {
        let place = number.checked_sub(1).and_then(|before| before.checked_mul(self.size));
        let Some(place) = place.filter(|place| *place < self.source.len()) else {
            return Ok(Err(Stop::Broken));
        };
        if !self.seen.insert(number) {
            return Ok(Err(Stop::Broken));
        }
        let Some(left) = self.left.checked_sub(self.size) else { return Ok(Err(Stop::Large)) };
        self.left = left;
        Ok(Ok(read_at::piece(self.source, self.budget, place, self.size)?))
    }
}

impl Page {
    fn new(bytes: Vec<u8>, start: usize) -> Option<Self> {
        let kind = match *bytes.get(start)? {
            2 => Kind::InnerEntries,
            5 => Kind::Inner,
            10 => Kind::Entries,
            13 => Kind::Rows,
            _ => return None,
        };
        let count = u16::from_be_bytes(*bytes.get(start + 3..)?.first_chunk()?);
        let page = Self { bytes, start, kind, count };
        // The list of cells must lie inside; what is said of rows is not believed otherwise.
        page.bytes.get(page.cell_list()..)?.get(..2 * usize::from(count))?;
        Some(page)
    }

    fn is_inner(&self) -> bool {
        matches!(self.kind, Kind::Inner | Kind::InnerEntries)
    }

    fn cell_list(&self) -> usize {
        self.start + if self.is_inner() { 12 } else { 8 }
    }

    /// Number of its cells.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.count)
    }

    /// Its cells, each with all that follows; none stands for one that lies outside.
    pub(super) fn cells(&self) -> impl Iterator<Item = Option<&[u8]>> {
        let list = self.bytes.get(self.cell_list()..).unwrap_or_default();
        list.chunks_exact(2).take(usize::from(self.count)).map(|at| {
            let at = u16::from_be_bytes(*at.first_chunk()?);
            self.bytes.get(usize::from(at)..)
        })
    }

    /// The pages that it leads to, in their order.
    fn children(&self) -> Option<Vec<u64>> {
        if !self.is_inner() {
            return Some(Vec::new());
        }
        let number = |bytes: &[u8]| bytes.first_chunk().map(|n| u64::from(u32::from_be_bytes(*n)));
        let mut all = self.cells().map(|cell| number(cell?)).collect::<Option<Vec<_>>>()?;
        all.push(number(self.bytes.get(self.start + 8..)?)?);
        Some(all)
    }
}
