//! Documents held against the official schema files of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use sealkit_ops::OpsError;
use sealkit_ops::bom::aibom::schema::Validator;

use crate::console::Failure;

/// Largest schema file that is read, in bytes.
const MAX_SCHEMA: u64 = 16 << 20;

/// Fails where the document is not valid by the schema in `dir` that is meant for it.
pub(super) fn check(dir: &Path, document: &[u8], what: &str) -> Result<(), Failure> {
    let validator = Validator::new(&files(dir)?).map_err(|error| {
        OpsError::usage("schema-malformed", format!("`{}`: {error}", dir.display()))
    })?;
    let found = validator.check(document).map_err(|error| {
        OpsError::usage("schema-missing", format!("{what} could not be checked: {error}"))
            .with_hint("put the official schema files of its format into the folder")
    })?;
    if found.is_empty() {
        return Ok(());
    }
    let first: Vec<String> = found.iter().take(5).map(ToString::to_string).collect();
    let message = format!("{what} is not valid: {}", first.join("; "));
    Err(OpsError::usage("schema-violated", message).into())
}

fn files(dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let failed = |source: std::io::Error| {
        Failure::new("io", format!("could not read `{}`", dir.display())).caused_by(&source)
    };
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let size = entry.metadata().map_err(failed)?.len();
        if name.ends_with(".json") && size <= MAX_SCHEMA {
            all.insert(name, std::fs::read(entry.path()).map_err(failed)?);
        }
    }
    Ok(all)
}
