//! One layer: this thread reads and hashes files into buffers, another hashes and writes the blob.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;

use super::sink::{self, WriteError, Written};
use super::{Job, Modes, PackedLayer, Progress, metadata};
use crate::PackError;
use crate::hash::FileHasher;
use crate::pipe::{PipeWriter, pipe};
use crate::plan::{PlannedEntry, PlannedLayer};
use crate::sys::{self, Stamp};
use crate::tar::{Header, TRAILER, padding};
use sealkit_kitfile::{LayerInfo, Part};
use sealkit_oci::{
    Compression, Descriptor, FileEntry, FileKind, KitFormat, LayerFormat, LayerRole, LayerTable,
    LayerType,
};

const ZEROS: [u8; 512] = [0; 512];

impl Job<'_> {
    /// The media type of a part's layer; an error where the kit's format has none.
    pub(super) fn layer_type(&self, part: &Part) -> Result<LayerType, PackError> {
        let kit = self.options.kit;
        let mut kind = LayerType {
            kit,
            role: part.role,
            format: self.options.format,
            compression: self.options.compression,
        };
        let refuse = |what| Err(PackError::NotInModelPack { what, path: part.path.clone() });
        if part.role == LayerRole::Mcpb {
            (kind.format, kind.compression) = (LayerFormat::Raw, Compression::None);
            if kit == KitFormat::ModelPack {
                return refuse("MCP servers");
            }
        }
        let is_raw = kind.format == LayerFormat::Raw;
        if kit == KitFormat::ModelPack && is_raw && kind.compression != Compression::None {
            return refuse("compressed raw layers");
        }
        Ok(kind)
    }

    pub(super) fn pack_layer(
        &self,
        index: usize,
        layer: &PlannedLayer,
    ) -> Result<PackedLayer, PackError> {
        let kind = self.layer_type(&layer.part)?;
        (self.progress)(Progress::Started { layer: index, bytes: layer.size() });
        let blob = self.blobs.create()?;
        let (pipe, drain) = pipe();
        let (produced, written) = thread::scope(|scope| {
            let writer = scope.spawn(move || sink::write(drain, blob, kind.compression));
            let mut reader = LayerReader { job: self, index, pipe };
            let produced = reader.read(layer, kind.format);
            let produced = produced.and_then(|files| reader.finish().map(|()| files));
            let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (produced, written)
        });
        let written = written.map_err(|error| match error {
            WriteError::Io(source) => PackError::Write { path: layer.part.path.clone(), source },
            WriteError::Store(error) => error.into(),
        });
        let (files, written) = match (produced, written) {
            (Ok(files), Ok(written)) => (files, written),
            // The pipe broke because the writer stopped: its error is the cause.
            (Ok(_) | Err(PackError::Write { .. }), Err(cause)) => return Err(cause),
            (Err(cause), _) => return Err(cause),
        };
        (self.progress)(Progress::Done { layer: index, digest: written.digest.clone() });
        self.describe(layer, kind, written, files)
    }

    fn describe(
        &self,
        layer: &PlannedLayer,
        kind: LayerType,
        written: Written,
        files: Vec<FileEntry>,
    ) -> Result<PackedLayer, PackError> {
        let Written { digest, size, diff_id } = written;
        let mut descriptor = Descriptor::new(kind.to_string(), digest.clone(), size);
        let source = layer.entries.last().filter(|_| kind.format == LayerFormat::Raw);
        descriptor.annotations = metadata::annotations(&layer.part, source, self.options)?;
        let info = LayerInfo { digest: Some(digest.clone()), diff_id: Some(diff_id.clone()) };
        let part = Part { layer: info, ..layer.part.clone() };
        let table = LayerTable { digest, diff_id: diff_id.clone(), files };
        Ok(PackedLayer { part, descriptor, diff_id, table })
    }
}

/// The reading half of one layer.
struct LayerReader<'a> {
    job: &'a Job<'a>,
    index: usize,
    pipe: PipeWriter,
}

