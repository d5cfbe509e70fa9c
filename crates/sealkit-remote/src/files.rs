//! Small files: read with a limit, written at once or not at all.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sealkit_store::{Readers, create_private_dir, folder_of, replace_file, through_links};

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Puts `bytes` in the place of `path`, readable by its owner only. After a crash there is the old
/// file or the new one. A symbolic link stays one: the file it leads to is replaced.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = through_links(path);
    create_private_dir(folder_of(&target))?;
    replace_file(&target, bytes, Readers::Owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"12345").unwrap();
        assert_eq!(read_limited(file.path(), 5).unwrap(), b"12345");
        assert!(read_limited(file.path(), 4).is_err());
    }

    #[test]
    fn a_file_is_replaced_with_its_folders_made() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/file");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_private_and_a_link_stays_a_link() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real"), root.path().join("link"));
        std::fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_private(&link, b"new").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
        let made = root.path().join("made/file");
        write_private(&made, b"x").unwrap();
        let folder = std::fs::metadata(made.parent().unwrap()).unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }
}
