//! Compares a folder, or a stored layer, with the file table, and names every file that differs.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::Path;

use sealkit_oci::{FileEntry, FileKind, FileTable, LayerTable, Sha256};

use crate::pack::{OnProgress, Progress, in_parallel};
use crate::path::{is_within, join};
use crate::plan::{Ignore, Links, Symlinks};
use crate::{PackError, sys};

const PIECE: usize = 256 * 1024;

/// How a folder is compared.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// Whether permission bits must be equal too.
    pub modes: bool,
    /// What symbolic links mean.
    pub symlinks: Symlinks,
    /// Paths of the kit's parts: tells files that the kit would hold from others.
    pub parts: Vec<String>,
    /// How many files are read at once; none for as many as there are processors.
    pub threads: Option<usize>,
}

/// One thing in which a folder or a layer differs from the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The file or folder is not there.
    Missing {
        /// Its path.
        path: String,
    },
    /// The file has other bytes.
    Changed {
        /// Its path.
        path: String,
    },
    /// It is something else than it must be.
    Kind {
        /// Its path.
        path: String,
        /// What it is.
        actual: &'static str,
    },
    /// Its permission bits are others.
    Mode {
        /// Its path.
        path: String,
        /// As the table says.
        expected: u32,
        /// As it is.
        actual: u32,
    },
    /// It could not be read, so that nothing is known about it.
    Unreadable {
        /// Its path, escaped where it is not UTF-8.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A file that the table does not list.
    Added {
        /// Its path.
        path: String,
        /// Whether it lies under a part, so that packing again would take it in.
        in_part: bool,
    },
}

impl Difference {
    /// The path that differs.
    pub fn path(&self) -> &str {
        match self {
            Self::Missing { path }
            | Self::Changed { path }
            | Self::Kind { path, .. }
            | Self::Mode { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Added { path, .. } => path,
        }
    }
}

/// Compares the folder `dir` with `table` and returns what differs, sorted. Every file is read:
/// times and sizes prove nothing.
pub fn verify_tree(
    dir: &Path,
    table: &FileTable,
    ignore: &dyn Ignore,
    options: &VerifyOptions,
    progress: OnProgress<'_>,
) -> Result<Vec<Difference>, PackError> {
    table.validate()?;
    let root = fs::canonicalize(dir).map_err(|error| PackError::io("open", dir, error))?;
    let entries: Vec<&FileEntry> = table.entries().map(|(_, entry)| entry).collect();
    let check =
        Check { root: &root, links: Links::new(&root, options.symlinks), options, progress };
    let order: Vec<usize> = (0..entries.len()).collect();
    let found = in_parallel(&order, options.threads, |index| {
        let Some(entry) = entries.get(index) else { return Ok(None) };
        Ok(Some(check.entry(index, entry)))
    })?;
    let mut differences: Vec<Difference> = found.into_iter().flat_map(|(_, found)| found).collect();
    let listed: HashSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    check.added(&listed, ignore, &mut differences);
    differences.sort();
    differences.dedup();
    Ok(differences)
}

struct Check<'a> {
    root: &'a Path,
    links: Links,
    options: &'a VerifyOptions,
    progress: OnProgress<'a>,
}

