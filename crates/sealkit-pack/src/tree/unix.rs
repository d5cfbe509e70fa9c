//! Folders by descriptor: each component is opened in the one above, and never through a link, so
//! that nobody can swap a folder for a link in between.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::{Entry, EntryFault, MAX_ENTRIES};

/// A folder that stays the same one whatever happens to its name.
pub(super) struct Root(OwnedFd);

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Root {
    /// Opens the folder itself, which may be named through a link: that is what the person typed.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(dir, FOLDER, Mode::empty())?))
    }

    /// The folder at `path` below it; the empty path is the folder itself.
    fn folder(&self, path: &str) -> rustix::io::Result<OwnedFd> {
        let mut here = openat(&self.0, c".", FOLDER, Mode::empty())?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            here = openat(&here, part, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        }
        Ok(here)
    }

    /// Names and kinds of what the folder at `path` holds.
    pub(super) fn list(&self, path: &str) -> io::Result<Vec<(OsString, io::Result<Entry>)>> {
        let folder = self.folder(path)?;
        let mut found = Vec::new();
        // One more than is allowed is enough to be refused.
        for entry in Dir::read_from(&folder)?.take(MAX_ENTRIES + 3) {
            let name = entry?.file_name().to_owned();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let kind = statat(folder.as_fd(), &name, AtFlags::SYMLINK_NOFOLLOW)
                .map(|stat| kind(FileType::from_raw_mode(stat.st_mode), stat.st_size as u64));
            found.push((OsString::from_vec(name.into_bytes()), kind.map_err(io::Error::from)));
        }
        Ok(found)
    }

    /// Opens a file for reading. A link or a named pipe that was put there meanwhile is not followed
    /// and does not block.
    pub(super) fn open_file(&self, path: &str) -> Result<File, EntryFault> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = self.folder(dir).and_then(|dir| openat(&dir, name, flags, Mode::empty()));
        match opened {
            Ok(file) => Ok(File::from(file)),
            Err(Errno::LOOP) => Err(EntryFault::Kind("is a symbolic link")),
            Err(error) => Err(EntryFault::Unreadable(io::Error::from(error).to_string())),
        }
    }
}

fn kind(kind: FileType, size: u64) -> Entry {
    match kind {
        FileType::Directory => Entry::Folder,
        FileType::RegularFile => Entry::File(size),
        FileType::Symlink => Entry::Other("is a symbolic link"),
        FileType::Fifo => Entry::Other("is a named pipe"),
        FileType::Socket => Entry::Other("is a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Entry::Other("is a device"),
        FileType::Unknown => Entry::Other("is not a regular file"),
    }
}
