//! Which release of each repository was accepted last, in a file of the home folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealkit_policy::Seen;
use serde::{Deserialize, Serialize};

use crate::trust::file::{self, Readers};
use crate::{Home, OpsError};

/// Largest memory that is read, in bytes.
const MAX_SEEN: u64 = 16 << 20;
const SCHEMA_VERSION: u32 = 1;

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Memory {
    schema_version: u32,
    repositories: BTreeMap<String, Seen>,
}

fn path(home: &Home) -> PathBuf {
    home.dir().join("seen.json")
}

fn load(home: &Home) -> Result<Memory, OpsError> {
    let path = path(home);
    let empty = Memory { schema_version: SCHEMA_VERSION, ..Memory::default() };
    let Some(bytes) = file::read(&path, MAX_SEEN)? else { return Ok(empty) };
    // A memory that can not be read must not be taken for "nothing was seen".
    let broken = |reason: String| {
        let message = format!("`{}` can not be read: {reason}", path.display());
        OpsError::usage("memory-invalid", message)
            .with_hint("restore the file; removing it forgets which releases were accepted")
    };
    let memory: Memory =
        serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
    if memory.schema_version != SCHEMA_VERSION {
        return Err(broken(format!("`schemaVersion` is {}, not 1", memory.schema_version)));
    }
    Ok(memory)
}

/// What was accepted before of `repository`; the empty one where nothing was.
pub(super) fn recall(home: &Home, repository: &str) -> Result<Seen, OpsError> {
    Ok(load(home)?.repositories.remove(repository).unwrap_or_default())
}

/// Remembers what was accepted. Another process may have accepted a newer one meanwhile: that stays.
pub(super) fn remember(home: &Home, repository: &str, seen: &Seen) -> Result<(), OpsError> {
    let path = path(home);
    let _lock = file::lock(&path)?;
    let mut memory = load(home)?;
    let old = memory.repositories.get(repository);
    if old == Some(seen) || old.is_some_and(|old| old.sequence > seen.sequence) {
        return Ok(());
    }
    memory.repositories.insert(repository.to_owned(), seen.clone());
    let mut bytes = serde_json::to_vec_pretty(&memory).map_err(std::io::Error::other);
    if let Ok(bytes) = &mut bytes {
        bytes.push(b'\n');
    }
    let bytes = bytes.map_err(|source| OpsError::io("write", &path, source))?;
    file::replace(&path, &bytes, Readers::Owner)
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn what_was_seen_is_there_again_and_never_goes_back() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path());
        assert_eq!(recall(&home, "a").unwrap(), Seen::default());
        let at = |sequence| Seen { sequence: Some(sequence), ..Seen::default() };
        remember(&home, "a", &at(7)).unwrap();
        remember(&home, "b", &at(1)).unwrap();
        remember(&home, "a", &at(3)).unwrap();
        assert_eq!(recall(&home, "a").unwrap(), at(7));
        assert_eq!(recall(&home, "b").unwrap(), at(1));
    }

    #[test]
    fn a_memory_that_can_not_be_read_is_not_an_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::new(dir.path());
        for text in ["", "{}", r#"{"schemaVersion":2,"repositories":{}}"#, "{\"x\":1}"] {
            std::fs::write(path(&home), text).unwrap();
            assert!(recall(&home, "a").is_err(), "{text}");
            assert!(remember(&home, "a", &Seen::default()).is_err(), "{text}");
        }
    }
}
