//! `history.jsonl`: how the tags of the local store moved. Lines are only ever added.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::time::UNIX_EPOCH;

use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use super::{Layout, Naming};
use crate::StoreError;

const HISTORY_FILE: &str = "history.jsonl";
/// Longest line that is read, in bytes.
const MAX_LINE: u64 = 64 << 10;

/// One move of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagMove {
    /// When, in seconds since 1970-01-01T00:00:00Z.
    pub time: u64,
    /// The full name, `registry/repository:tag`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What the tag pointed at before; none where it is new.
    pub old: Option<Digest>,
    /// What it points at since; none where it was removed.
    pub new: Option<Digest>,
}

impl Layout {
    /// How tags moved, oldest first: all of them, or those of one repository, or of one tag. A
    /// move is noted just before it is made, so that the last line of a process that died may
    /// speak of one that did not happen.
    pub fn history(
        &self,
        repository: Option<&str>,
        tag: Option<&str>,
    ) -> Result<Vec<TagMove>, StoreError> {
        let path = self.inner.root.join(HISTORY_FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(StoreError::io("read", path, e)),
        };
        let wanted = |name: &str| {
            let (own, own_tag) = name.rsplit_once(':').unwrap_or((name, ""));
            repository.is_none_or(|wanted| wanted == own) && tag.is_none_or(|tag| tag == own_tag)
        };
        let mut reader = BufReader::new(file);
        let mut moves = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let count = (&mut reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|e| StoreError::io("read", &path, e))?;
            if count == 0 {
                return Ok(moves);
            }
            // A line that was cut short by a crash is not a move.
            if let Ok(moved) = serde_json::from_slice::<TagMove>(&line)
                && wanted(&moved.reference)
            {
                moves.push(moved);
            }
        }
    }

    /// Notes moves of tags; the caller holds the store's lock. A plain layout keeps no history: it
    /// is there to be handed over.
    pub(super) fn note(&self, moves: &[Moved]) -> Result<(), StoreError> {
        if self.inner.naming == Naming::Plain || moves.is_empty() {
            return Ok(());
        }
        let now = (self.inner.clock)();
        let time = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let path = self.inner.root.join(HISTORY_FILE);
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|e| StoreError::io("create", &path, e))?;
        let mut lines = Vec::new();
        if !ends_in_newline(&mut file).map_err(|e| StoreError::io("read", &path, e))? {
            lines.push(b'\n');
        }
        for moved in moves {
            let reference = format!("{}:{}", moved.repository, moved.tag);
            let moved = TagMove { time, reference, old: moved.old.clone(), new: moved.new.clone() };
            serde_json::to_writer(&mut lines, &moved)
                .map_err(|e| StoreError::io("write", &path, e.into()))?;
            lines.push(b'\n');
        }
        self.inner.disk.write(&file, &path, &lines)?;
        self.inner.disk.sync(&file, &path)
    }
}

/// A move that is about to be made.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) repository: String,
    pub(super) tag: String,
    pub(super) old: Option<Digest>,
    pub(super) new: Option<Digest>,
}

fn ends_in_newline(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
