//! Walks an uncompressed tar layer along its file table: every file is hashed, and every byte
//! between files must be a header that fits, or padding.

use std::io::{self, Read};

use sealkit_oci::{FileEntry, FileKind, LayerTable, Sha256};
use sealkit_pack::tar::{Streamed, TarKind, TarReader, padding};
use sealkit_report::Budget;

/// What differs, named as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The file, or where it is.
    pub(super) subject: String,
    /// What is wrong with it.
    pub(super) reason: &'static str,
}

/// Reads `layer` to its end and says where it differs from `table`. `on_folder` is told each folder
/// that the archive has: a table need not list them.
pub(super) fn walk_tar(
    table: &LayerTable,
    layer: &mut dyn Read,
    on_folder: &mut dyn FnMut(&str),
) -> io::Result<Vec<Fault>> {
    let mut walk = Walk { layer, position: 0, faults: Vec::new(), on_folder };
    let mut files: Vec<&FileEntry> =
        table.files.iter().filter(|entry| entry.kind == FileKind::File).collect();
    files.sort_by_key(|entry| entry.offset);
    let mut previous: Option<&FileEntry> = None;
    for file in files {
        let Some(gap) = file.offset.checked_sub(walk.position) else {
            walk.fault(file.path.clone(), "its place overlaps another file's");
            continue;
        };
        let gap = walk.padding(previous, gap)?;
        walk.headers(gap, file)?;
        walk.content(file)?;
        previous = Some(file);
    }
    walk.padding(previous, u64::MAX)?;
    walk.trailer(previous)?;
    Ok(walk.faults)
}

/// Reads a layer that is the bytes of one file.
pub(super) fn walk_raw(table: &LayerTable, layer: &mut dyn Read) -> io::Result<Vec<Fault>> {
    let mut walk = Walk { layer, position: 0, faults: Vec::new(), on_folder: &mut |_| {} };
    for file in table.files.iter().filter(|entry| entry.kind == FileKind::File) {
        walk.content(file)?;
    }
    Ok(walk.faults)
}

struct Walk<'a> {
    layer: &'a mut dyn Read,
    position: u64,
    faults: Vec<Fault>,
    on_folder: &'a mut dyn FnMut(&str),
}

impl Walk<'_> {
    fn fault(&mut self, subject: String, reason: &'static str) {
        self.faults.push(Fault { subject, reason });
    }

    /// Reads the padding behind `file`; gives what is left of the gap.
    fn padding(&mut self, file: Option<&FileEntry>, gap: u64) -> io::Result<u64> {
        let Some(file) = file else { return Ok(gap) };
        let want = (padding(file.size) as u64).min(gap);
        let mut bytes = Vec::new();
        (&mut *self.layer).take(want).read_to_end(&mut bytes)?;
        self.position += bytes.len() as u64;
        if bytes.iter().any(|byte| *byte != 0) {
            self.fault(format!("padding after `{}`", file.path), "it is not empty");
        }
        Ok(gap - want)
    }

    /// Reads the headers before `file`; the last of them must be its own.
    fn headers(&mut self, gap: u64, file: &FileEntry) -> io::Result<()> {
        let mut part = (&mut *self.layer).take(gap);
        let mut reader = TarReader::new(Streamed::new(&mut part), Budget::default());
        let fits = loop {
            match reader.next_entry() {
                Ok(Some(entry)) if entry.kind == TarKind::Dir => (self.on_folder)(&entry.path),
                Ok(Some(entry)) => {
                    let is_own = entry.path == file.path && entry.size == file.size;
                    break entry.kind == TarKind::File && is_own && entry.offset == gap;
                }
                Ok(None) => break false,
                Err(sealkit_pack::tar::TarError::Io(error)) => return Err(error),
                Err(_) => break false,
            }
        };
        io::copy(&mut part, &mut io::sink())?;
        self.position += gap - part.limit();
        if !fits {
            self.fault(format!("tar header before `{}`", file.path), "it is not as it was");
        }
        Ok(())
    }

    fn content(&mut self, file: &FileEntry) -> io::Result<()> {
        let mut hasher = Sha256::default();
        let mut part = (&mut *self.layer).take(file.size);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = part.read(&mut buffer)?;
            match buffer.get(..count) {
                Some(bytes) if !bytes.is_empty() => hasher.update(bytes),
                _ => break,
            }
        }
        let missing = part.limit();
        self.position += file.size - missing;
        if missing > 0 {
            self.fault(file.path.clone(), "it is cut off");
        } else if Some(hasher.finish()) != file.digest {
            self.fault(file.path.clone(), "its bytes are not those that were sealed");
        }
        Ok(())
    }

    /// Reads what follows the last file: folders, then nothing but zeros.
    fn trailer(&mut self, last: Option<&FileEntry>) -> io::Result<()> {
        let subject = match last {
            Some(file) => format!("end of the archive, after `{}`", file.path),
            None => "end of the archive".to_owned(),
        };
        let mut reader = TarReader::new(Streamed::new(&mut *self.layer), Budget::default());
        let fits = loop {
            match reader.next_entry() {
                Ok(Some(entry)) if entry.kind == TarKind::Dir => (self.on_folder)(&entry.path),
                Ok(None) => break reader.finish().is_ok(),
                Err(sealkit_pack::tar::TarError::Io(error)) => return Err(error),
                Ok(Some(_)) | Err(_) => break false,
            }
        };
        io::copy(&mut *self.layer, &mut io::sink())?;
        if !fits {
            self.fault(subject, "it is not as it was");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
