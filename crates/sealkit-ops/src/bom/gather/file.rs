//! One file of this machine, read whole once: hashed, counted and inspected.

use std::fs::File;
use std::io;

use sealkit_inspect::{
    Class, Facts, Identified, ReadAt, ReadError, Stream, TensorHash, Value, end_within, identify,
    inspect_as, property, tensor_digests,
};
use sealkit_oci::{Digest, Sha256};
use sealkit_pack::tar::RangeSource;
use sealkit_report::{Budget, Severity};

/// Bytes of one read.
const PIECE: usize = 256 << 10;
/// How often each byte of a file may be hashed for tensors that share it, on average.
const MAX_SHARED: u64 = 4;

/// A file, or a range of one.
pub(crate) struct Local {
    file: File,
    start: u64,
    len: u64,
}

impl Local {
    /// The whole file.
    pub(crate) fn whole(file: File) -> Self {
        let len = RangeSource::size(&file);
        Self { file, start: 0, len }
    }

    /// `len` bytes of the file from `start` on.
    pub(crate) fn range(file: &File, start: u64, len: u64) -> io::Result<Self> {
        let size = RangeSource::size(file);
        if start.checked_add(len).is_none_or(|end| end > size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { file: file.try_clone()?, start, len })
    }
}

impl ReadAt for Local {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len() as u64;
        end_within(offset, len, self.len)?;
        let failed = |error: io::Error| ReadError::Source { offset, len, source: Box::new(error) };
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match RangeSource::read_at(&self.file, self.start + offset + filled as u64, rest) {
                Ok(0) => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

/// Whether a file is read from its first byte to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// Always, to hash it.
    Hash,
    /// Where its format has something to count.
    Count,
    /// Never: reading costs too much.
    Never,
}

/// What looking at a file gave.
#[derive(Debug)]
pub(crate) struct Looked {
    /// What it is to a kit.
    pub(crate) class: Class,
    /// What it says.
    pub(crate) facts: Facts,
    /// Its SHA-256, where it was read to hash it.
    pub(crate) digest: Option<Digest>,
    /// Whether it could not be read.
    pub(crate) failed: bool,
    /// Whether what it says was let go, and is to be read again.
    pub(crate) later: bool,
}

impl Looked {
    /// A file that could not be looked at.
    pub(crate) fn unreadable(path: &str, reason: &str) -> Self {
        let facts = unreadable(path, reason);
        Self { class: Class::Unknown, facts, digest: None, failed: true, later: false }
    }
}

/// Inspects a file, and reads it whole as far as asked; with the digests of its tensors where a hash is
/// given.
pub(crate) fn look(
    path: &str,
    source: &dyn ReadAt,
    whole: Whole,
    tensors: Option<TensorHash>,
) -> Looked {
    if whole == Whole::Hash && (1..=PIECE as u64).contains(&source.len()) {
        // One read serves inspection, counting and hashing: most files of most folders are small.
        let mut bytes = vec![0; source.len() as usize];
        return match source.read_at(0, &mut bytes) {
            Ok(()) => look_at(path, &bytes, whole, tensors),
            Err(error) => Looked::unreadable(path, &error.to_string()),
        };
    }
    look_at(path, source, whole, tensors)
}

/// Looks at a whole file that was `expected` bytes long when it was listed, to hash it. A small one that
/// still is costs one read and no question more.
pub(crate) fn look_file(
    path: &str,
    file: File,
    expected: u64,
    tensors: Option<TensorHash>,
) -> Looked {
    match small(&file, expected) {
        Ok(Some(bytes)) => look_at(path, &bytes, Whole::Hash, tensors),
        // What grew or shrank, or could not be read, is looked at as it is now.
        Ok(None) | Err(_) => look(path, &Local::whole(file), Whole::Hash, tensors),
    }
}

/// The bytes of a file of `expected` bytes; none where it is large, or of another size.
fn small(file: &File, expected: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(len) = usize::try_from(expected).ok().filter(|len| *len <= PIECE) else {
        return Ok(None);
    };
    // Room for one more tells a file that grew.
    let mut bytes = vec![0; len + 1];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match RangeSource::read_at(file, filled as u64, rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        if filled == len {
            break;
        }
    }
    bytes.truncate(filled);
    Ok((filled == len).then_some(bytes))
}

/// What a file says that was hashed already: it is read whole only where its format has something to count.
pub(crate) fn look_again(path: &str, file: File, tensors: Option<TensorHash>) -> Facts {
    look(path, &Local::whole(file), Whole::Count, tensors).facts
}

fn look_at(path: &str, source: &dyn ReadAt, whole: Whole, tensors: Option<TensorHash>) -> Looked {
    let mut looked = inspected(path, source, whole, tensors);
    // These are kept until all files are read.
    looked.facts.facts.shrink_to_fit();
    looked
}

fn inspected(path: &str, source: &dyn ReadAt, whole: Whole, tensors: Option<TensorHash>) -> Looked {
    let mut budget = Budget::default();
    let found = match identify(path, source, &mut budget) {
        Ok(found) => found,
        Err(error) => return Looked::unreadable(path, &error.to_string()),
    };
    let class = found.class;
    let mut facts = inspect_as(&found, path, source, &mut budget);
    if let Some(hash) = tensors {
        // Whoever asks for the digests of all tensors asks to read all of them. Some may share bytes; a header
        // in which all do would have them read without end.
        let bytes = source.len().saturating_mul(MAX_SHARED);
        let mut all = Budget::new(bytes, u64::MAX, u64::MAX, 64);
        let digests = tensor_digests(source, &facts, hash, &mut all);
        facts.extend(digests);
    }
    let stream = stream_of(&found, path, whole);
    if whole == Whole::Never || (whole == Whole::Count && stream.is_none()) {
        return Looked { class, facts, digest: None, failed: false, later: false };
    }
    match read_whole(source, stream) {
        Ok((counted, digest)) => {
            if let Some(counted) = counted {
                measured(&mut facts, counted);
            }
            Looked { class, facts, digest: Some(digest), failed: false, later: false }
        }
        Err(error) => {
            facts.extend(unreadable(path, &error.to_string()));
            Looked { class, facts, digest: None, failed: true, later: false }
        }
    }
}

fn stream_of(found: &Identified, path: &str, whole: Whole) -> Option<Box<dyn Stream>> {
    let inspector = found.inspector.filter(|_| whole != Whole::Never)?;
    inspector.stream(path)
}

fn read_whole(
    source: &dyn ReadAt,
    mut stream: Option<Box<dyn Stream>>,
) -> Result<(Option<Facts>, Digest), ReadError> {
    let mut hasher = Sha256::default();
    let size = source.len();
    let mut buffer = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE)).max(1)];
    let mut offset = 0;
    while offset < size {
        let count = (size - offset).min(buffer.len() as u64) as usize;
        let piece = buffer.get_mut(..count).unwrap_or_default();
        source.read_at(offset, piece)?;
        hasher.update(piece);
        if let Some(stream) = &mut stream {
            stream.push(piece);
        }
        offset += count as u64;
    }
    Ok((stream.map(Stream::finish), hasher.finish()))
}

