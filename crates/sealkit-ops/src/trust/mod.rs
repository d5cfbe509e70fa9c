//! Whom the user trusts: a file in the home folder.

mod carry;
mod entries;
pub(crate) mod file;
mod run;

use std::path::Path;

pub use carry::{ImportChoice, Imported, export, import};
pub use entries::{
    Removed, add_authority, add_identity, add_log, add_sigstore, read_authority, read_log_key,
    read_trusted_root,
};
pub use run::Trusted;
pub use sealkit_attest::{
    PublicKey, Role, SigstoreInstance, SigstoreRoot, SubjectKind, SubjectRule, TrustMerge,
    TrustRoot, TrustedAuthority, TrustedIdentity, TrustedKey, TrustedLog,
};

use crate::{Home, OpsError};
use file::Readers;

/// Largest trust file that is read, in bytes.
const MAX_TRUST: u64 = 4 << 20;
/// Largest public key file that is read, in bytes.
const MAX_PUBLIC_KEY: u64 = 64 << 10;

/// Whom the user trusts; nobody where there is no file yet. A file that can not be read
/// strictly is an error: a limit in it might be lost.
pub fn load(home: &Home) -> Result<TrustRoot, OpsError> {
    let path = home.trust();
    match file::read(&path, MAX_TRUST)? {
        Some(bytes) => TrustRoot::parse(&bytes).map_err(|source| OpsError::in_file(path, source)),
        None => Ok(TrustRoot::default()),
    }
}

/// Copies the trust file to another home, as it is, where there is one.
///
/// # Errors
/// When it can not be read, or written there.
pub fn copy(from: &Home, to: &Home) -> Result<(), OpsError> {
    if let Some(bytes) = file::read(&from.trust(), MAX_TRUST)? {
        file::create(&to.trust(), &bytes, Readers::All)?;
    }
    Ok(())
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

/// Trusts an entry no longer. `wanted` is its name, or the id or fingerprint of a key.
pub fn remove(home: &Home, wanted: &str) -> Result<Removed, OpsError> {
    change(home, |root| {
        entries::remove(root, wanted).ok_or_else(|| {
            OpsError::usage("key-not-trusted", format!("no trusted key is called `{wanted}`"))
                .with_hint("run `sealkit trust list` for the names and fingerprints")
        })
    })
}

/// Reads a public key file (PEM).
pub fn read_public_key(path: &Path) -> Result<PublicKey, OpsError> {
    let bytes = file::require(path, MAX_PUBLIC_KEY)?;
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
