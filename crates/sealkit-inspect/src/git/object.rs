//! Objects: loose ones, and those in packs.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;
use sealkit_report::Budget;

use super::{ObjectId, Repository, pack};
use crate::{InspectError, ReadAt};

/// Largest object that is read, in bytes: commits and folders are far below.
pub(super) const MAX_OBJECT: u64 = 32 << 20;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// An object that was read.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) content: Vec<u8>,
}

/// Reads an object, wherever it lies; none where the repository has it not.
pub(super) fn read(
    repository: &Repository<'_>,
    id: &ObjectId,
    budget: &mut Budget,
) -> Result<Option<Object>, InspectError> {
    read_at_level(repository, id, 0, budget)
}

/// The same for an object that others, `level` of them, stand on.
pub(super) fn read_at_level(
    repository: &Repository<'_>,
    id: &ObjectId,
    level: u32,
    budget: &mut Budget,
) -> Result<Option<Object>, InspectError> {
    let name = id.to_string();
    let (folder, file) = name.split_at_checked(2).unwrap_or_default();
    let path = format!("{}objects/{folder}/{file}", repository.common);
    match repository.files.open(&path) {
        Some(source) => loose(&*source, budget).map(Some),
        None => pack::find(repository, id, level, budget),
    }
}

/// `KIND SIZE\0CONTENT`, compressed.
fn loose(source: &dyn ReadAt, budget: &mut Budget) -> Result<Object, InspectError> {
    let malformed = || InspectError::malformed("git object", "a head that is none", 0);
    let all = inflate(source, 0, None, budget)?;
    let end = all.iter().take(64).position(|byte| *byte == 0).ok_or_else(malformed)?;
    let head = std::str::from_utf8(all.get(..end).unwrap_or_default()).map_err(|_| malformed())?;
    let (kind, size) = head.split_once(' ').ok_or_else(malformed)?;
    let kind = match kind {
        "commit" => Kind::Commit,
        "tree" => Kind::Tree,
        "blob" => Kind::Blob,
        "tag" => Kind::Tag,
        _ => return Err(malformed()),
    };
    let content = all.get(end + 1..).unwrap_or_default().to_vec();
    if size.parse() != Ok(content.len()) {
        return Err(malformed());
    }
    Ok(Object { kind, content })
}

/// Unpacks a zlib stream that starts at `offset`, to `size` bytes where that is known.
pub(super) fn inflate(
    source: &dyn ReadAt,
    offset: u64,
    size: Option<u64>,
    budget: &mut Budget,
) -> Result<Vec<u8>, InspectError> {
    let malformed = |what| InspectError::malformed("git object", what, offset);
    let limit = size.unwrap_or(MAX_OBJECT);
    if limit > MAX_OBJECT {
        return Err(malformed("an object above the limit of 32 MiB"));
    }
    let mut reading = Reading { source, at: offset, budget, failed: None };
    let mut out = Vec::new();
    let read = ZlibDecoder::new(&mut reading).take(limit + 1).read_to_end(&mut out);
    if let Some(error) = reading.failed {
        return Err(error);
    }
    if read.is_err() || size.is_some_and(|size| size != out.len() as u64) {
        return Err(malformed("compressed bytes that cannot be unpacked"));
    }
    if out.len() as u64 > limit {
        return Err(malformed("an object above the limit of 32 MiB"));
    }
    reading.budget.bytes(out.len() as u64)?;
    Ok(out)
}

/// Reads on from an offset, in pieces, under the budget.
struct Reading<'a> {
    source: &'a dyn ReadAt,
    at: u64,
    budget: &'a mut Budget,
    failed: Option<InspectError>,
}

impl Read for Reading<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.at);
        let want = (buf.len() as u64).min(left).min(4096);
        let buf = buf.get_mut(..usize::try_from(want).unwrap_or(0)).unwrap_or_default();
        let spent = self.budget.bytes(want).map_err(InspectError::from);
        let read = spent.and_then(|()| Ok(self.source.read_at(self.at, buf)?));
        if let Err(error) = read {
            self.failed = Some(error);
            return Err(io::Error::other("see `failed`"));
        }
        self.at += want;
        Ok(buf.len())
    }
}