/// What was counted takes the place of the remark that it was not.
fn measured(facts: &mut Facts, counted: Facts) {
    let is_counted = |name: &str| counted.facts.iter().any(|fact| fact.property == name);
    facts
        .facts
        .retain(|fact| fact.property != property::NOT_MEASURED || !is_counted(&fact.subject));
    facts.extend(counted);
}

/// A file that could not be read.
pub(crate) fn unreadable(path: &str, reason: &str) -> Facts {
    let mut facts = Facts { incomplete: true, ..Facts::default() };
    facts.find("not-inspected", Severity::Medium, (path, ""), reason);
    facts
}

/// A fact that was not measured, and why.
pub(crate) fn not_measured(facts: &mut Facts, what: &str, why: &str) {
    let fact = (property::NOT_MEASURED, Value::Text(why.to_owned()));
    facts.about(what, sealkit_report::Known::Measured, ("", ""), fact);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_is_now_whatever_it_was_when_it_was_listed() {
        let dir = tempfile::tempdir().unwrap();
        for len in [0, 1, 100, PIECE - 1, PIECE, PIECE + 1] {
            let path = dir.path().join(len.to_string());
            let bytes: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let len = len as u64;
            for expected in [len, len + 1, len.saturating_sub(1), 0, u64::MAX] {
                let file = File::open(&path).unwrap();
                let looked = look_file("a.bin", file, expected, None);
                assert_eq!(looked.digest, Some(Digest::of(&bytes)), "{len} {expected}");
                assert!(!looked.facts.incomplete);
            }
            let small = small(&File::open(&path).unwrap(), len).unwrap();
            assert_eq!(small.is_some(), len <= PIECE as u64, "{len}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_where_a_file_was_is_unreadable() {
        let dir = tempfile::tempdir().unwrap();
        let looked = look_file("a", File::open(dir.path()).unwrap(), 10, None);
        assert!(looked.digest.is_none() && looked.facts.incomplete);
    }
}
