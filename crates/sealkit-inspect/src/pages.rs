//! Reading here and there in a file, under a budget, with a small memory of what was read.

use std::collections::BTreeMap;

use sealkit_report::Budget;

use crate::{InspectError, ReadAt};

/// Size of a page in bytes.
const PAGE: u64 = 16 << 10;
/// Most pages that are kept.
const MAX_PAGES: usize = 128;

/// Random access to little-endian numbers and byte strings. Every access is a step of the budget.
pub(crate) struct Pages<'a> {
    source: &'a dyn ReadAt,
    budget: &'a mut Budget,
    format: &'static str,
    kept: BTreeMap<u64, Vec<u8>>,
}

impl<'a> Pages<'a> {
    /// `format` names the file in errors.
    pub(crate) fn new(
        source: &'a dyn ReadAt,
        budget: &'a mut Budget,
        format: &'static str,
    ) -> Self {
        Self { source, budget, format, kept: BTreeMap::new() }
    }

    /// Size of the file in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.source.len()
    }

    /// The budget that is spent.
    pub(crate) fn budget(&mut self) -> &mut Budget {
        self.budget
    }

    /// An error about the byte at `at`.
    pub(crate) fn malformed(&self, what: &'static str, at: u64) -> InspectError {
        InspectError::malformed(self.format, what, at)
    }

    /// The `len` bytes from `at` on, which may not be more than `limit`.
    pub(crate) fn bytes(&mut self, at: u64, len: u64, limit: u64) -> Result<Vec<u8>, InspectError> {
        self.budget.steps(1)?;
        if at.checked_add(len).is_none_or(|end| end > self.len()) {
            return Err(self.malformed("a place past the end", at));
        }
        if len > limit {
            return Err(self.malformed("a length above the limit", at));
        }
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        if len > PAGE {
            self.budget.bytes(len)?;
            self.source.read_at(at, &mut bytes)?;
            return Ok(bytes);
        }
        self.copy(at, &mut bytes)?;
        Ok(bytes)
    }

    /// One byte.
    pub(crate) fn u8(&mut self, at: u64) -> Result<u8, InspectError> {
        Ok(u8::from_le_bytes(self.array(at)?))
    }

    /// Two bytes as a number.
    pub(crate) fn u16(&mut self, at: u64) -> Result<u16, InspectError> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    /// Four bytes as a number.
    pub(crate) fn u32(&mut self, at: u64) -> Result<u32, InspectError> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    /// Eight bytes as a number.
    pub(crate) fn u64(&mut self, at: u64) -> Result<u64, InspectError> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], InspectError> {
        self.budget.steps(1)?;
        let mut raw = [0; N];
        if at.checked_add(N as u64).is_none_or(|end| end > self.len()) {
            return Err(self.malformed("a place past the end", at));
        }
        self.copy(at, &mut raw)?;
        Ok(raw)
    }

    /// Fills `out` from the pages that hold `at` and what follows; both are inside the file.
    fn copy(&mut self, at: u64, out: &mut [u8]) -> Result<(), InspectError> {
        let mut at = at;
        let mut out = out;
        while !out.is_empty() {
            let number = at / PAGE;
            self.load(number)?;
            let page = self.kept.get(&number).map(Vec::as_slice).unwrap_or_default();
            let start = usize::try_from(at % PAGE).unwrap_or(0);
            let rest = page.get(start..).unwrap_or_default();
            let count = rest.len().min(out.len());
            let (now, later) = out.split_at_mut(count);
            now.copy_from_slice(rest.get(..count).unwrap_or_default());
            if count == 0 {
                return Err(self.malformed("a place past the end", at));
            }
            at += count as u64;
            out = later;
        }
        Ok(())
    }

    fn load(&mut self, number: u64) -> Result<(), InspectError> {
        if self.kept.contains_key(&number) {
            return Ok(());
        }
        let start = number * PAGE;
        let len = self.len().saturating_sub(start).min(PAGE);
        self.budget.bytes(len)?;
        let mut page = vec![0; usize::try_from(len).unwrap_or(0)];
        self.source.read_at(start, &mut page)?;
        if self.kept.len() >= MAX_PAGES {
            self.kept.clear();
        }
        self.kept.insert(number, page);
        Ok(())
    }
}
