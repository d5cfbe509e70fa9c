//! Files of a folder that no part of the kit takes in: not signed, so the person must know.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use sealkit_oci::{Digest, Sha256};
use sealkit_pack::Ignore as _;

use crate::OpsError;
use crate::pack::{FolderRules, PackOutcome};

/// Most files outside of every part that are remembered.
const MAX_OUTSIDE: usize = 100_000;

/// Every file of `dir` that is in no part and not ignored, with the digest of its content.
pub(crate) fn outside(
    dir: &Path,
    packed: &PackOutcome,
) -> Result<BTreeMap<String, Digest>, OpsError> {
    let rules = FolderRules::read(dir)?;
    let inside: HashSet<&str> =
        packed.file_table.entries().map(|(_, entry)| entry.path.as_str()).collect();
    let mut found = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let place = dir.join(&folder);
        let failed = |source| OpsError::io("read", &place, source);
        for item in fs::read_dir(&place).map_err(failed)? {
            let item = item.map_err(failed)?;
            let Ok(name) = item.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if item.file_type().map_err(failed)?.is_dir() {
                if !(rules.ignores(&path) && rules.prunes(&path)) {
                    folders.push(path);
                }
            } else if !rules.ignores(&path) && !inside.contains(path.as_str()) {
                let digest = content(&item.path())?;
                found.insert(path, digest);
            }
            if found.len() > MAX_OUTSIDE {
                let message = format!(
                    "`{}` holds more than {MAX_OUTSIDE} files that are in no part of the kit",
                    dir.display()
                );
                return Err(OpsError::usage("too-many-files", message)
                    .with_hint("add them to the Kitfile or to `.kitignore`"));
            }
        }
    }
    Ok(found)
}

/// Digest of what lies at `path`: of a file its bytes, of anything else what it is.
pub(crate) fn content(path: &Path) -> Result<Digest, OpsError> {
    let failed = |source| OpsError::io("read", path, source);
    let meta = fs::symlink_metadata(path).map_err(failed)?;
    if meta.is_symlink() {
        let target = fs::read_link(path).map_err(failed)?;
        return Ok(Digest::of(format!("link {}", target.display()).as_bytes()));
    }
    if !meta.is_file() {
        return Ok(Digest::of(b"neither file nor link"));
    }
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::default();
    let mut buffer = vec![0; 256 << 10];
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        match buffer.get(..count) {
            Some(bytes) if !bytes.is_empty() => hasher.update(bytes),
            _ => return Ok(hasher.finish()),
        }
    }
}
