//! What differs between operating systems: identity of files, modes, opening without following
//! links, and making a whole tree durable at once.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// What tells that a file is still the same, unchanged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    pub(crate) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

#[cfg(unix)]
mod imp {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};

    use rustix::fs::OFlags;

    use super::{File, Metadata, OpenOptions, Path, Stamp, fs, io};

    impl Stamp {
        pub(crate) fn of(meta: &Metadata) -> Self {
            Self {
                device: meta.dev(),
                inode: meta.ino(),
                size: meta.len(),
                modified: (meta.mtime(), meta.mtime_nsec()),
                changed: (meta.ctime(), meta.ctime_nsec()),
            }
        }
    }

    pub(crate) fn mode(meta: &Metadata) -> u32 {
        meta.mode() & 0o7777
    }

    pub(crate) fn mtime(meta: &Metadata) -> (i64, u32) {
        (meta.mtime(), meta.mtime_nsec() as u32)
    }

    pub(crate) fn device(meta: &Metadata) -> u64 {
        meta.dev()
    }

    pub(crate) fn inode(meta: &Metadata) -> u64 {
        meta.ino()
    }

    /// Whether only this user can have written there.
    pub(crate) fn is_private(meta: &Metadata) -> bool {
        meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o022 == 0
    }

    /// Opens for reading. Links at the end of the path are not followed, and a named pipe that was
    /// put there meanwhile does not block.
    pub(crate) fn open(path: &Path) -> io::Result<File> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32;
        OpenOptions::new().read(true).custom_flags(flags).open(path)
    }

    /// Creates a new file with these permission bits, less the umask.
    pub(crate) fn create(path: &Path, mode: u32) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(mode & 0o777).open(path)
    }

    /// Creates a folder with these permission bits, less the umask.
    pub(crate) fn create_dir(path: &Path, mode: u32) -> io::Result<()> {
        fs::DirBuilder::new().mode(mode & 0o777).create(path)
    }

    pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

#[cfg(not(unix))]
mod imp {
    use super::{File, Metadata, OpenOptions, Path, Stamp, fs, io};

    impl Stamp {
        pub(crate) fn of(meta: &Metadata) -> Self {
            let (seconds, nanos) = mtime(meta);
            let modified = (seconds, i64::from(nanos));
            Self { device: 0, inode: 0, size: meta.len(), modified, changed: modified }
        }
    }

    /// The modes that Go reports where there are none.
    pub(crate) fn mode(meta: &Metadata) -> u32 {
        match (meta.is_dir(), meta.permissions().readonly()) {
            (true, _) => 0o777,
            (false, true) => 0o444,
            (false, false) => 0o666,
        }
    }

    pub(crate) fn mtime(meta: &Metadata) -> (i64, u32) {
        let since = meta.modified().ok();
        let since = since.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or((0, 0), |since| (since.as_secs() as i64, since.subsec_nanos()))
    }

    pub(crate) fn device(_: &Metadata) -> u64 {
        0
    }

    pub(crate) fn inode(_: &Metadata) -> u64 {
        0
    }

    pub(crate) fn is_private(_: &Metadata) -> bool {
        true
    }

    pub(crate) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    pub(crate) fn create(path: &Path, _: u32) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    pub(crate) fn create_dir(path: &Path, _: u32) -> io::Result<()> {
        fs::create_dir(path)
    }

    pub(crate) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn sync_dir(_: &Path) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) use imp::{
    create, create_dir, device, inode, is_private, mode, mtime, open, set_mode, sync_dir,
};

/// Whether [`sync_tree`] makes files durable, so that they need no `fsync` one by one.
pub(crate) const SYNCS_TREES: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Makes everything on the file system of `dir` durable, where the system can do that at once.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn sync_tree(dir: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

/// Makes the folder itself durable: the files were synced one by one.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn sync_tree(dir: &Path) -> io::Result<()> {
    sync_dir(dir)
}

/// What stands in the way, in words.
pub(crate) fn kind_name(meta: &Metadata) -> &'static str {
    let kind = meta.file_type();
    if kind.is_symlink() {
        "symbolic link"
    } else if kind.is_dir() {
        "folder"
    } else if kind.is_file() {
        "file"
    } else {
        special_name(kind)
    }
}

#[cfg(unix)]
fn special_name(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "named pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn special_name(_: fs::FileType) -> &'static str {
    "special file"
}
