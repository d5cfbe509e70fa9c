//! One layer: parsed, checked entry by entry, given to a sink, and believed only at its end.

use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::thread;

use sealkit_oci::media_type::{ANNOTATION_FILE_METADATA, ANNOTATION_FILEPATH};
use sealkit_oci::{Compression, Digest, FileEntry, FileKind, LayerFormat, LayerTable, LayerType};
use sealkit_report::{Budget, Exceeded};

use super::decode::{self, Decoded};
use super::guard::{Guard, Refusal};
use super::{LayerSource, UnpackLayer};
use crate::PackError;
use crate::error::EntryProblem;
use crate::hash::FileHasher;
use crate::pack::{ModeAndSize, OnProgress, Progress};
use crate::path;
use crate::pipe::{PipeReader, pipe};
use crate::tar::{Source, Streamed, TarEntry, TarError, TarKind, TarReader};

const PIECE: usize = 128 * 1024;
/// Mode of a raw layer's file where the layer does not say it.
const DEFAULT_MODE: u32 = 0o644;
/// Bytes of extended headers for each entry that is allowed, on average; their names are held in
/// memory.
const EXTENSION_BYTES: u64 = 256;
/// Bytes of extended headers that are allowed however few entries are.
const FREE_EXTENSION_BYTES: u64 = 1 << 20;

/// Takes the files and folders of a layer. A file's bytes follow it until it is closed.
pub(super) trait Sink {
    fn dir(&mut self, path: &str, mode: u32) -> Result<(), PackError>;
    fn file(&mut self, path: &str, mode: u32) -> Result<(), PackError>;
    fn write(&mut self, bytes: &[u8]) -> Result<(), PackError>;
    fn close(&mut self) -> Result<(), PackError>;
}

/// A sink that keeps nothing.
pub(super) struct Discard;

impl Sink for Discard {
    fn dir(&mut self, _: &str, _: u32) -> Result<(), PackError> {
        Ok(())
    }
    fn file(&mut self, _: &str, _: u32) -> Result<(), PackError> {
        Ok(())
    }
    fn write(&mut self, _: &[u8]) -> Result<(), PackError> {
        Ok(())
    }
    fn close(&mut self) -> Result<(), PackError> {
        Ok(())
    }
}

/// One layer to read.
pub(super) struct LayerJob<'a> {
    pub(super) index: usize,
    pub(super) layer: &'a UnpackLayer,
    pub(super) source: &'a dyn LayerSource,
    pub(super) guard: &'a Guard,
    /// The parts that the layer may hold; none for any.
    pub(super) parts: &'a [String],
    pub(super) progress: OnProgress<'a>,
    pub(super) stop: &'a AtomicBool,
}

