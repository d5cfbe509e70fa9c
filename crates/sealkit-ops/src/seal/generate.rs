//! A Kitfile for a folder that has none.
//!
//! The seam to `init`: everything else of `seal` calls [`missing`] alone.

use std::fs;
use std::path::{Path, PathBuf};

use sealkit_kitfile::{GenerateOptions, Kitfile, Listed, Package, generate};

use crate::OpsError;
use crate::pack::{FolderRules, find_kitfile};
use crate::trust::file::{self, Readers};

/// Most files that are listed.
const MAX_FILES: usize = 1_000_000;

#[derive(Debug, Default)]
struct InitOptions {
    package: Package,
}

/// A Kitfile that was generated.
#[derive(Debug)]
pub(super) struct InitOutcome {
    pub(super) kitfile: Kitfile,
    pub(super) written: Vec<PathBuf>,
    pub(super) notes: Vec<String>,
}

/// Writes a Kitfile into `dir` where it has none.
pub(super) fn missing(dir: &Path) -> Result<Option<InitOutcome>, OpsError> {
    if find_kitfile(dir)?.is_some() {
        return Ok(None);
    }
    let folder = super::canonical(dir)?;
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let package = Package { name: name.unwrap_or_default(), ..Package::default() };
    let mut made = generate_for(dir, &InitOptions { package })?;
    let path = dir.join("Kitfile");
    if !file::create(&path, made.kitfile.to_yaml().as_bytes(), Readers::All)? {
        return Ok(None);
    }
    made.written.push(path);
    Ok(Some(made))
}

fn generate_for(dir: &Path, options: &InitOptions) -> Result<InitOutcome, OpsError> {
    let rules = FolderRules::read(dir)?;
    let listing = list(dir, &rules)?;
    let options =
        GenerateOptions { package: options.package.clone(), ..GenerateOptions::default() };
    let made = generate(&listing, &options);
    Ok(InitOutcome { kitfile: made.kitfile, written: Vec::new(), notes: Vec::new() })
}

fn list(dir: &Path, rules: &FolderRules) -> Result<Vec<Listed>, OpsError> {
    use sealkit_pack::Ignore as _;
    let mut listing = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let place = dir.join(&folder);
        let failed = |source| OpsError::io("read", &place, source);
        for item in fs::read_dir(&place).map_err(failed)? {
            let item = item.map_err(failed)?;
            let Ok(name) = item.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let is_dir = item.file_type().map_err(failed)?.is_dir();
            if rules.ignores(&path) {
                continue;
            }
            let size = item.metadata().map_err(failed)?.len();
            listing.push(Listed { path: path.clone(), size, is_dir, ..Listed::default() });
            if is_dir {
                folders.push(path);
            }
            if listing.len() > MAX_FILES {
                let message = format!("`{}` holds more than {MAX_FILES} files", dir.display());
                return Err(OpsError::usage("too-many-files", message));
            }
        }
    }
    Ok(listing)
}
