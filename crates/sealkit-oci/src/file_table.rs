//! The file table: every file of a kit with its place, size and digests, so that later stages
//! need not read the bytes again and single ranges can be verified (DESIGN §2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Size in bytes of the segments of a large file that have a BLAKE3 hash each: 1 MiB.
pub const SEGMENT_SIZE: u64 = 1024 * 1024;

/// Number of hex digits of one BLAKE3 segment hash.
const SEGMENT_HEX: usize = 64;

/// A table of every entry of every layer of one kit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileTable {
    /// Version of this format: 1.
    pub schema_version: u32,
    /// Size in bytes of the segments that [`FileEntry::segments`] hashes: [`SEGMENT_SIZE`].
    pub segment_size: u64,
    /// One table for each layer, in the manifest's order.
    pub layers: Vec<LayerTable>,
    /// The kits that the Kitfile refers to, as it writes them, with the digests that they had when
    /// the kit was packed; those that could not be resolved are not named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub references: BTreeMap<String, Digest>,
}

/// The entries of one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerTable {
    /// Digest of the layer's blob.
    pub digest: Digest,
    /// Digest of the uncompressed layer.
    pub diff_id: Digest,
    /// The entries in the order in which the layer holds them.
    pub files: Vec<FileEntry>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
}

/// One file or directory of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileEntry {
    /// Path inside the kit, `/`-separated, relative.
    pub path: String,
    /// File or directory.
    pub kind: FileKind,
    /// Permission bits.
    pub mode: u32,
    /// Offset in bytes of the content inside the uncompressed layer.
    pub offset: u64,
    /// Size of the content in bytes.
    pub size: u64,
    /// SHA-256 of the content; none for a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// BLAKE3 of each segment of a file larger than one segment: 64 hex digits each, joined.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub segments: String,
}

/// What is wrong with a file table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileTableError {
    /// The version is not 1.
    #[error("file table has schema version {0}: only 1 is known")]
    Version(u32),
    /// The segment size is not [`SEGMENT_SIZE`].
    #[error("file table has segments of {0} bytes: only {SEGMENT_SIZE} is known")]
    SegmentSize(u64),
    /// A regular file has no digest, or a directory has one.
    #[error("file table entry `{0}` has no digest where it must, or one where it must not")]
    Digest(String),
    /// The segment hashes are not as many as the size of the file asks for.
    #[error("file table entry `{0}` has the wrong number of segment hashes")]
    Segments(String),
    /// Content lies outside of what 64 bits can address.
    #[error("file table entry `{0}` lies out of range")]
    Range(String),
}

impl FileTable {
    /// A table of `layers` in the current version.
    pub fn new(layers: Vec<LayerTable>) -> Self {
        let references = BTreeMap::new();
        Self { schema_version: 1, segment_size: SEGMENT_SIZE, layers, references }
    }

    /// Checks a table that came from elsewhere: version, digests, segment counts, ranges.
    pub fn validate(&self) -> Result<(), FileTableError> {
        if self.schema_version != 1 {
            return Err(FileTableError::Version(self.schema_version));
        }
        if self.segment_size != SEGMENT_SIZE {
            return Err(FileTableError::SegmentSize(self.segment_size));
        }
        self.layers.iter().flat_map(|layer| &layer.files).try_for_each(FileEntry::validate)
    }

    /// Every entry with the table of its layer, layer by layer.
    pub fn entries(&self) -> impl Iterator<Item = (&LayerTable, &FileEntry)> {
        self.layers.iter().flat_map(|layer| layer.files.iter().map(move |file| (layer, file)))
    }

    /// The first regular file at `path`.
    pub fn find(&self, path: &str) -> Option<(&LayerTable, &FileEntry)> {
        self.entries().find(|(_, file)| file.kind == FileKind::File && file.path == path)
    }
}

impl FileEntry {
    /// The segment hashes one by one, 64 hex digits each.
    pub fn segment_hashes(&self) -> impl Iterator<Item = &str> {
        (0..self.segments.len() / SEGMENT_HEX)
            .filter_map(|i| self.segments.get(i * SEGMENT_HEX..(i + 1) * SEGMENT_HEX))
    }

    fn validate(&self) -> Result<(), FileTableError> {
        let is_file = self.kind == FileKind::File;
        if self.digest.is_some() != is_file {
            return Err(FileTableError::Digest(self.path.clone()));
        }
        if self.offset.checked_add(self.size).is_none() {
            return Err(FileTableError::Range(self.path.clone()));
        }
        let count =
            if is_file && self.size > SEGMENT_SIZE { self.size.div_ceil(SEGMENT_SIZE) } else { 0 };
        let is_hex = self.segments.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hex || self.segments.len() as u64 != count * SEGMENT_HEX as u64 {
            return Err(FileTableError::Segments(self.path.clone()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(size: u64, segments: &str) -> FileEntry {
        FileEntry {
            path: "a".into(),
            kind: FileKind::File,
            mode: 0o644,
            offset: 512,
            size,
            digest: Some(Digest::of(b"a")),
            segments: segments.into(),
        }
    }

    fn table(entry: FileEntry) -> FileTable {
        let digest = Digest::of(b"layer");
        let files = vec![entry];
        FileTable::new(vec![LayerTable { diff_id: digest.clone(), digest, files }])
    }

    #[test]
    fn a_good_table_reads_back_and_is_valid() {
        let hashes = "0123456789abcdef".repeat(8);
        let table = table(entry(SEGMENT_SIZE + 1, &hashes));
        table.validate().unwrap();
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<FileTable>(&json).unwrap(), table);
        assert_eq!(table.layers[0].files[0].segment_hashes().count(), 2);
        assert!(table.find("a").is_some());
        assert!(table.find("b").is_none());
    }

    #[test]
    fn a_table_that_lies_about_itself_is_refused() {
        let short = table(entry(SEGMENT_SIZE + 1, "00"));
        assert_eq!(short.validate(), Err(FileTableError::Segments("a".into())));
        let not_hex = table(entry(SEGMENT_SIZE + 1, &"é".repeat(64)));
        assert_eq!(not_hex.validate(), Err(FileTableError::Segments("a".into())));
        let mut far = table(entry(1, ""));
        far.layers[0].files[0].offset = u64::MAX;
        assert_eq!(far.validate(), Err(FileTableError::Range("a".into())));
        let mut bare = table(entry(1, ""));
        bare.layers[0].files[0].digest = None;
        assert_eq!(bare.validate(), Err(FileTableError::Digest("a".into())));
        let version = FileTable { schema_version: 2, ..table(entry(1, "")) };
        assert_eq!(version.validate(), Err(FileTableError::Version(2)));
    }
}
