//! A plain folder as a set of files: listed and hashed without ever following a link, so that what
//! was hashed is what lies below the folder and nothing else.

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use portable as system;
#[cfg(unix)]
use unix as system;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sealkit_oci::{Digest, Sha256};

use crate::pack::in_parallel;
use crate::{PackError, sys};

/// Bytes that are read at once; each thread has one such buffer and nothing else that grows.
const PIECE: usize = 1 << 20;
/// Most entries of one folder tree.
const MAX_ENTRIES: usize = 1_000_000;
/// Deepest nesting of folders.
const MAX_DEPTH: usize = 256;

/// What an entry is that is neither file nor folder, or why it could not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFault {
    /// It is something that has no place in a model, e.g. `is a symbolic link`.
    Kind(&'static str),
    /// Its name is not UTF-8.
    NotUtf8,
    /// It changed while it was read.
    Changed,
    /// It could not be read.
    Unreadable(String),
}

impl EntryFault {
    /// The fault for people, behind the path.
    pub fn describe(&self) -> String {
        match self {
            Self::Kind(what) => (*what).to_owned(),
            Self::NotUtf8 => "has a name that is not UTF-8".to_owned(),
            Self::Changed => "changed while it was read".to_owned(),
            Self::Unreadable(reason) => format!("could not be read: {reason}"),
        }
    }
}

/// The regular files below a folder, and what else is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeListing {
    /// Paths of regular files with their sizes in bytes, sorted by path.
    pub files: Vec<(String, u64)>,
    /// Everything that is neither file nor folder; paths that are not UTF-8 are escaped.
    pub faults: Vec<(String, EntryFault)>,
    /// Paths that were passed over, without what lies below them.
    pub skipped: Vec<String>,
}

/// Lists `dir`. What `skip` holds for is passed over with everything below it. An entry that cannot
/// be looked at is a fault, not an error.
pub fn list_tree(dir: &Path, skip: &dyn Fn(&str) -> bool) -> Result<TreeListing, PackError> {
    let root = system::Root::open(dir).map_err(|error| PackError::io("open", dir, error))?;
    let mut walk = Walk { listing: TreeListing::default(), folders: Vec::new(), entries: 0 };
    walk.folders.push((String::new(), 0));
    while let Some((folder, depth)) = walk.folders.pop() {
        match root.list(&folder) {
            Ok(found) => {
                for (name, kind) in found {
                    walk.add(dir, (&folder, depth), &name, kind, skip)?;
                }
            }
            // The folder itself must be readable: else nothing would look like an empty model.
            Err(error) if folder.is_empty() => return Err(PackError::io("list", dir, error)),
            Err(error) => walk.fault(folder, EntryFault::Unreadable(error.to_string())),
        }
    }
    let mut listing = walk.listing;
    listing.files.sort();
    listing.faults.sort_by(|one, other| one.0.cmp(&other.0));
    listing.skipped.sort();
    Ok(listing)
}

/// A listing that is being made, and the folders that are still to be looked into.
struct Walk {
    listing: TreeListing,
    folders: Vec<(String, usize)>,
    entries: usize,
}

impl Walk {
    fn fault(&mut self, path: String, fault: EntryFault) {
        self.listing.faults.push((path, fault));
    }

    fn add(
        &mut self,
        dir: &Path,
        (folder, depth): (&str, usize),
        name: &OsStr,
        kind: io::Result<Entry>,
        skip: &dyn Fn(&str) -> bool,
    ) -> Result<(), PackError> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            let error = io::Error::other("it has more than a million entries");
            return Err(PackError::io("list", dir, error));
        }
        let below = |name: &str| {
            if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
        };
        let Some(text) = name.to_str() else {
            let shown = name.as_encoded_bytes().escape_ascii().to_string();
            self.fault(below(&shown), EntryFault::NotUtf8);
            return Ok(());
        };
        let path = below(text);
        if skip(&path) {
            self.listing.skipped.push(path);
            return Ok(());
        }
        match kind {
            Ok(Entry::Folder) if depth < MAX_DEPTH => self.folders.push((path, depth + 1)),
            Ok(Entry::Folder) => {
                let reason = "it is nested too deeply".to_owned();
                self.fault(path, EntryFault::Unreadable(reason));
            }
            Ok(Entry::File(size)) => self.listing.files.push((path, size)),
            Ok(Entry::Other(what)) => self.fault(path, EntryFault::Kind(what)),
            Err(error) => self.fault(path, EntryFault::Unreadable(error.to_string())),
        }
        Ok(())
    }
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Folder,
    File(u64),
    Other(&'static str),
}

