//! A log in a folder: the files that C2SP `tlog-tiles` names, so that any file server or mirror can
//! carry them, and `open`, the entries behind the last whole bundle.
//!
//! An entry counts from the moment when `open` with it is synced. What a crash leaves behind the last
//! whole entry was never acknowledged and is cut off.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sealkit_attest::log::{TILE_WIDTH, TileKind, TilePath, decode_entries, encode_entries};
use sealkit_store::{Readers, create_private_dir, folder_of, replace_file};

use super::{LogError, LogStore};

/// The file with the entries behind the last whole bundle.
pub(super) const OPEN: &str = "open";
/// Largest file of a log, in bytes: a bundle of the largest entries.
const MAX_FILE: u64 = TILE_WIDTH * (2 + u16::MAX as u64);

/// A log in a folder, which one process at a time may write.
#[derive(Debug)]
pub struct FileLog {
    dir: PathBuf,
    tail: Mutex<Tail>,
    _lock: File,
}

/// The entries behind the last whole bundle.
#[derive(Debug)]
struct Tail {
    /// Number of whole bundles.
    bundles: u64,
    entries: Vec<Vec<u8>>,
    file: File,
    /// Length of the file as far as it counts, in bytes.
    length: u64,
    /// Whether the file may have more than it should: nothing is added any more.
    is_torn: bool,
}

impl FileLog {
    /// Opens the log in `dir`, which is made where it is missing.
    pub fn open(dir: &Path) -> Result<Self, LogError> {
        let failed = |action| move |source| io(action, dir, source);
        create_private_dir(dir).map_err(failed("create"))?;
        let lock = options().open(dir.join("lock")).map_err(failed("open"))?;
        if lock.try_lock().is_err() {
            return Err(LogError::InUse);
        }
        let tail = Tail::open(dir)?;
        Ok(Self { dir: dir.to_owned(), tail: Mutex::new(tail), _lock: lock })
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let path = self.dir.join(bundle_name(index));
        let bytes = read(&path)?;
        let missing = || LogError::Damaged(format!("`{}` is missing", path.display()));
        let bytes = bytes.ok_or_else(missing)?;
        let entries = decode_entries(&bytes, TILE_WIDTH as u16)?;
        Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
    }
}

impl LogStore for FileLog {
    fn len(&self) -> Result<u64, LogError> {
        let tail = self.tail();
        Ok(tail.bundles * TILE_WIDTH + tail.entries.len() as u64)
    }

    fn entries(&self, range: Range<u64>) -> Result<Vec<Vec<u8>>, LogError> {
        let mut found = Vec::new();
        let mut next = range.start;
        while next < range.end {
            let (index, at) = (next / TILE_WIDTH, (next % TILE_WIDTH) as usize);
            let count = (range.end - next).min(TILE_WIDTH - at as u64) as usize;
            let tail = self.tail();
            let bundle = if index == tail.bundles {
                tail.entries.clone()
            } else {
                drop(tail);
                self.bundle(index)?
            };
            let part = bundle.get(at..at + count);
            found.extend_from_slice(
                part.ok_or_else(|| LogError::Damaged("an entry is missing".to_owned()))?,
            );
            next += count as u64;
        }
        Ok(found)
    }

    fn append(&self, entries: &[Vec<u8>]) -> Result<(), LogError> {
        let mut tail = self.tail();
        let mut rest = entries;
        while !rest.is_empty() {
            let room = TILE_WIDTH as usize - tail.entries.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            tail.add(&self.dir, now)?;
            if tail.entries.len() as u64 == TILE_WIDTH {
                tail.close(&self.dir)?;
            }
            rest = later;
        }
        Ok(())
    }

    fn object(&self, name: &str) -> Result<Option<Vec<u8>>, LogError> {
        read(&self.dir.join(name))
    }

    fn put_object(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        let path = self.dir.join(name);
        let folder = folder_of(&path);
        fs::create_dir_all(folder).map_err(|source| io("create", folder, source))?;
        replace_file(&path, bytes, Readers::Owner).map_err(|source| io("write", &path, source))
    }
}