impl Check<'_> {
    fn entry(&self, index: usize, entry: &FileEntry) -> Vec<Difference> {
        let path = || entry.path.clone();
        let unreadable = |error: &dyn std::fmt::Display| {
            vec![Difference::Unreadable { path: path(), reason: error.to_string() }]
        };
        if let Err(problem) = crate::path::clean(&entry.path) {
            return unreadable(&problem);
        }
        let mut place = self.root.join(&entry.path);
        let mut meta = match fs::symlink_metadata(&place) {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) => return vec![Difference::Missing { path: path() }],
            Err(error) => return unreadable(&error),
        };
        if meta.is_symlink() && entry.kind == FileKind::File {
            match self.links.resolve(&place) {
                Ok(meant) => (place, meta) = meant,
                Err(problem) => return unreadable(&problem),
            }
        }
        let is_right = if entry.kind == FileKind::Dir { meta.is_dir() } else { meta.is_file() };
        if !is_right {
            return vec![Difference::Kind { path: path(), actual: sys::kind_name(&meta) }];
        }
        let mut found = self.mode(entry, &meta);
        if entry.kind == FileKind::File {
            match self.is_same(index, entry, &place, &meta) {
                Ok(true) => {}
                Ok(false) => found.push(Difference::Changed { path: path() }),
                Err(error) => return unreadable(&error),
            }
        }
        found
    }

    fn mode(&self, entry: &FileEntry, meta: &Metadata) -> Vec<Difference> {
        let (expected, actual) = (entry.mode & 0o777, sys::mode(meta) & 0o777);
        if !self.options.modes || expected == actual {
            return Vec::new();
        }
        vec![Difference::Mode { path: entry.path.clone(), expected, actual }]
    }

    fn is_same(
        &self,
        index: usize,
        entry: &FileEntry,
        place: &Path,
        meta: &Metadata,
    ) -> io::Result<bool> {
        if meta.len() != entry.size {
            return Ok(false);
        }
        let mut file = sys::open(place)?;
        let mut buffer = vec![0; PIECE.min(entry.size as usize).max(1)];
        let mut hasher = Sha256::default();
        loop {
            let count = file.read(&mut buffer)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(Some(hasher.finish()) == entry.digest);
            }
            hasher.update(bytes);
            (self.progress)(Progress::Bytes { layer: index, count: count as u64 });
        }
    }

    /// Walks the folder for what the table does not list.
    fn added(&self, listed: &HashSet<&str>, ignore: &dyn Ignore, found: &mut Vec<Difference>) {
        let mut dirs = vec![".".to_owned()];
        while let Some(dir) = dirs.pop() {
            let names = match fs::read_dir(self.root.join(&dir)) {
                Ok(names) => names,
                Err(error) => {
                    found.push(Difference::Unreadable { path: dir, reason: error.to_string() });
                    continue;
                }
            };
            for name in names {
                let item = name.and_then(|name| Ok((name.file_type()?.is_dir(), name.file_name())));
                let (is_dir, name) = match item {
                    Ok(item) => item,
                    Err(error) => {
                        let reason = error.to_string();
                        found.push(Difference::Unreadable { path: dir.clone(), reason });
                        continue;
                    }
                };
                let Ok(name) = name.into_string().map_err(|name| {
                    let escaped = name.as_encoded_bytes().escape_ascii().to_string();
                    let reason = "its name is not valid UTF-8".to_owned();
                    found.push(Difference::Unreadable { path: join(&dir, &escaped), reason });
                }) else {
                    continue;
                };
                let path = join(&dir, &name);
                if is_dir && !(ignore.ignores(&path) && ignore.prunes(&path)) {
                    dirs.push(path);
                } else if !is_dir && !ignore.ignores(&path) && !listed.contains(path.as_str()) {
                    let in_part = self.options.parts.iter().any(|part| is_within(&path, part));
                    found.push(Difference::Added { path, in_part });
                }
            }
        }
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Names the files of a stored, uncompressed layer whose bytes are not those of its table. For a
/// layer whose digest is wrong: an empty answer then means that only headers or padding differ.
pub fn check_layer(table: &LayerTable, blob: &mut dyn Read) -> io::Result<Vec<Difference>> {
    let mut files: Vec<&FileEntry> =
        table.files.iter().filter(|entry| entry.kind == FileKind::File).collect();
    files.sort_by_key(|entry| entry.offset);
    let mut position = 0;
    let mut found = Vec::new();
    for entry in files {
        let path = || entry.path.clone();
        let Some(gap) = entry.offset.checked_sub(position) else {
            let reason = "its place overlaps another's".to_owned();
            found.push(Difference::Unreadable { path: path(), reason });
            continue;
        };
        position += io::copy(&mut (&mut *blob).take(gap), &mut io::sink())?;
        let mut hasher = Hashing(Sha256::default());
        let size = io::copy(&mut (&mut *blob).take(entry.size), &mut hasher)?;
        position += size;
        if size < entry.size {
            found.push(Difference::Missing { path: path() });
        } else if Some(hasher.0.finish()) != entry.digest {
            found.push(Difference::Changed { path: path() });
        }
    }
    found.sort();
    Ok(found)
}

struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
