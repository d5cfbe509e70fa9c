//! The list of what an unpack puts into its target, one JSON object a line. Under its final name it
//! is a promise: everything it lists is verified and durable, and whoever finds it finishes it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::{PackError, path, sys};

const DRAFT: &str = "journal.tmp";
const FINAL: &str = "journal";
/// The longest line that is read back.
const MAX_LINE: u64 = 1 << 20;

/// One line: a folder with its mode, or a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) path: String,
    /// Mode of a folder; none for a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<u32>,
}

/// A journal that is being written.
pub(super) struct Draft {
    place: PathBuf,
    writer: Mutex<BufWriter<File>>,
}

impl Draft {
    /// A new, empty one in the staging folder `dir`.
    pub(super) fn new(dir: &Path) -> Result<Self, PackError> {
        let place = dir.join(DRAFT);
        let file = sys::create(&place, 0o600);
        let file = file.map_err(|error| PackError::io("create", &place, error))?;
        Ok(Self { place, writer: Mutex::new(BufWriter::new(file)) })
    }

    /// Adds a line.
    pub(super) fn add(&self, line: &Line) -> Result<(), PackError> {
        let failed = |error| PackError::io("write", &self.place, error);
        let json = serde_json::to_string(line).map_err(|error| failed(error.into()))?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(writer, "{json}").map_err(failed)
    }

    /// Makes what was added durable. The journal keeps its draft's name.
    pub(super) fn finish(self) -> Result<(), PackError> {
        let failed = |error| PackError::io("write", &self.place, error);
        let writer = self.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let file = writer.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)
    }
}

/// Gives the draft its final name, durably.
pub(super) fn promise(dir: &Path) -> Result<(), PackError> {
    let place = dir.join(FINAL);
    let renamed = fs::rename(dir.join(DRAFT), &place).and_then(|()| sys::sync_dir(dir));
    renamed.map_err(|error| PackError::io("write", place, error))
}

/// Takes the promise back, because it is kept.
pub(super) fn close(dir: &Path) -> Result<(), PackError> {
    let place = dir.join(FINAL);
    let removed = fs::remove_file(&place).and_then(|()| sys::sync_dir(dir));
    removed.map_err(|error| PackError::io("remove", place, error))
}

/// Where the finished journal of the staging folder `dir` is.
pub(super) fn promised(dir: &Path) -> PathBuf {
    dir.join(FINAL)
}

/// Where the draft is.
pub(super) fn drafted(dir: &Path) -> PathBuf {
    dir.join(DRAFT)
}

/// Reads a journal line by line. A line that no unpack has written is an error.
pub(super) fn read(
    place: &Path,
) -> Result<impl Iterator<Item = Result<Line, PackError>>, PackError> {
    let file = sys::open(place).map_err(|error| PackError::io("read", place, error))?;
    let mut reader = BufReader::new(file);
    let place = place.to_owned();
    Ok(std::iter::from_fn(move || next_line(&mut reader, &place).transpose()))
}

fn next_line(reader: &mut BufReader<File>, place: &Path) -> Result<Option<Line>, PackError> {
    let malformed = |reason| PackError::Leftover { path: place.to_owned(), reason };
    let mut text = String::new();
    let count = reader.by_ref().take(MAX_LINE).read_line(&mut text);
    if count.map_err(|error| PackError::io("read", place, error))? == 0 {
        return Ok(None);
    }
    let line: Line = serde_json::from_str(&text).map_err(|_| malformed("a line is malformed"))?;
    match path::clean(&line.path) {
        Ok(clean) if clean == line.path && clean != "." => Ok(Some(line)),
        _ => Err(malformed("a path is not safe")),
    }
}