impl LayerReader<'_> {
    fn read(
        &mut self,
        layer: &PlannedLayer,
        format: LayerFormat,
    ) -> Result<Vec<FileEntry>, PackError> {
        if format == LayerFormat::Raw {
            let one = layer.entries.last();
            let one = one.filter(|e| e.kind == FileKind::File && e.path == layer.part.path);
            let one = one.ok_or_else(|| PackError::NotOneFile { path: layer.part.path.clone() })?;
            return Ok(vec![self.file(one)?]);
        }
        let mut files = Vec::with_capacity(layer.entries.len());
        for entry in &layer.entries {
            let header = Header {
                path: &entry.path,
                kind: entry.kind,
                mode: self.mode(entry),
                size: entry.size,
            };
            self.write(&entry.path, &header.encode())?;
            files.push(match entry.kind {
                FileKind::Dir => self.describe(entry),
                FileKind::File => self.file(entry)?,
            });
            self.write(&entry.path, ZEROS.get(..padding(entry.size)).unwrap_or_default())?;
        }
        self.write(&layer.part.path, &TRAILER)?;
        Ok(files)
    }

    /// Copies a file into the buffers and hashes it on the way.
    fn file(&mut self, entry: &PlannedEntry) -> Result<FileEntry, PackError> {
        let place = entry.source(&self.job.plan.root);
        let mut described = self.describe(entry);
        let mut hasher = FileHasher::new(entry.size);
        let mut file = sys::open(&place).map_err(|error| unreadable(&place, error))?;
        check_unchanged(&file, entry, &place)?;
        let mut left = entry.size;
        while left > 0 {
            let count = self.piece(&mut file, &mut hasher, left, &place)?;
            left -= count;
            (self.job.progress)(Progress::Bytes { layer: self.index, count });
        }
        check_unchanged(&file, entry, &place)?;
        let (digest, segments) = hasher.finish();
        (described.digest, described.segments) = (Some(digest), segments);
        Ok(described)
    }

    fn piece(
        &mut self,
        file: &mut File,
        hasher: &mut FileHasher,
        left: u64,
        place: &Path,
    ) -> Result<u64, PackError> {
        if self.job.stop.load(Ordering::Relaxed) {
            return Err(PackError::Write {
                path: place.display().to_string(),
                source: io::Error::other("another layer failed"),
            });
        }
        let mut failed = None;
        let filled = self.pipe.fill(left, |buffer| {
            // A failure of the source is kept apart from one of the pipe.
            Ok(read_some(file, buffer).unwrap_or_else(|error| {
                failed = Some(error);
                0
            }))
        });
        let bytes = filled.map_err(|source| broken(&place.display().to_string(), source))?;
        hasher.update(bytes);
        match (failed, bytes.len()) {
            (Some(error), _) => Err(PackError::io("read", place, error)),
            (None, 0) => Err(PackError::Changed { path: place.to_owned() }),
            (None, count) => Ok(count as u64),
        }
    }

    fn describe(&self, entry: &PlannedEntry) -> FileEntry {
        FileEntry {
            path: entry.path.clone(),
            kind: entry.kind,
            mode: self.mode(entry),
            offset: self.pipe.position(),
            size: entry.size,
            digest: None,
            segments: String::new(),
        }
    }

    fn mode(&self, entry: &PlannedEntry) -> u32 {
        match (self.job.options.modes, entry.kind) {
            (Modes::Keep, _) => entry.mode,
            (Modes::Normalise, FileKind::File) if entry.mode & 0o111 == 0 => 0o644,
            (Modes::Normalise, _) => 0o755,
        }
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), PackError> {
        self.pipe.write_all(bytes).map_err(|source| broken(path, source))
    }

    fn finish(self) -> Result<(), PackError> {
        self.pipe.finish().map_err(|source| broken("", source))
    }
}

fn read_some(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn broken(path: &str, source: io::Error) -> PackError {
    PackError::Write { path: path.to_owned(), source }
}

fn unreadable(place: &Path, error: io::Error) -> PackError {
    let is_link = place.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    if is_link || error.kind() == io::ErrorKind::NotFound {
        // It was a file when the folder was listed.
        return PackError::Changed { path: place.to_owned() };
    }
    PackError::io("read", place, error)
}

fn check_unchanged(file: &File, entry: &PlannedEntry, place: &Path) -> Result<(), PackError> {
    let meta = file.metadata().map_err(|error| PackError::io("read", place, error))?;
    if meta.is_file() && Stamp::of(&meta) == entry.stamp {
        return Ok(());
    }
    Err(PackError::Changed { path: place.to_owned() })
}
