//! Files outside of a store that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The user alone.
    Owner,
    /// Everybody whom the umask lets.
    All,
}

/// A file that is written beside its place, under a name that nobody can know before, and moved
/// there when it is whole. Dropped before, it leaves nothing.
#[derive(Debug)]
pub struct WholeFile {
    target: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Beside(NamedTempFile),
    /// A pipe, a terminal or a device, which can only be written to.
    Straight(File),
}

impl WholeFile {
    /// Begins the file that will be at `target`, in a folder that is there. A link at `target` is
    /// not followed.
    pub fn begin(target: &Path, readers: Readers) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".sealkit-");
        #[cfg(unix)]
        if readers == Readers::All {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let folder = folder_of(target);
        // Whoever asked knows `target` and not the name that failed.
        let unnamed = |error: io::Error| io::Error::from(error.kind());
        let made = fs::metadata(folder).and_then(|_| builder.tempfile_in(folder).map_err(unnamed));
        Ok(Self { target: target.to_owned(), content: Content::Beside(made?) })
    }

    /// Begins the file that a person asked for by its path: a link is followed, and what is no
    /// regular file, e.g. `/dev/stdout`, is written to as it is.
    pub fn output(target: &Path) -> io::Result<Self> {
        match fs::metadata(target) {
            Ok(meta) if meta.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(meta) if !meta.is_file() => {
                let content = Content::Straight(File::options().write(true).open(target)?);
                Ok(Self { target: target.to_owned(), content })
            }
            _ => Self::begin(&through_links(target), Readers::All),
        }
    }

    /// Throws away what was written: the next byte is the first one again.
    pub fn restart(&mut self) -> io::Result<()> {
        let file = self.content.file();
        file.set_len(0)?;
        file.rewind()
    }

    /// Makes the bytes durable and puts them in the place of what is there.
    pub fn replace(self) -> io::Result<()> {
        let Some(file) = self.content.synced()? else { return Ok(()) };
        file.persist(&self.target).map_err(|error| error.error)?;
        sync_folder(&self.target);
        Ok(())
    }

    /// Makes the bytes durable and puts them at their place; false where something is there, which
    /// is then kept.
    pub fn create(self) -> io::Result<bool> {
        let Some(file) = self.content.synced()? else { return Ok(false) };
        match file.persist_noclobber(&self.target) {
            Ok(_) => {
                sync_folder(&self.target);
                Ok(true)
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    }
}

impl Content {
    fn synced(self) -> io::Result<Option<NamedTempFile>> {
        match self {
            Self::Beside(file) => {
                file.as_file().sync_all()?;
                Ok(Some(file))
            }
            Self::Straight(_) => Ok(None),
        }
    }

    fn file(&mut self) -> &mut File {
        match self {
            Self::Beside(file) => file.as_file_mut(),
            Self::Straight(file) => file,
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.content.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.file().flush()
    }
}

/// Puts `bytes` in the place of `target`. After a crash there is the old file or the new one.
pub fn replace_file(target: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = WholeFile::begin(target, readers)?;
    file.write_all(bytes)?;
    file.replace()
}

/// Puts `bytes` at `target`; false where something is there, which is then kept.
pub fn create_file(target: &Path, bytes: &[u8], readers: Readers) -> io::Result<bool> {
    let mut file = WholeFile::begin(target, readers)?;
    file.write_all(bytes)?;
    file.create()
}

/// Makes a folder that only the user can read, with those above it.
pub fn create_private_dir(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The file that a link leads to; `path` itself where it is none or leads nowhere.
pub fn through_links(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The folder in which `path` is.
pub fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Makes a rename durable. A file system that can not sync folders has done what it can.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}
