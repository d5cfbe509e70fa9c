//! The bare loop: what no packer can leave out, and nothing else.
//!
//! Pack reads each file once, takes SHA-256 of the layer and of the file, BLAKE3 of each 1 MiB
//! segment, writes the tar and calls `fsync`. Unpack reads the tar, takes both SHA-256 again,
//! writes the files and calls `fsync` on each.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest as _, Sha256};

use crate::run::{Outcome, fail};

const BUFFER: usize = 1 << 20;
const BLOCK: usize = 512;

/// Packs every file below `folder` into one tar.
pub(super) fn pack(folder: &Path, tar: &Path) -> Outcome {
    let mut layer = Layer { hash: Sha256::new(), out: File::create(tar)? };
    let mut buffer = vec![0; BUFFER];
    for path in files(folder)? {
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        let mut source = File::open(&path)?;
        let size = source.metadata()?.len();
        layer.write(&header(&name, size)?)?;
        let mut hash = Sha256::new();
        let mut left = size;
        while left > 0 {
            let chunk = &mut buffer[..left.min(BUFFER as u64) as usize];
            source.read_exact(chunk)?;
            hash.update(&*chunk);
            std::hint::black_box(blake3::hash(chunk));
            layer.write(chunk)?;
            left -= chunk.len() as u64;
        }
        std::hint::black_box(hash.finalize());
        layer.write(&[0; BLOCK][..padding(size)])?;
    }
    layer.write(&[0; 2 * BLOCK])?;
    std::hint::black_box(layer.hash.finalize());
    Ok(layer.out.sync_all()?)
}

/// Unpacks a tar that [`pack`] wrote.
pub(super) fn unpack(tar: &Path, folder: &Path) -> Outcome {
    let mut source = BufReader::with_capacity(BUFFER, File::open(tar)?);
    let mut layer = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut block = [0; BLOCK];
    loop {
        source.read_exact(&mut block)?;
        layer.update(block);
        if block[0] == 0 {
            break;
        }
        let (name, size) = read_header(&block)?;
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        let mut out = File::create(&path)?;
        let mut hash = Sha256::new();
        let mut left = size;
        while left > 0 {
            let chunk = &mut buffer[..left.min(BUFFER as u64) as usize];
            source.read_exact(chunk)?;
            layer.update(&*chunk);
            hash.update(&*chunk);
            out.write_all(chunk)?;
            left -= chunk.len() as u64;
        }
        std::hint::black_box(hash.finalize());
        out.sync_all()?;
        let pad = &mut block[..padding(size)];
        source.read_exact(pad)?;
        layer.update(&*pad);
    }
    std::hint::black_box(layer.finalize());
    Ok(())
}

/// Reads every file below `folder` and takes its SHA-256.
pub(super) fn hash(folder: &Path) -> Outcome {
    let mut buffer = vec![0; BUFFER];
    files(folder)?.iter().try_for_each(|path| hash_one(path, &mut buffer))
}

/// The same on all processors, a file each.
pub(super) fn hash_all(folder: &Path) -> Outcome {
    let (files, next) = (files(folder)?, AtomicUsize::new(0));
    let work = || {
        let mut buffer = vec![0; BUFFER];
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            hash_one(path, &mut buffer).map_err(|error| error.to_string())?;
        }
        Ok::<(), String>(())
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in running {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(reason)) => return fail(reason),
                Err(_) => return fail("a thread of the bare loop ended early"),
            }
        }
        Ok(())
    })
}

fn hash_one(path: &Path, buffer: &mut [u8]) -> Outcome {
    let mut source = File::open(path)?;
    let mut hash = Sha256::new();
    loop {
        let read = source.read(buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    std::hint::black_box(hash.finalize());
    Ok(())
}

struct Layer {
    hash: Sha256,
    out: File,
}

impl Layer {
    fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.hash.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn header(name: &str, size: u64) -> Outcome<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    if name.len() > 100 {
        return fail(format!("`{name}` is too long for the bare loop"));
    }
    block[..name.len()].copy_from_slice(name.as_bytes());
    write!(&mut block[124..136], "{size:011o}\0")?;
    block[156] = b'0';
    Ok(block)
}

fn read_header(block: &[u8; BLOCK]) -> Outcome<(&str, u64)> {
    let name = block[..100].split(|byte| *byte == 0).next().unwrap_or_default();
    let size = std::str::from_utf8(&block[124..135])?;
    Ok((std::str::from_utf8(name)?, u64::from_str_radix(size, 8)?))
}

fn padding(size: u64) -> usize {
    (size.next_multiple_of(BLOCK as u64) - size) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bare_loop_gives_back_what_it_packed() {
        let scratch = tempfile::tempdir().unwrap();
        let from = scratch.path().join("from");
        std::fs::create_dir_all(from.join("sub")).unwrap();
        let large = vec![7; BUFFER + 3];
        std::fs::write(from.join("a.bin"), &large).unwrap();
        std::fs::write(from.join("sub/empty"), b"").unwrap();
        let (tar, to) = (scratch.path().join("t.tar"), scratch.path().join("to"));
        pack(&from, &tar).unwrap();
        unpack(&tar, &to).unwrap();
        assert_eq!(std::fs::read(to.join("a.bin")).unwrap(), large);
        assert_eq!(std::fs::read(to.join("sub/empty")).unwrap(), b"");
        assert_eq!(std::fs::metadata(&tar).unwrap().len() % 512, 0);
    }

    #[test]
    fn padding_reaches_the_next_block() {
        assert_eq!((padding(0), padding(1), padding(512)), (0, 511, 0));
    }
}
