//! What the files of a kit say, read from the stored blobs: what is signed is what was inspected.

use std::collections::BTreeMap;
use std::fs::File;

use sealkit_inspect::{Facts, ReadAt, ReadError, Slice, inspect};
use sealkit_oci::{Compression, Descriptor, FileKind, FileTable, LayerType};
use sealkit_pack::tar::RangeSource;
use sealkit_report::{Budget, Finding};
use sealkit_store::Layout;

use crate::OpsError;

/// What inspection gave.
#[derive(Debug, Default)]
pub(crate) struct Inspected {
    /// Facts by path.
    pub(crate) facts: BTreeMap<String, Facts>,
    /// Findings, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// Layers that could not be inspected, and why.
    pub(crate) skipped: Vec<String>,
}

/// Inspects every file of every uncompressed layer of a kit in the local store.
pub(crate) fn inspect_store(
    store: &Layout,
    layers: &[Descriptor],
    table: &FileTable,
) -> Result<Inspected, OpsError> {
    let mut all = Inspected::default();
    for (layer, files) in layers.iter().zip(&table.layers) {
        let kind = layer.media_type.parse::<LayerType>().ok();
        if kind.is_none_or(|kind| kind.compression != Compression::None) {
            all.skipped.push(format!("layer {} is compressed", layer.digest));
            continue;
        }
        let path = store.blob_path(&layer.digest);
        let file = File::open(&path).map_err(|source| OpsError::io("read", &path, source))?;
        let blob = Blob { size: RangeSource::size(&file), file };
        for entry in files.files.iter().filter(|entry| entry.kind == FileKind::File) {
            match Slice::new(&blob, entry.offset, entry.size) {
                Ok(source) => all.add(&entry.path, &source),
                Err(error) => all.skipped.push(format!("`{}`: {error}", entry.path)),
            }
        }
    }
    all.findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.evidence.file.cmp(&b.evidence.file))
    });
    Ok(all)
}

impl Inspected {
    /// Inspects one file.
    pub(crate) fn add(&mut self, path: &str, source: &dyn ReadAt) {
        let (_, facts) = inspect(path, source, &mut Budget::default());
        self.findings.extend(facts.findings.iter().cloned());
        self.facts.insert(path.to_owned(), facts);
    }
}

/// A blob of the local store.
struct Blob {
    file: File,
    size: u64,
}

impl ReadAt for Blob {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match RangeSource::read_at(&self.file, offset + filled as u64, rest) {
                Ok(0) => {
                    let len = buf.len() as u64;
                    return Err(ReadError::OutOfRange { offset, len, size: self.size });
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let len = buf.len() as u64;
                    return Err(ReadError::Source { offset, len, source: Box::new(error) });
                }
            }
        }
        Ok(())
    }
}
