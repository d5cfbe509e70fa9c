//! A copy of a log in a folder, made while a hub writes it.

use std::fs;
use std::path::Path;

use sealkit_attest::log::{Checkpoint, TILE_WIDTH, TileKind, TilePath};
use sealkit_store::{Readers, create_private_dir, replace_file};

use super::files::{OPEN, bundles, io, read};
use super::folder::KEY;
use super::{Log, LogError};

/// How often a bundle may become whole while the copy is made.
const TRIES: usize = 8;

impl Log {
    /// Copies the log in `from`, with its key, into `to`: all entries of a checkpoint, and maybe
    /// some that came since. Tiles are left out, for they are made again. False where there is no
    /// log.
    pub fn copy_folder(from: &Path, to: &Path) -> Result<bool, LogError> {
        let Some(key) = read(&from.join(KEY))? else { return Ok(false) };
        create_private_dir(to).map_err(|source| io("create", to, source))?;
        let write = |name: &str, bytes: &[u8]| {
            let path = to.join(name);
            replace_file(&path, bytes, Readers::Owner).map_err(|source| io("write", &path, source))
        };
        write(KEY, &key)?;
        // The checkpoint first: whatever comes after has its entries.
        let checkpoint = read(&from.join("checkpoint"))?;
        let mut done = 0;
        for _ in 0..TRIES {
            let whole = bundles(from)?;
            for index in done..whole {
                copy_bundle(from, to, index)?;
            }
            done = whole;
            let open = read(&from.join(OPEN))?.unwrap_or_default();
            // What is read as open may be what followed a bundle that became whole meanwhile.
            if bundles(from)? == whole {
                write(OPEN, &open)?;
                if let Some(checkpoint) = checkpoint {
                    Checkpoint::parse(&String::from_utf8_lossy(&checkpoint))?;
                    write("checkpoint", &checkpoint)?;
                }
                return Ok(true);
            }
        }
        Err(LogError::Damaged("it grew too fast to be copied; try again".to_owned()))
    }
}

/// Copies a whole bundle, which never changes.
fn copy_bundle(from: &Path, to: &Path, index: u64) -> Result<(), LogError> {
    let size = (index + 1) * TILE_WIDTH;
    let Some(path) = TilePath::of(TileKind::Entries, index, size) else { return Ok(()) };
    let name = path.to_string();
    let missing = || LogError::Damaged(format!("`{name}` is missing"));
    let bytes = read(&from.join(&name))?.ok_or_else(missing)?;
    let target = to.join(&name);
    let folder = target.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(|source| io("create", folder, source))?;
    replace_file(&target, &bytes, Readers::Owner).map_err(|source| io("write", &target, source))
}
