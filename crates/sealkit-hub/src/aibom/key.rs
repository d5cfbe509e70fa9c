//! The key with which the hub signs what it found itself: one file in its folder, for its owner alone.

use std::path::{Path, PathBuf};

use sealkit_attest::{AttestError, PrivateKey, PublicKey, Signer as _};
use sealkit_report::{Code, Hint};
use sealkit_store::{Readers, StoreError, create_file, replace_file};
use zeroize::Zeroizing;

/// The file in the hub's folder.
const FILE: &str = "hub-key.pem";
/// Largest key file that is read, in bytes.
const MAX_KEY: u64 = 64 << 10;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum HubKeyError {
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file holds no key. The reason holds nothing of what it holds.
    #[error("the hub's key in `{}` can not be used: {}", path.display(), reason.full_message())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: AttestError,
    },
}

impl Hint for HubKeyError {
    fn code(&self) -> Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Key { .. } => "hub-key",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Key { path, .. } => Some(format!(
                "restore `{}` from a backup; without it the hub signs with a new key, which those who \
                 trust the old one have to trust too",
                path.display()
            )),
        }
    }
}

/// The key of one hub.
#[derive(Clone, Debug)]
pub struct HubKey {
    key: PrivateKey,
}

impl HubKey {
    /// The key in `folder`; one is made where there is none (ECDSA P-256, PKCS#8 in PEM, mode 0600).
    ///
    /// # Errors
    /// When the file can not be read or made, or holds no key.
    pub fn open(folder: &Path) -> Result<Self, HubKeyError> {
        let path = folder.join(FILE);
        if let Some(text) = read(&path)? {
            return Self::parse(path, &text);
        }
        let failed = |reason| HubKeyError::Key { path: path.clone(), reason };
        let text = new_key().and_then(|key| key.to_secret_pem()).map_err(failed)?;
        let write = |source| StoreError::io("write", &path, source);
        if create_file(&path, text.as_bytes(), Readers::Owner).map_err(write)? {
            return Self::parse(path, &text);
        }
        // Another process was first.
        let text = read(&path)?.unwrap_or_default();
        Self::parse(path, &text)
    }

    /// Copies the key in `from` into `to`, for a backup; false where there is none.
    ///
    /// # Errors
    /// When a file can not be read or written.
    pub fn copy(from: &Path, to: &Path) -> Result<bool, StoreError> {
        let Some(text) = read(&from.join(FILE))? else { return Ok(false) };
        let path = to.join(FILE);
        replace_file(&path, text.as_bytes(), Readers::Owner)
            .map_err(|source| StoreError::io("write", &path, source))?;
        Ok(true)
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, HubKeyError> {
        let key = PrivateKey::from_pem(text, None);
        Ok(Self { key: key.map_err(|reason| HubKeyError::Key { path, reason })? })
    }

    /// The key itself.
    pub(super) fn private(&self) -> &PrivateKey {
        &self.key
    }

    /// The half that others trust.
    pub fn public(&self) -> PublicKey {
        self.key.public_key()
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, StoreError> {
    use std::io::Read as _;
    let failed = |source| StoreError::io("read", path, source);
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_KEY).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

fn new_key() -> Result<PrivateKey, AttestError> {
    let mut broken = false;
    let key = PrivateKey::generate(&mut |out| broken |= getrandom::fill(out).is_err())?;
    if broken { Err(AttestError::RandomSource) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_travels() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert!(!HubKey::copy(folder.path(), other.path()).unwrap());
        let key = HubKey::open(folder.path()).unwrap();
        let again = HubKey::open(folder.path()).unwrap();
        assert_eq!(key.public(), again.public());
        assert_ne!(key.public(), HubKey::open(other.path()).unwrap().public());
        assert!(HubKey::copy(folder.path(), other.path()).unwrap());
        assert_eq!(key.public(), HubKey::open(other.path()).unwrap().public());
        #[cfg(unix)]
        for place in [&folder, &other] {
            use std::os::unix::fs::PermissionsExt as _;
            let meta = std::fs::metadata(place.path().join(FILE)).unwrap();
            assert_eq!(meta.permissions().mode() & 0o777, 0o600);
        }
        assert!(!format!("{key:?}").contains("PRIVATE KEY"), "{key:?}");
    }

    #[test]
    fn what_is_no_key_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        for text in
            ["", "secret words", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
        {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let error = HubKey::open(folder.path()).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!(error.code(), "hub-key");
            assert_eq!(std::fs::read_to_string(folder.path().join(FILE)).unwrap(), text);
        }
    }
}
