//! Streaming an archive's blobs into a store, with every digest checked on the way.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Index, MAX_MANIFEST_BYTES, Raw, media_type};
use sealkit_pack::tar::{Streamed, TarEntry, TarKind, TarReader};
use sealkit_report::Budget;
use sealkit_store::{BlobStore as _, LayoutRepository, StoreError};
use tokio::runtime::Handle;

use super::{ArchiveError, BLOBS, CHUNK, INDEX_FILE, LAYOUT_FILE};
use crate::{Context, OpsError};

/// Most entries of an archive.
const MAX_ENTRIES: u64 = 200_000;
/// Most bytes of extended headers, all together.
const MAX_EXTENSIONS: u64 = 64 << 20;
/// Largest `oci-layout` in bytes.
const MAX_LAYOUT: u64 = 64 << 10;

/// What came out of an archive: its blobs are in the store, where nothing names them yet.
pub(super) struct Unpacked {
    /// `index.json`.
    pub(super) index: Index,
    /// Entries that mean nothing here, such as `manifest.json` of `docker save`.
    pub(super) ignored: usize,
}

/// Reads a whole archive. Blocks: it runs on a thread of its own.
pub(super) fn unpack(
    context: &Context,
    to: &LayoutRepository,
    input: Box<dyn Read + Send>,
    label: &str,
) -> Result<Unpacked, OpsError> {
    let tar = TarReader::new(Streamed::new(input), Budget::new(MAX_EXTENSIONS, MAX_ENTRIES, 0, 0));
    let failed = |source| OpsError::Archive { archive: label.to_owned(), source };
    let mut reader = Reader { context, to, tar, label, seen: HashSet::new() };
    let (mut index, mut has_layout, mut ignored) = (None, false, 0);
    while let Some(entry) = reader.next().map_err(failed)? {
        match entry.path.as_str() {
            LAYOUT_FILE => {
                reader.document(&entry, MAX_LAYOUT).map_err(failed)?;
                has_layout = true;
            }
            INDEX_FILE => {
                let bytes = reader.document(&entry, MAX_MANIFEST_BYTES as u64).map_err(failed)?;
                index = Some(parse_index(bytes).map_err(failed)?);
            }
            path if path.starts_with("blobs/") => reader.blob(&entry)?,
            _ => ignored += 1,
        }
    }
    reader.tar.finish().map_err(|source| failed(source.into()))?;
    if !has_layout {
        return Err(failed(ArchiveError::Missing(LAYOUT_FILE)));
    }
    let index = index.ok_or_else(|| failed(ArchiveError::Missing(INDEX_FILE)))?;
    Ok(Unpacked { index, ignored })
}

fn parse_index(bytes: Vec<u8>) -> Result<Index, ArchiveError> {
    let parsed = Raw::<Index>::parse(media_type::OCI_INDEX, bytes);
    let name = INDEX_FILE.to_owned();
    let raw = parsed.map_err(|source| ArchiveError::Document { name, source })?;
    Ok(raw.value().clone())
}

struct Reader<'a> {
    context: &'a Context,
    to: &'a LayoutRepository,
    tar: TarReader<Streamed<Box<dyn Read + Send>>>,
    label: &'a str,
    seen: HashSet<String>,
}

impl Reader<'_> {
    /// The next file, its name checked and without a leading `./`.
    fn next(&mut self) -> Result<Option<TarEntry>, ArchiveError> {
        while let Some(mut entry) = self.tar.next_entry()? {
            let path = safe_name(&entry.path)?;
            match entry.kind {
                TarKind::Dir => continue,
                TarKind::File => {}
                other => return Err(ArchiveError::Kind { path, kind: other.name() }),
            }
            if !self.seen.insert(path.clone()) {
                return Err(ArchiveError::Duplicate(path));
            }
            entry.path = path;
            return Ok(Some(entry));
        }
        Ok(None)
    }

    fn document(&mut self, entry: &TarEntry, limit: u64) -> Result<Vec<u8>, ArchiveError> {
        let (path, size) = (entry.path.clone(), entry.size);
        if size > limit {
            return Err(ArchiveError::TooLarge { path, size, limit });
        }
        let mut bytes = Vec::new();
        self.tar.read_to_end(&mut bytes).map_err(sealkit_pack::tar::TarError::Io)?;
        Ok(bytes)
    }

    fn blob(&mut self, entry: &TarEntry) -> Result<(), OpsError> {
        let name = entry.path.strip_prefix(BLOBS).and_then(|rest| rest.strip_prefix('/'));
        let digest: Digest =
            format!("sha256:{}", name.unwrap_or_default()).parse().map_err(|source| {
                let source = ArchiveError::BlobName { path: entry.path.clone(), source };
                OpsError::Archive { archive: self.label.to_owned(), source }
            })?;
        let runtime = Handle::current();
        let expected = Descriptor::new("", digest, entry.size);
        let mut upload = runtime.block_on(self.to.write(&expected))?;
        let stored = upload.offset();
        let mut done = self.pass(stored);
        while let Ok(true) = done {
            match self.chunk() {
                Ok(chunk) if chunk.is_empty() => break,
                Ok(chunk) => {
                    self.context.progress.advance(chunk.len() as u64);
                    done =
                        runtime.block_on(upload.append(chunk)).map(|()| true).map_err(Into::into);
                }
                Err(error) => done = Err(error),
            }
        }
        match done {
            Ok(_) => Ok(runtime.block_on(upload.finish()).map_err(|e| self.placed(e))?),
            Err(error) => {
                // Nothing of a broken archive stays.
                runtime.block_on(upload.abort())?;
                Err(error)
            }
        }
    }

    /// Passes over what the store has already.
    fn pass(&mut self, count: u64) -> Result<bool, OpsError> {
        let passed = std::io::copy(&mut (&mut self.tar).take(count), &mut std::io::sink());
        match passed {
            Ok(_) => Ok(true),
            Err(source) => Err(self.unreadable(source)),
        }
    }

    fn chunk(&mut self) -> Result<Bytes, OpsError> {
        let mut bytes = Vec::with_capacity(CHUNK);
        let read = (&mut self.tar).take(CHUNK as u64).read_to_end(&mut bytes);
        read.map_err(|source| self.unreadable(source))?;
        Ok(bytes.into())
    }

    fn unreadable(&self, source: std::io::Error) -> OpsError {
        OpsError::io("read", Path::new(self.label), source)
    }

    /// Wrong bytes came from the archive and not from the store.
    fn placed(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::DigestMismatch { expected, actual, .. } => {
                StoreError::DigestMismatch { expected, actual, place: self.label.to_owned() }
            }
            other => other,
        }
    }
}

/// The name without `./`, or an error where it leads out of the archive or is written oddly.
fn safe_name(path: &str) -> Result<String, ArchiveError> {
    let name = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    let odd = |part: &str| part.is_empty() || part == "." || part == "..";
    let is_root = matches!(path, "." | "./");
    if !is_root && (name.split('/').any(odd) || name.contains(['\\', '\0'])) {
        return Err(ArchiveError::Name(path.to_owned()));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for good in ["oci-layout", "./index.json", "blobs/", "./", "."] {
            assert!(safe_name(good).is_ok(), "{good}");
        }
        for bad in ["../x", "/etc/passwd", "blobs/../x", "a//b", "a/./b", "..", "a\\b", ""] {
            assert!(matches!(safe_name(bad), Err(ArchiveError::Name(_))), "{bad}");
        }
    }
}