/// SHA-256 of each of `files` below `dir`, in their order, or what is wrong with one. All processors
/// work, each with one small buffer; the largest files come first, so that none is left for last.
/// `progress` is told how many bytes went by.
pub fn hash_tree(
    dir: &Path,
    files: &[(String, u64)],
    threads: Option<usize>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Result<Digest, EntryFault>>, PackError> {
    let root = system::Root::open(dir).map_err(|error| PackError::io("open", dir, error))?;
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(files.get(at).map_or(0, |file| file.1)));
    let hashed = in_parallel(&order, threads, |at| {
        let Some((path, _)) = files.get(at) else { return Ok(None) };
        Ok(Some(hash_file(&root, path, progress)))
    })?;
    let mut results: Vec<_> = files.iter().map(|_| Err(EntryFault::Changed)).collect();
    for (at, result) in hashed {
        if let Some(place) = results.get_mut(at) {
            *place = result;
        }
    }
    Ok(results)
}

fn hash_file(
    root: &system::Root,
    path: &str,
    report: &(dyn Fn(u64) + Sync),
) -> Result<Digest, EntryFault> {
    let mut hasher = Sha256::default();
    read_file(root, path, |bytes| {
        hasher.update(bytes);
        report(bytes.len() as u64);
    })?;
    Ok(hasher.finish())
}

/// Whether each piece of the file has its digest and the file ends with the last one. `pieces` are
/// `(start, end, digest)`, in order and without gaps.
pub fn has_pieces(
    dir: &Path,
    path: &str,
    pieces: &[(u64, u64, Digest)],
) -> Result<bool, EntryFault> {
    let unreadable = |error: io::Error| EntryFault::Unreadable(error.to_string());
    let root = system::Root::open(dir).map_err(unreadable)?;
    let (mut left, mut at, mut good) = (pieces.iter(), 0_u64, true);
    let mut current = left.next();
    let mut hasher = Sha256::default();
    read_file(&root, path, |mut bytes| {
        while !bytes.is_empty() && good {
            let Some((_, end, digest)) = current else {
                good = false;
                return;
            };
            let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at(room);
            hasher.update(now);
            (at, bytes) = (at + room as u64, rest);
            if at == *end {
                good = std::mem::take(&mut hasher).finish() == *digest;
                current = left.next();
            }
        }
    })?;
    Ok(good && current.is_none())
}

/// Reads a file from its start to its end; it must be a regular one, and the same before and after.
fn read_file(
    root: &system::Root,
    path: &str,
    mut take: impl FnMut(&[u8]),
) -> Result<(), EntryFault> {
    let unreadable = |error: io::Error| EntryFault::Unreadable(error.to_string());
    let mut file: File = root.open_file(path)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(EntryFault::Kind("is not a regular file"));
    }
    let before = sys::Stamp::of(&meta);
    let mut buffer = vec![0; PIECE.min(usize::try_from(meta.len()).unwrap_or(PIECE) + 1)];
    let mut total = 0_u64;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        total += count as u64;
        if total > before.size {
            return Err(EntryFault::Changed);
        }
        take(buffer.get(..count).unwrap_or_default());
    }
    let after = sys::Stamp::of(&file.metadata().map_err(unreadable)?);
    if after != before || total != before.size {
        return Err(EntryFault::Changed);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
