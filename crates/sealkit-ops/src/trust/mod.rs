//! Whom the user trusts: a file of public keys in the home folder.

pub(crate) mod file;

use std::path::Path;

pub use sealkit_attest::{
    PublicKey, Role, SubjectKind, SubjectRule, TrustRoot, TrustedAuthority, TrustedKey,
};

use crate::{Home, OpsError};
use file::Readers;

/// Largest trust file that is read, in bytes.
const MAX_TRUST: u64 = 4 << 20;
/// Largest public key file that is read, in bytes.
const MAX_PUBLIC_KEY: u64 = 64 << 10;

/// The keys that the user trusts; nobody where there is no file yet. A file that can not be read
/// strictly is an error: a limit in it might be lost.
pub fn load(home: &Home) -> Result<TrustRoot, OpsError> {
    match file::read(&home.trust(), MAX_TRUST)? {
        Some(bytes) => Ok(TrustRoot::parse(&bytes)?),
        None => Ok(TrustRoot::default()),
    }
}

/// Trusts one more key.
pub fn add(home: &Home, key: TrustedKey) -> Result<(), OpsError> {
    change(home, |root| Ok(root.add(key)?))
}

/// Trusts the user's own key, if it is not trusted already.
pub fn add_own(home: &Home, key: &PublicKey) -> Result<(), OpsError> {
    change(home, |root| {
        if root.get(key).is_some() {
            return Ok(());
        }
        let taken = root.keys().iter().any(|old| old.name == "self");
        let id = key.id();
        let name =
            if taken { format!("self-{}", id.get(..8).unwrap_or(&id)) } else { "self".into() };
        Ok(root.add(TrustedKey::new(key.clone(), name, Role::Own))?)
    })
}

/// Trusts a key no longer. `wanted` is its name, its id or its fingerprint.
pub fn remove(home: &Home, wanted: &str) -> Result<TrustedKey, OpsError> {
    change(home, |root| {
        let compact = |text: &str| text.split_whitespace().collect::<String>();
        let by_print = root
            .keys()
            .iter()
            .find(|key| compact(&key.public_key.fingerprint()) == compact(wanted))
            .map(|key| key.name.clone());
        root.remove(by_print.as_deref().unwrap_or(wanted)).ok_or_else(|| {
            OpsError::usage("key-not-trusted", format!("no trusted key is called `{wanted}`"))
                .with_hint("run `sealkit trust list` for the names and fingerprints")
        })
    })
}

/// Reads a public key file (PEM).
pub fn read_public_key(path: &Path) -> Result<PublicKey, OpsError> {
    let absent = || OpsError::io("read", path, std::io::ErrorKind::NotFound.into());
    let bytes = file::read(path, MAX_PUBLIC_KEY)?.ok_or_else(absent)?;
    let text = String::from_utf8_lossy(&bytes);
    PublicKey::from_pem(&text).map_err(|source| {
        let message = format!("`{}` is no public key: {source}", path.display());
        OpsError::usage("key-invalid", message)
            .with_hint("give the file that ends with `.pub`, a PEM `PUBLIC KEY`")
    })
}

fn change<T>(
    home: &Home,
    work: impl FnOnce(&mut TrustRoot) -> Result<T, OpsError>,
) -> Result<T, OpsError> {
    let path = home.trust();
    let _lock = file::lock(&path)?;
    let mut root = load(home)?;
    let done = work(&mut root)?;
    file::replace(&path, &root.to_json()?, Readers::Owner)?;
    Ok(done)
}
