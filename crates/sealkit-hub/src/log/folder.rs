//! A hub's log in a folder, with its key.

use std::path::Path;
use std::sync::Arc;

use sealkit_attest::log::NoteSigner;
use sealkit_store::{Readers, create_file};
use zeroize::Zeroizing;

use super::{FileLog, Known, Log, LogError, LogStore as _};

/// The file with the key.
pub(super) const KEY: &str = "key";

impl Log {
    /// Opens the log in `dir`. A new one is begun under `origin`, or a name that no other log has,
    /// with a new key; one that is there has to have the name that is asked for.
    pub fn open_folder(dir: &Path, origin: Option<&str>) -> Result<(Self, Known), LogError> {
        let store = FileLog::open(dir)?;
        let path = dir.join(KEY);
        let failed = |action| {
            let path = path.clone();
            move |source| LogError::Io { action, path, source }
        };
        let is_there = path.try_exists().map_err(failed("look for"))?;
        if !is_there && !store.is_empty()? {
            return Err(LogError::Damaged("its key is gone; restore a backup".to_owned()));
        }
        if !is_there {
            let text = new_key(origin)?.to_secret_text();
            create_file(&path, text.as_bytes(), Readers::Owner).map_err(failed("write"))?;
        }
        let text = std::fs::read_to_string(&path).map(Zeroizing::new).map_err(failed("read"))?;
        let signer: NoteSigner = text.parse()?;
        let found = signer.public().name();
        match origin.filter(|asked| *asked != found) {
            Some(asked) => {
                let (asked, found) = (asked.to_owned(), found.to_owned());
                Err(LogError::OtherOrigin { asked, found })
            }
            None => Self::open(Arc::new(store), signer),
        }
    }
}

fn new_key(origin: Option<&str>) -> Result<NoteSigner, LogError> {
    let mut seed = Zeroizing::new([0; 32]);
    let mut id = [0; 8];
    let filled = getrandom::fill(seed.as_mut()).and_then(|()| getrandom::fill(&mut id));
    filled.map_err(|error| LogError::Io {
        action: "make a key for",
        path: KEY.into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    // Two logs of one name would look like one log with two histories.
    let own = format!("log-{:016x}.localhost", u64::from_be_bytes(id));
    let origin = origin.unwrap_or(&own);
    if !is_host(origin) {
        return Err(LogError::OriginInvalid(origin.to_owned()));
    }
    Ok(NoteSigner::from_seed(origin, &seed)?)
}

/// Whether a name is a bare host name: the verifiers of Sigstore hold a checkpoint's key name against
/// the host of the log's address alone.
fn is_host(name: &str) -> bool {
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    !name.is_empty() && name.len() <= 253 && name.chars().all(is_good)
}
