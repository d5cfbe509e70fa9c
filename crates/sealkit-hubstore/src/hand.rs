//! The hand that writes an upload: with each byte goes its hash.

use std::io::{self, Read as _, Write as _};

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
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)?;
        if let (Some(bodies), Some(all)) = (&mut self.bodies, self.hasher.as_sha256()) {
            bodies.push(bytes, all);
        } else {
            self.bodies = None;
            self.hasher.update(bytes);
        }
        Ok(())
    }

    /// Files that were found in what was written; none are looked for any more.
    pub(crate) fn take_ranges(&mut self) -> Vec<HashedRange> {
        self.bodies.take().map(BodyHasher::finish).unwrap_or_default()
    }
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