impl Tail {
    fn open(dir: &Path) -> Result<Self, LogError> {
        let path = dir.join(OPEN);
        let failed = |action| {
            let path = path.clone();
            move |source| io(action, &path, source)
        };
        let file = options().open(&path).map_err(failed("open"))?;
        let mut bytes = Vec::new();
        (&file).take(MAX_FILE).read_to_end(&mut bytes).map_err(failed("read"))?;
        let (entries, length) = whole_entries(&bytes);
        file.set_len(length).map_err(failed("cut"))?;
        file.sync_all().map_err(failed("sync"))?;
        sync_folder(dir).map_err(failed("sync"))?;
        let mut tail = Self { bundles: bundles(dir)?, entries, file, length, is_torn: false };
        if tail.entries.len() as u64 == TILE_WIDTH {
            tail.close(dir)?;
        }
        Ok(tail)
    }

    /// Adds entries for which there is room.
    fn add(&mut self, dir: &Path, entries: &[Vec<u8>]) -> Result<(), LogError> {
        let path = dir.join(OPEN);
        if self.is_torn {
            let reason = "writing it failed; start the hub again once there is room".to_owned();
            return Err(LogError::Damaged(reason));
        }
        let bytes = encode_entries(entries)?;
        let written = self
            .file
            .seek(SeekFrom::Start(self.length))
            .and_then(|_| self.file.write_all(&bytes))
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // After a failed sync nobody knows what is on the disk.
            self.is_torn = true;
            let _ = self.file.set_len(self.length);
            return Err(io("write", &path, source));
        }
        self.length += bytes.len() as u64;
        self.entries.extend_from_slice(entries);
        Ok(())
    }

    /// Makes a whole bundle of the open entries, by giving their file its name.
    fn close(&mut self, dir: &Path) -> Result<(), LogError> {
        let (from, to) = (dir.join(OPEN), dir.join(bundle_name(self.bundles)));
        let folder = folder_of(&to);
        let renamed = fs::create_dir_all(folder)
            .and_then(|()| fs::rename(&from, &to))
            .and_then(|()| sync_folder(folder))
            .and_then(|()| options().open(&from))
            .and_then(|file| sync_folder(dir).map(|()| file));
        match renamed {
            Ok(file) => {
                self.file = file;
                (self.bundles, self.length) = (self.bundles + 1, 0);
                self.entries.clear();
                Ok(())
            }
            Err(source) => {
                self.is_torn = true;
                Err(io("rename", &from, source))
            }
        }
    }
}

/// The entries at the start of `bytes` that are whole, and where they end. Every entry is a JSON
/// document, so that what a crash left of one is told from one.
fn whole_entries(bytes: &[u8]) -> (Vec<Vec<u8>>, u64) {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((entry, after)) = after.split_at_checked(length) else { break };
        let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(entry).is_ok();
        if !is_whole || entries.len() as u64 == TILE_WIDTH {
            break;
        }
        entries.push(entry.to_vec());
        rest = after;
    }
    (entries, (bytes.len() - rest.len()) as u64)
}

/// How many whole bundles there are: they have the numbers from 0 on, so that the first that is
/// missing is found by halving.
pub(super) fn bundles(dir: &Path) -> Result<u64, LogError> {
    let exists = |index| {
        let path = dir.join(bundle_name(index));
        path.try_exists().map_err(|source| io("look for", &path, source))
    };
    let mut high = 1;
    while exists(high - 1)? {
        high *= 2;
    }
    let mut low = high / 2;
    high -= 1;
    // `low` are there, number `high` is not.
    while low < high {
        let middle = low.midpoint(high);
        if exists(middle)? { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn bundle_name(index: u64) -> String {
    let whole = TilePath::of(TileKind::Entries, index, u64::MAX);
    whole.map(|path| path.to_string()).unwrap_or_default()
}

/// The bytes of a file of a log; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, LogError> {
    let failed = |source| io("read", path, source);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Makes names in `folder` durable.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Windows has no such thing: names are durable there when the rename has returned.
    if cfg!(windows) { Ok(()) } else { File::open(folder)?.sync_all() }
}

fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options
}

/// An error with the file it happened on.
pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> LogError {
    LogError::Io { action, path: path.to_owned(), source }
}
