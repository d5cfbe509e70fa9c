//! Whether anybody has changed a database, another process too.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::header::{Header, HeaderFile};

/// How long an answer of SQLite's holds while the head is the same. It would hold for ever where what is read of a file
/// and what is mapped of it are the same; where they are not, this finds it out.
const FRESH: Duration = Duration::from_millis(100);

/// Tells changes by a number that is another one after each. Most looks read only the head of SQLite's index of the
/// write-ahead log, which every commit changes: one system call and no lock, where asking SQLite takes several.
pub(super) struct Watcher {
    connection: Mutex<Connection>,
    /// Opened when it is asked for.
    file: OnceLock<Option<HeaderFile>>,
    /// Whether the head stayed the same through a change: it is not believed again.
    is_deaf: AtomicBool,
    known: RwLock<Option<Known>>,
}

/// The head that was read before SQLite was asked, what it said, and when.
#[derive(Clone, Copy)]
struct Known {
    header: Header,
    stamp: u64,
    asked: Instant,
}

impl Watcher {
    /// A watcher that asks by `connection`, which nothing else is done with.
    pub(super) fn new(connection: Connection) -> Self {
        let connection = Mutex::new(connection);
        let (is_deaf, known) = (AtomicBool::new(false), RwLock::new(None));
        Self { connection, file: OnceLock::new(), is_deaf, known }
    }

    /// The number as of now; none where it can not be told at once.
    pub(super) fn stamp(&self) -> Option<u64> {
        let Some(header) = self.header() else { return self.ask() };
        let known = *self.known.read().unwrap_or_else(PoisonError::into_inner);
        let same = known.filter(|known| known.header == header);
        if let Some(known) = same.filter(|known| known.asked.elapsed() < FRESH) {
            return Some(known.stamp);
        }
        // The head is older than the answer, or of the same time: a change between the two is one that the next look
        // finds again.
        let (asked, stamp) = (Instant::now(), self.ask()?);
        let is_other = same.is_some_and(|known| known.stamp != stamp);
        if is_other && self.header() == Some(header) {
            self.is_deaf.store(true, Ordering::SeqCst);
        }
        let known = Known { header, stamp, asked };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Some(stamp)
    }

    fn header(&self) -> Option<Header> {
        if self.is_deaf.load(Ordering::SeqCst) {
            return None;
        }
        let open = || {
            let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            // SQLite says where the file is that it opened, wherever links lead.
            HeaderFile::open(Path::new(connection.path()?))
        };
        self.file.get_or_init(open).as_ref()?.read()
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
            // SQLite follows no link here either.
            let is_file = std::fs::symlink_metadata(&name).is_ok_and(|found| found.is_file());
            let file = File::open(name).ok().filter(|_| is_file)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection
    }

    #[test]
    fn where_there_is_no_head_to_read_sqlite_is_asked() {
        let watcher = Watcher::new(Connection::open_in_memory().unwrap());
        let stamp = watcher.stamp();
        assert!(stamp.is_some() && watcher.header().is_none());
        assert_eq!(watcher.stamp(), stamp);
        // What lies where the head should be and is none is not believed either.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let watcher = Watcher::new(Connection::open(&path).unwrap());
        std::fs::write(folder.path().join("hub.db-shm"), b"no head").unwrap();
        assert!(watcher.stamp().is_some() && watcher.header().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_head_that_stayed_through_a_change_is_not_believed_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let others = opened(&path);
        others.execute_batch("CREATE TABLE others (n INTEGER)").unwrap();
        let watcher = Watcher::new(opened(&path));
        let stamp = watcher.stamp().unwrap();
        let header = watcher.header().unwrap();
        // As if it had said something else a while ago, under the head that is still there.
        let asked = Instant::now().checked_sub(2 * FRESH).unwrap();
        *watcher.known.write().unwrap() = Some(Known { header, stamp: stamp + 1, asked });
        assert_eq!(watcher.stamp(), Some(stamp));
        assert!(watcher.header().is_none(), "it was deaf");
        others.execute("INSERT INTO others VALUES (1)", []).unwrap();
        assert_ne!(watcher.stamp(), Some(stamp), "and changes are seen all the same");
    }
}
