//! Identities, authorities, Sigstore instances and logs of the trust store.

use std::path::Path;

use sealkit_attest::{PublicKey, ROOT_LIMITS, check_authority_pem, log::NoteKey};

use super::file;
use super::{
    SigstoreInstance, SigstoreRoot, TrustRoot, TrustedAuthority, TrustedIdentity, TrustedLog,
};
use crate::{Home, OpsError};

/// Largest certificate or log key file that is read, in bytes.
const MAX_FILE: u64 = 64 << 10;

/// What is trusted no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// `key`, `identity`, `authority`, `sigstore` or `log`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The key, where it is one.
    pub key: Option<PublicKey>,
}

/// Trusts one more identity.
pub fn add_identity(home: &Home, identity: TrustedIdentity) -> Result<(), OpsError> {
    super::change(home, |root| Ok(root.add_identity(identity)?))
}

/// Trusts one more certificate authority, whose certificate has to be one that may issue others.
pub fn add_authority(home: &Home, authority: TrustedAuthority) -> Result<(), OpsError> {
    check_authority_pem(&authority.certificate)?;
    super::change(home, |root| Ok(root.add_authority(authority)?))
}

/// Trusts one more Sigstore instance.
pub fn add_sigstore(home: &Home, instance: SigstoreInstance) -> Result<(), OpsError> {
    super::change(home, |root| Ok(root.add_sigstore(instance)?))
}

/// Trusts one more transparency log.
pub fn add_log(home: &Home, log: TrustedLog) -> Result<(), OpsError> {
    super::change(home, |root| Ok(root.add_log(log)?))
}

/// Removes the entry of this name, or the key of this id or fingerprint.
pub(super) fn remove(root: &mut TrustRoot, wanted: &str) -> Option<Removed> {
    let compact = |text: &str| text.split_whitespace().collect::<String>();
    let meant = |key: &&sealkit_attest::TrustedKey| {
        key.public_key.id() == wanted || compact(&key.public_key.fingerprint()) == compact(wanted)
    };
    let by_key = root.keys().iter().find(meant).map(|key| key.name.clone());
    let name = by_key.unwrap_or_else(|| wanted.to_owned());
    let entry = root.entries().find(|entry| entry.name() == name)?;
    let kind = entry.kind();
    let key = root.keys().iter().find(|key| key.name == name).map(|key| key.public_key.clone());
    root.remove_named(&name).then_some(Removed { kind, name, key })
}

/// Reads a `trusted_root.json`.
pub fn read_trusted_root(path: &Path) -> Result<SigstoreRoot, OpsError> {
    SigstoreRoot::parse(file::require(path, ROOT_LIMITS.bytes as u64)?).map_err(|source| {
        let message = format!("`{}`: {}", path.display(), source.full_message());
        OpsError::usage("trusted-root-invalid", message).with_hint(
            "give a Sigstore `trusted_root.json`, as `cosign trusted-root create` writes",
        )
    })
}

/// Reads a certificate authority's certificate, PEM.
pub fn read_authority(path: &Path) -> Result<String, OpsError> {
    let text = String::from_utf8_lossy(&file::require(path, MAX_FILE)?).into_owned();
    match check_authority_pem(&text) {
        Ok(()) => Ok(text),
        Err(source) => {
            let message = format!("`{}`: {}", path.display(), source.full_message());
            Err(OpsError::usage("certificate-invalid", message)
                .with_hint("give the authority's root certificate alone, a PEM `CERTIFICATE`"))
        }
    }
}

/// A log's verifier key, `ORIGIN+ID+KEY`: the text itself, or a file that has it as its one line.
pub fn read_log_key(text_or_path: &str) -> Result<NoteKey, OpsError> {
    let malformed = |message: String| {
        OpsError::usage("log-key-invalid", message)
            .with_hint("a log key is one line `ORIGIN+ID+KEY`, as C2SP signed notes have it")
    };
    if let Ok(key) = text_or_path.parse::<NoteKey>() {
        return Ok(key);
    }
    let path = Path::new(text_or_path);
    if !path.is_file() {
        return Err(malformed(format!("`{text_or_path}` is neither a log key nor a file")));
    }
    let text = String::from_utf8_lossy(&file::require(path, MAX_FILE)?).into_owned();
    text.trim()
        .parse::<NoteKey>()
        .map_err(|source| malformed(format!("`{text_or_path}`: {source}")))
}
