//! A Kitfile for a folder that has none.

use std::path::Path;

use crate::OpsError;
use crate::init::{InitOptions, InitOutcome, KitfileOutput, Package, init};
use crate::pack::find_kitfile;

/// Writes a Kitfile into `dir` where it has none, as `init` does. The kit has the folder's name.
pub(super) fn missing(dir: &Path) -> Result<Option<InitOutcome>, OpsError> {
    if find_kitfile(dir)?.is_some() {
        return Ok(None);
    }
    let folder = super::canonical(dir)?;
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let package = Package { name: name.unwrap_or_default(), ..Package::default() };
    let options = InitOptions { package, depth: Some(0) };
    init(dir, &options, &KitfileOutput::Folder, false).map(Some)
}
