//! Which kit was last sealed from which folder.

use std::collections::BTreeMap;
use std::path::Path;

use sealkit_oci::{Digest, Reference};
use serde::{Deserialize, Serialize};

use super::canonical;
use crate::pack::{KitfileSource, PackOutcome, find_kitfile};
use crate::trust::file::{self, Readers};
use crate::{Home, OpsError};

/// Largest record that is read, in bytes.
const MAX_RECORD: u64 = 256 << 20;
const SCHEMA_VERSION: u32 = 1;

/// What is remembered of a folder that was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SealedFolder {
    /// Name of the kit.
    pub(crate) reference: String,
    /// Digest of the kit's manifest.
    pub(crate) digest: Digest,
    /// The Kitfile of the folder; none where the kit was made with another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kitfile: Option<KitfileRecord>,
    /// Digest of `.kitignore`; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ignore: Option<Digest>,
    /// Files that were in no part of the kit, with the digests of their content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) outside: BTreeMap<String, Digest>,
}

/// A Kitfile as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KitfileRecord {
    /// Its name inside the folder.
    pub(crate) name: String,
    /// Digest of its bytes.
    pub(crate) digest: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Records {
    schema_version: u32,
    folders: BTreeMap<String, SealedFolder>,
}

/// Remembers what was sealed from `dir`.
pub(super) fn remember(
    home: &Home,
    dir: &Path,
    reference: &Reference,
    packed: &PackOutcome,
    source: &KitfileSource,
    outside: &BTreeMap<String, Digest>,
) -> Result<(), OpsError> {
    let key = key(dir)?;
    let kitfile = match (source, find_kitfile(dir)?) {
        (KitfileSource::Folder, Some(path)) => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let digest = super::outside::content(&path)?;
            name.map(|name| KitfileRecord { name, digest })
        }
        _ => None,
    };
    let sealed = SealedFolder {
        reference: reference.to_string(),
        digest: packed.manifest.digest().clone(),
        kitfile,
        ignore: packed.ignore_digest.clone(),
        outside: outside.clone(),
    };
    let path = home.sealed();
    let _lock = file::lock(&path)?;
    let mut records = read(&path)?;
    records.folders.insert(key, sealed);
    let mut bytes = serde_json::to_vec_pretty(&records)
        .map_err(|source| crate::pack::unwritable("record of sealed folders", source.into()))?;
    bytes.push(b'\n');
    file::replace(&path, &bytes, Readers::Owner)
}

/// What was last sealed from `dir`; none where nothing was.
pub(crate) fn recall(home: &Home, dir: &Path) -> Result<Option<SealedFolder>, OpsError> {
    let key = key(dir)?;
    Ok(read(&home.sealed())?.folders.remove(&key))
}

fn read(path: &Path) -> Result<Records, OpsError> {
    let Some(bytes) = file::read(path, MAX_RECORD)? else {
        return Ok(Records { schema_version: SCHEMA_VERSION, folders: BTreeMap::new() });
    };
    let damaged = |reason: String| {
        let message = format!("`{}` can not be read: {reason}", path.display());
        OpsError::usage("record-malformed", message)
            .with_hint("remove it, and run `sealkit seal DIR` again")
    };
    let records: Records =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if records.schema_version != SCHEMA_VERSION {
        return Err(damaged(format!("`schemaVersion` is {}, not 1", records.schema_version)));
    }
    Ok(records)
}

/// A path that is not text is escaped, so that two folders never share a record.
fn key(dir: &Path) -> Result<String, OpsError> {
    let path = canonical(dir)?;
    Ok(match path.to_str() {
        Some(text) => text.to_owned(),
        None => format!("bytes:{}", path.as_os_str().as_encoded_bytes().escape_ascii()),
    })
}