impl LayerJob<'_> {
    /// Reads the layer into `sink` and returns its table, when digest and diffId are as expected.
    pub(super) fn run(&self, sink: &mut dyn Sink) -> Result<LayerTable, PackError> {
        let descriptor = &self.layer.descriptor;
        let kind: LayerType = descriptor.media_type.parse()?;
        let layer = self.index;
        (self.progress)(Progress::Started { layer, bytes: descriptor.size });
        let (writer, mut reader) = pipe();
        let (fetched, parsed) = thread::scope(|scope| {
            let fetch = || decode::fetch(self.source, descriptor, writer, self.stop);
            let fetching = scope.spawn(fetch);
            let parsed = self.parse(&mut reader, kind, sink);
            if matches!(parsed, Err(PackError::Layer { .. })) {
                // Whether the bytes are wrong or the archive was made so is known at the end.
                let _ = io::copy(&mut reader, &mut io::sink());
            }
            drop(reader);
            let fetched = fetching.join();
            (fetched.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), parsed)
        });
        let (files, diff_id) = match (fetched, parsed) {
            (Ok(()), parsed) => parsed?,
            // The fetch broke because the parser stopped, which knows why.
            (Err(PackError::Read { source, .. }), Err(cause))
                if source.kind() == io::ErrorKind::BrokenPipe =>
            {
                return Err(cause);
            }
            (Err(cause), _) => return Err(cause),
        };
        let diff_id = diff_id.unwrap_or_else(|| descriptor.digest.clone());
        if let Some(expected) = self.layer.diff_id.as_ref().filter(|wanted| **wanted != diff_id) {
            let what = format!("uncompressed layer {}", descriptor.digest);
            return Err(PackError::Mismatch { what, expected: expected.clone(), actual: diff_id });
        }
        (self.progress)(Progress::Done { layer, digest: descriptor.digest.clone() });
        Ok(LayerTable { digest: descriptor.digest.clone(), diff_id, files })
    }

    fn parse(
        &self,
        pipe: &mut PipeReader,
        kind: LayerType,
        sink: &mut dyn Sink,
    ) -> Result<(Vec<FileEntry>, Option<Digest>), PackError> {
        let size = self.layer.descriptor.size;
        let decoded = Decoded::new(pipe, kind.compression, size, self.guard);
        let decoded = decoded.map_err(|error| self.malformed(error.into()))?;
        if kind.format == LayerFormat::Raw {
            return self.parse_raw(decoded, kind, sink);
        }
        let entries = self.guard.limits.entries;
        let bytes = entries.saturating_mul(EXTENSION_BYTES).max(FREE_EXTENSION_BYTES);
        let budget = Budget::new(bytes, entries.saturating_mul(4).max(1000), 0, 0);
        let mut tar = TarReader::new(Streamed::new(decoded), budget);
        let mut files = Vec::new();
        while let Some(entry) = tar.next_entry().map_err(|error| self.malformed(error))? {
            if let Some(described) = self.entry(&entry)? {
                files.push(self.give(described, &mut tar, sink)?);
            }
        }
        let ended = tar.finish().map_err(|error| self.malformed(error))?;
        Ok((files, ended.into_inner().finish()))
    }

    /// Checks an entry's type and name; none for the folder itself.
    fn entry(&self, entry: &TarEntry) -> Result<Option<FileEntry>, PackError> {
        let kind = match entry.kind {
            TarKind::File => FileKind::File,
            TarKind::Dir => FileKind::Dir,
            other => return Err(self.refuse(&entry.path, EntryProblem::Kind(other.name()))),
        };
        let clean = path::clean(&entry.path);
        let clean = clean.map_err(|problem| self.refuse(&entry.path, problem.into()))?;
        if clean == "." && kind == FileKind::Dir {
            return Ok(None);
        }
        if clean == "." {
            return Err(self.refuse(&entry.path, EntryProblem::FileAndFolder));
        }
        let path = path::join(self.layer.base.as_deref().unwrap_or("."), &clean);
        // The base comes from a config, which may be as hostile as the layer.
        let path = path::clean(&path).map_err(|problem| self.refuse(&path, problem.into()))?;
        self.admit(&path, kind)?;
        Ok(Some(described(path.into_owned(), kind, entry)))
    }

    fn admit(&self, path: &str, kind: FileKind) -> Result<(), PackError> {
        self.guard.admit(path, kind).map_err(|refusal| match refusal {
            Refusal::Problem(problem) => self.refuse(path, problem),
            Refusal::Limit(source) => {
                PackError::Limit { layer: self.layer.descriptor.digest.clone(), source }
            }
        })?;
        let is_folder = kind == FileKind::Dir;
        match self.parts.first() {
            Some(first)
                if !self.parts.iter().any(|part| path::belongs_to(path, is_folder, part)) =>
            {
                Err(self.refuse(path, EntryProblem::Outside(first.clone())))
            }
            _ => Ok(()),
        }
    }

    /// Gives an entry and its body to the sink and hashes it.
    fn give<S: Source>(
        &self,
        mut file: FileEntry,
        tar: &mut TarReader<S>,
        sink: &mut dyn Sink,
    ) -> Result<FileEntry, PackError> {
        if file.kind == FileKind::Dir {
            sink.dir(&file.path, file.mode)?;
            return Ok(file);
        }
        let mut hasher = FileHasher::new(file.size);
        self.copy(&file, tar, &mut hasher, sink)?;
        let (digest, segments) = hasher.finish();
        (file.digest, file.segments) = (Some(digest), segments);
        Ok(file)
    }

    fn copy(
        &self,
        file: &FileEntry,
        from: &mut dyn Read,
        hasher: &mut FileHasher,
        sink: &mut dyn Sink,
    ) -> Result<u64, PackError> {
        sink.file(&file.path, file.mode)?;
        let mut buffer = vec![0; PIECE.min(file.size as usize).max(1)];
        let mut copied = 0;
        loop {
            let count = decode::read_some(from, &mut buffer);
            let count = count.map_err(|error| self.malformed(error.into()))?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            hasher.update(bytes);
            sink.write(bytes)?;
            copied += count as u64;
            (self.progress)(Progress::Bytes { layer: self.index, count: count as u64 });
        }
        sink.close()?;
        Ok(copied)
    }

    fn parse_raw(
        &self,
        mut decoded: Decoded<'_>,
        kind: LayerType,
        sink: &mut dyn Sink,
    ) -> Result<(Vec<FileEntry>, Option<Digest>), PackError> {
        let descriptor = &self.layer.descriptor;
        let bad =
            |annotation| PackError::Annotation { layer: descriptor.digest.clone(), annotation };
        let name = descriptor.file_path().ok_or_else(|| bad(ANNOTATION_FILEPATH))?;
        let path = path::clean(name).map_err(|problem| self.refuse(name, problem.into()))?;
        if path == "." {
            return Err(bad(ANNOTATION_FILEPATH));
        }
        let metadata: Option<ModeAndSize> = descriptor
            .file_metadata()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| bad(ANNOTATION_FILE_METADATA))?;
        let mode = metadata.as_ref().and_then(|meta| meta.mode).unwrap_or(DEFAULT_MODE);
        let said = metadata.and_then(|meta| meta.size);
        // The size decides about segment hashes; that of an uncompressed blob is known.
        let is_plain = kind.compression == Compression::None;
        let size = if is_plain { Some(descriptor.size) } else { said };
        let mut file = FileEntry {
            path: path.into_owned(),
            kind: FileKind::File,
            mode: mode & 0o777,
            offset: 0,
            size: size.unwrap_or(u64::MAX),
            digest: None,
            segments: String::new(),
        };
        self.admit(&file.path, FileKind::File)?;
        let mut hasher = FileHasher::new(file.size);
        let copied = self.copy(&file, &mut decoded, &mut hasher, sink)?;
        if let Some(expected) = said.filter(|said| *said != copied) {
            let what = format!("`{}`", file.path);
            return Err(PackError::Size { what, expected, actual: copied });
        }
        let (digest, segments) = hasher.finish();
        file.size = copied;
        file.digest = Some(digest);
        file.segments = if copied > sealkit_oci::SEGMENT_SIZE { segments } else { String::new() };
        Ok((vec![file], decoded.finish()))
    }

    fn refuse(&self, path: &str, problem: EntryProblem) -> PackError {
        let path = path.escape_debug().to_string();
        PackError::Entry { layer: self.layer.descriptor.digest.clone(), path, problem }
    }

    /// A limit hides in the error of the reader that met it.
    fn malformed(&self, error: TarError) -> PackError {
        let layer = self.layer.descriptor.digest.clone();
        match error {
            TarError::Limit(source) => PackError::Limit { layer, source },
            TarError::Io(error) => {
                let limit = error.get_ref().and_then(|inner| inner.downcast_ref::<Exceeded>());
                match limit.cloned() {
                    Some(source) => PackError::Limit { layer, source },
                    None => PackError::Layer { layer, source: TarError::Io(error) },
                }
            }
            source => PackError::Layer { layer, source },
        }
    }
}

fn described(path: String, kind: FileKind, entry: &TarEntry) -> FileEntry {
    FileEntry {
        path,
        kind,
        mode: entry.mode,
        offset: entry.offset,
        size: entry.size,
        digest: None,
        segments: String::new(),
    }
}
