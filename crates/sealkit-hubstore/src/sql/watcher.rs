//! Whether anybody has changed a database, another process too.

use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

use rusqlite::Connection;

use self::header::{Header, HeaderFile};

/// Tells changes by a number that is another one after each. Most looks read only the head of SQLite's index of the
/// write-ahead log, which every commit changes: one system call and no lock, where asking SQLite takes several.
pub(super) struct Watcher {
    connection: Mutex<Connection>,
    file: Option<HeaderFile>,
    /// The head that was read before SQLite was asked last, and what it said then.
    known: RwLock<Option<(Header, u64)>>,
}

impl Watcher {
    /// A watcher that asks by `connection`, which nothing else is done with, about the database at `path`.
    pub(super) fn new(connection: Connection, path: &Path) -> Self {
        let file = HeaderFile::open(path);
        Self { connection: Mutex::new(connection), file, known: RwLock::new(None) }
    }

    /// The number as of now; none where it can not be told at once.
    pub(super) fn stamp(&self) -> Option<u64> {
        let Some(now) = self.file.as_ref().and_then(HeaderFile::read) else { return self.ask() };
        if let Some((header, stamp)) = *self.known.read().unwrap_or_else(PoisonError::into_inner)
            && header == now
        {
            return Some(stamp);
        }
        // The head is older than the answer, or of the same time: a change between the two is one that the next look
        // finds again.
        let stamp = self.ask()?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some((now, stamp));
        Some(stamp)
    }

    fn ask(&self) -> Option<u64> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = connection.prepare_cached("PRAGMA data_version").ok()?;
        asked.query_row([], |row| row.get(0)).ok()
    }
}

#[cfg(target_os = "linux")]
mod header {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;
    use std::path::Path;

    /// How long one copy of the head is (SQLite, "WAL-mode File Format", 2.1).
    const COPY: usize = 48;
    /// The version of the format, in the order of bytes of this machine.
    const VERSION: u32 = 3_007_000;

    /// One copy of the head.
    pub(super) type Header = [u8; COPY];

    /// The index of the write-ahead log, which all who have the database open share.
    pub(super) struct HeaderFile(&'static File);

    impl HeaderFile {
        /// Opens the index beside the database at `path`; none where there is none. It stays open as long as the
        /// process: whoever closes a file gives up all locks that their process has on it (`fcntl`), and SQLite's own
        /// are on this one.
        pub(super) fn open(path: &Path) -> Option<Self> {
            let mut name = path.as_os_str().to_owned();
            name.push("-shm");
            let file = File::open(name).ok()?;
            Some(Self(Box::leak(Box::new(file))))
        }

        /// The head; none where it is just being written, or is of another version.
        pub(super) fn read(&self) -> Option<Header> {
            let mut bytes = [0; 2 * COPY];
            self.0.read_exact_at(&mut bytes, 0).ok()?;
            let (one, other) = bytes.split_at(COPY);
            let version = one.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
            let is_whole = one == other && version == Some(VERSION);
            is_whole.then(|| one.try_into().ok()).flatten()
        }
    }
}

/// Elsewhere what is read of a file and what is mapped of it need not be the same, and SQLite is asked.
#[cfg(not(target_os = "linux"))]
mod header {
    use std::path::Path;

    pub(super) type Header = ();
    pub(super) struct HeaderFile;

    impl HeaderFile {
        pub(super) fn open(_: &Path) -> Option<Self> {
            None
        }

        pub(super) fn read(&self) -> Option<Header> {
            None
        }
    }
}
