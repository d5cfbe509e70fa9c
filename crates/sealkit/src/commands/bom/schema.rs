//! Documents held against the official schema files of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use sealkit_ops::OpsError;
use sealkit_ops::bom::aibom::schema::Validator;

use crate::console::{Failure, escape};

/// Largest schema file that is read, in bytes.
const MAX_SCHEMA: u64 = 16 << 20;
/// Most characters that are shown of one error.
const MAX_SHOWN: usize = 300;

/// Fails where the document is not valid by the schema in `dir` that is meant for it.
pub(super) fn check(dir: &Path, document: &[u8], what: &str) -> Result<(), Failure> {
    let document: serde_json::Value = serde_json::from_slice(document)
        .map_err(|source| Failure::new("json", format!("{what} is not JSON")).caused_by(&source))?;
    let missing = || {
        OpsError::usage("schema-missing", format!("{what} names no format that is known"))
            .with_hint("give CycloneDX or SPDX 3, as JSON")
    };
    let name = Validator::schema_of(&document).ok_or_else(missing)?;
    let validator = Validator::new(&files(dir)?, &name).map_err(|error| {
        OpsError::usage("schema-unusable", format!("`{}`: {error}", dir.display()))
            .with_hint("put the official schema files of its format into the folder")
    })?;
    let found = validator.errors(&document);
    if found.is_empty() {
        return Ok(());
    }
    let first: Vec<String> = found.iter().take(5).map(|error| short(error)).collect();
    let message = format!("{what} is not valid: {}", first.join("; "));
    Err(OpsError::usage("schema-violated", message).into())
}

/// The validator repeats what is wrong, which may be the whole document.
fn short(error: &str) -> String {
    let start: String = error.chars().take(MAX_SHOWN).collect();
    let cut = if start.len() < error.len() { "…" } else { "" };
    format!("{}{cut}", escape(&start))
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
        if Path::new(&name).extension().is_some_and(|end| end == "json") && size <= MAX_SCHEMA {
            all.insert(name, std::fs::read(entry.path()).map_err(failed)?);
        }
    }
    Ok(all)
}
