//! The hand that writes an upload: with each byte goes its hash.

use std::io::{self, IoSlice, Read as _};

use bytes::Bytes;
use sealkit_oci::Algorithm;
use sealkit_pack::tar::BodyHasher;
use sealkit_store::{HashedRange, Hasher, StoreError};

use crate::state::OpenUpload;
use crate::{ObjectWriter, Objects};

/// Bytes that are hashed again at once.
const STEP: usize = 512 * 1024;

/// What writes, and what is known of what was written.
pub(crate) struct Hand {
    pub(crate) writer: Box<dyn ObjectWriter>,
    pub(crate) hasher: Hasher,
    /// Hashes the files where it is an archive; none where not all bytes came this way.
    pub(crate) bodies: Option<BodyHasher>,
}

impl Hand {
    /// One that has written nothing yet.
    pub(crate) fn new(writer: Box<dyn ObjectWriter>, hasher: Hasher) -> Self {
        Self { writer, hasher, bodies: Some(BodyHasher::default()) }
    }

    /// Writes and hashes. Where that fails nothing is hashed.
    pub(crate) fn write(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        write_all(&mut *self.writer, pieces)?;
        for bytes in pieces {
            self.hash(bytes);
        }
        Ok(())
    }

    fn hash(&mut self, bytes: &[u8]) {
        if let (Some(bodies), Some(all)) = (&mut self.bodies, self.hasher.as_sha256()) {
            bodies.push(bytes, all);
        } else {
            self.bodies = None;
            self.hasher.update(bytes);
        }
    }

    /// Files that were found in what was written; none are looked for any more.
    pub(crate) fn take_ranges(&mut self) -> Vec<HashedRange> {
        self.bodies.take().map(BodyHasher::finish).unwrap_or_default()
    }
}

/// Writes pieces, as many at once as the system takes.
fn write_all(writer: &mut dyn ObjectWriter, pieces: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|bytes| IoSlice::new(bytes)).collect();
    let mut left = slices.as_mut_slice();
    // None that is empty is written: that would be no progress.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match writer.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut left, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Opens the object of an upload where its row stands. An object that is shorter lost its end: what is
/// left is hashed again.
pub(crate) fn open(
    objects: &dyn Objects,
    mut row: OpenUpload,
) -> Result<(OpenUpload, Hand), StoreError> {
    let size = if let Some(size) = objects.size(&row.key)? {
        size
    } else {
        objects.create(&row.key)?;
        0
    };
    let resumed = Hasher::resume(row.algorithm, &row.hash).filter(|_| size >= row.place);
    row.place = row.place.min(size);
    let hasher = match resumed {
        Some(hasher) => hasher,
        None => hash(objects, &row.key, row.algorithm, row.place)?,
    };
    let writer = objects.append(&row.key, row.place)?;
    let bodies = (row.place == 0).then(BodyHasher::default);
    Ok((row, Hand { writer, hasher, bodies }))
}

/// Hashes the first `size` bytes of an object.
pub(crate) fn hash(
    objects: &dyn Objects,
    key: &str,
    algorithm: Algorithm,
    size: u64,
) -> Result<Hasher, StoreError> {
    let mut hasher = Hasher::new(algorithm);
    let mut reader = objects.read(key, 0..size)?;
    let mut buffer = vec![0; STEP];
    loop {
        let count = reader.read(&mut buffer);
        match count.map_err(|source| StoreError::io("read", "object", source))? {
            0 => return Ok(hasher),
            count => hasher.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use sealkit_oci::Digest;

    use super::*;

    /// Takes a few bytes at once, and none beyond its end.
    struct Narrow(Arc<Mutex<Vec<u8>>>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut all = self.0.lock().unwrap();
            let count = bytes.len().min(7).min(self.1 - all.len());
            all.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl ObjectWriter for Narrow {
        fn sync(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    #[test]
    fn pieces_are_written_and_hashed_in_their_order_or_not_hashed_at_all() {
        let pieces = ["", "first", "", "the second", "3", ""].map(Bytes::from);
        let all = pieces.concat();
        for (room, is_enough) in [(all.len(), true), (all.len() - 1, false), (3, false)] {
            let written = Arc::default();
            let writer = Box::new(Narrow(Arc::clone(&written), room));
            let mut hand = Hand::new(writer, Hasher::new(Algorithm::Sha256));
            assert_eq!(hand.write(&pieces).is_ok(), is_enough);
            assert_eq!(*written.lock().unwrap(), all[..room]);
            let hashed = if is_enough { &all[..] } else { b"" };
            assert_eq!(hand.hasher.finish().unwrap(), Digest::of(hashed));
        }
        let nothing = Box::new(Narrow(Arc::default(), 0));
        Hand::new(nothing, Hasher::new(Algorithm::Sha512)).write(&[Bytes::new()]).unwrap();
    }
}
