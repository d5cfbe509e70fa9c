//! Reads tar archives that anybody may have written: V7, USTAR, star, GNU and PAX headers. It
//! reports what it can not give (sparse files, links, devices) as a kind, never passes it over.

use std::io::{self, Read};

use sealkit_report::{Budget, Exceeded};

use super::fields::{Extension, Fields};
use super::source::Source;
use super::write::{BLOCK, padding};

/// The longest PAX or GNU extension that is read: 1 MiB, as Go's limit.
pub(super) const MAX_EXTENSION: u64 = 1 << 20;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TarKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A hard link.
    Hardlink,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// A file with holes, whose body needs a map to be understood.
    Sparse,
    /// A type that is not known, with its flag.
    Unknown(u8),
}

impl TarKind {
    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dir => "folder",
            Self::Symlink => "symbolic link",
            Self::Hardlink => "hard link",
            Self::Device => "device",
            Self::Fifo => "named pipe",
            Self::Sparse => "sparse file",
            Self::Unknown(_) => "entry of unknown type",
        }
    }
}

/// One entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TarEntry {
    /// The name as the archive has it: not yet checked for safety.
    pub path: String,
    /// What it is.
    pub kind: TarKind,
    /// The twelve mode bits.
    pub mode: u32,
    /// Size of the body in bytes.
    pub size: u64,
    /// Offset of the body in the archive.
    pub offset: u64,
    /// Where a link points to; empty otherwise.
    pub link: String,
}

/// Why an archive can not be read.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// Its source could not be read.
    #[error("archive could not be read")]
    Io(#[from] io::Error),
    /// It ends in the middle of an entry.
    #[error("archive ends early, at offset {0}")]
    Truncated(u64),
    /// A header's checksum is wrong, or it is no header at all.
    #[error("header at offset {0} has a wrong checksum")]
    Checksum(u64),
    /// A number is malformed or out of range.
    #[error("header at offset {offset} has a malformed {field}")]
    Field {
        /// `size`, `mode`, `name`, `PAX record` or `extension`.
        field: &'static str,
        /// Offset of the header.
        offset: u64,
    },
    /// A name is not UTF-8.
    #[error("name `{0}` is not valid UTF-8")]
    NotUtf8(String),
    /// Something other than zeros follows the end of the archive.
    #[error("archive is followed by other data, at offset {0}")]
    Trailing(u64),
    /// There is more than the budget allows.
    #[error(transparent)]
    Limit(#[from] Exceeded),
}

/// Reads an archive entry by entry under a budget: one entry for each header, bytes for extended
/// headers. Bodies are not counted: whoever reads them does.
pub struct TarReader<S> {
    source: S,
    budget: Budget,
    /// Bytes of the current body that were not read.
    body_left: u64,
    padding: usize,
    ended: bool,
}

impl<S: Source> TarReader<S> {
    /// Reads from where `source` is.
    pub fn new(source: S, budget: Budget) -> Self {
        Self { source, budget, body_left: 0, padding: 0, ended: false }
    }

    /// The next entry, with the rest of the one before passed over; none at the end.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>, TarError> {
        let mut extension = Extension::default();
        loop {
            self.leave_body()?;
            let offset = self.source.position();
            let Some(block) = self.next_block()? else {
                let complete = extension.is_empty();
                return if complete { Ok(None) } else { Err(TarError::Truncated(offset)) };
            };
            self.budget.entries(1)?;
            let fields = Fields { block: &block, offset };
            let flag = fields.check()?;
            match flag {
                b'x' | b'L' | b'K' | b'g' => {
                    let body = self.extension_body(&fields)?;
                    extension.add(flag, &body, offset)?;
                }
                _ => return self.enter_body(fields.entry(extension)?, offset).map(Some),
            }
        }
    }

    /// Checks that nothing but zeros follows the end of the archive, and reads it all.
    pub fn finish(mut self) -> Result<S, TarError> {
        let mut buffer = [0; BLOCK];
        loop {
            let offset = self.source.position();
            let count = self.source.fill(&mut buffer)?;
            let got = buffer.get(..count).unwrap_or_default();
            if got.iter().any(|byte| *byte != 0) {
                return Err(TarError::Trailing(offset));
            }
            if count == 0 {
                return Ok(self.source);
            }
        }
    }

    fn enter_body(&mut self, entry: TarEntry, at: u64) -> Result<TarEntry, TarError> {
        let offset = self.source.position();
        let end = offset.checked_add(entry.size).and_then(|end| end.checked_add(BLOCK as u64));
        end.ok_or(TarError::Field { field: "size", offset: at })?;
        self.body_left = entry.size;
        self.padding = padding(entry.size);
        Ok(TarEntry { offset, ..entry })
    }

    fn leave_body(&mut self) -> Result<(), TarError> {
        let rest = self.body_left + self.padding as u64;
        (self.body_left, self.padding) = (0, 0);
        if rest > 0 && !self.source.skip(rest)? {
            return Err(TarError::Truncated(self.source.position()));
        }
        Ok(())
    }

    /// The next header block; none at the end: two zero blocks, or no more bytes.
    fn next_block(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut block = [0; BLOCK];
        let mut zeros = 0;
        while !self.ended {
            match self.source.fill(&mut block)? {
                0 => self.ended = true,
                BLOCK if block.iter().any(|byte| *byte != 0) => {
                    let offset = self.source.position() - BLOCK as u64;
                    return if zeros == 0 {
                        Ok(Some(block))
                    } else {
                        Err(TarError::Trailing(offset))
                    };
                }
                BLOCK => {
                    zeros += 1;
                    self.ended = zeros == 2;
                }
                _ => return Err(TarError::Truncated(self.source.position())),
            }
        }
        Ok(None)
    }

    fn extension_body(&mut self, fields: &Fields<'_>) -> Result<Vec<u8>, TarError> {
        let size = fields.size()?;
        if size > MAX_EXTENSION {
            return Err(TarError::Field { field: "extension", offset: fields.offset });
        }
        self.budget.bytes(size)?;
        let mut body = vec![0; size as usize];
        let got = self.source.fill(&mut body)?;
        if got != body.len() || !self.source.skip(padding(size) as u64)? {
            return Err(TarError::Truncated(self.source.position()));
        }
        Ok(body)
    }
}

/// Reads the body of the entry that came last.
impl<S: Source> Read for TarReader<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.body_left).map_or(buffer.len(), |l| l.min(buffer.len()));
        let Some(part) = buffer.get_mut(..want).filter(|part| !part.is_empty()) else {
            return Ok(0);
        };
        let count = self.source.fill(part)?;
        if count < want {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.body_left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
