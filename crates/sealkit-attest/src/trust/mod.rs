//! Who is trusted: keys, identities and authorities, each with a name, a role and a window of time.

mod carried;
mod entry;
mod identity;
mod instance;
mod key;
mod merge;
mod role;
mod signer;

use serde::{Deserialize, Serialize};

pub use carried::TrustExport;
pub use entry::TrustEntry;
pub use identity::{CertifiedSubject, SubjectKind, SubjectRule, TrustedAuthority, TrustedIdentity};
pub use instance::{SigstoreInstance, TrustedLog};
pub use key::TrustedKey;
pub use merge::TrustMerge;
pub use role::{Role, Window};
pub use signer::{LogTree, LogWitness, SigningCertificate, TrustedSigner, Witnesses};

use crate::strict_json::{self, Limits};
use crate::{AttestError, PublicKey, ROOT_LIMITS};

/// Largest trust root file, in bytes.
const MAX_BYTES: usize = 4 << 20;

const SCHEMA_VERSION: u32 = 1;

/// Most entries of one kind in one trust root. Every key may have to be tried on a signature.
const MAX_ENTRIES: usize = 1000;

/// Longest name of an entry, in bytes.
const MAX_NAME: usize = 200;

/// Who is trusted. The empty one trusts nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustRoot {
    keys: Vec<TrustedKey>,
    identities: Vec<TrustedIdentity>,
    authorities: Vec<TrustedAuthority>,
    sigstore: Vec<SigstoreInstance>,
    logs: Vec<TrustedLog>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TrustRootJson {
    schema_version: u32,
    keys: Vec<TrustedKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    identities: Vec<TrustedIdentity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authorities: Vec<TrustedAuthority>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sigstore: Vec<SigstoreInstance>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logs: Vec<TrustedLog>,
}

impl TrustRoot {
    /// Reads a trust root file: strict JSON, an unknown field is an error, since it may be a limit
    /// that this version would not keep.
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestError> {
        // The longest string is a whole trusted root of Sigstore.
        let limits = Limits { bytes: MAX_BYTES, string: ROOT_LIMITS.bytes, ..Limits::default() };
        let json: TrustRootJson = strict_json::from_slice(bytes, "trust root", limits)?;
        if json.schema_version != SCHEMA_VERSION {
            let reason = format!("`schemaVersion` is {}, not 1", json.schema_version);
            return Err(AttestError::TrustRootInvalid { reason });
        }
        let mut root = Self::default();
        json.keys.into_iter().try_for_each(|key| root.add(key))?;
        json.identities.into_iter().try_for_each(|identity| root.add_identity(identity))?;
        json.authorities.into_iter().try_for_each(|authority| root.add_authority(authority))?;
        json.sigstore.into_iter().try_for_each(|instance| root.add_sigstore(instance))?;
        json.logs.into_iter().try_for_each(|log| root.add_log(log))?;
        Ok(root)
    }

    /// The file's bytes: indented JSON with a newline at the end.
    pub fn to_json(&self) -> Result<Vec<u8>, AttestError> {
        let Self { keys, identities, authorities, sigstore, logs } = self.clone();
        let schema_version = SCHEMA_VERSION;
        let json = TrustRootJson { schema_version, keys, identities, authorities, sigstore, logs };
        let mut bytes = serde_json::to_vec_pretty(&json)
            .map_err(|source| AttestError::Json { document: "trust root", source })?;
        bytes.push(b'\n');
        if bytes.len() > MAX_BYTES {
            let (document, what) = ("trust root", "byte");
            return Err(AttestError::Limit { document, what, limit: MAX_BYTES });
        }
        Ok(bytes)
    }

    /// Trusts one more key. One key has one entry, and one name one entry.
    pub fn add(&mut self, key: TrustedKey) -> Result<(), AttestError> {
        key.check()?;
        if let Some(old) = self.get(&key.public_key) {
            return twice("key", &key.name, &old.name);
        }
        self.check_room(self.keys.len(), &key.name)?;
        self.keys.push(key);
        Ok(())
    }

    /// Trusts one more identity.
    pub fn add_identity(&mut self, identity: TrustedIdentity) -> Result<(), AttestError> {
        identity.check()?;
        self.check_room(self.identities.len(), &identity.name)?;
        self.identities.push(identity);
        Ok(())
    }

    /// Trusts one more certificate authority.
    pub fn add_authority(&mut self, authority: TrustedAuthority) -> Result<(), AttestError> {
        authority.check()?;
        self.check_room(self.authorities.len(), &authority.name)?;
        self.authorities.push(authority);
        Ok(())
    }

    /// Trusts one more Sigstore instance. One trusted root has one entry.
    pub fn add_sigstore(&mut self, instance: SigstoreInstance) -> Result<(), AttestError> {
        instance.check()?;
        if let Some(old) = self.sigstore.iter().find(|old| old.root == instance.root) {
            return twice("trusted root", &instance.name, &old.name);
        }
        self.check_room(self.sigstore.len(), &instance.name)?;
        self.sigstore.push(instance);
        Ok(())
    }

    /// Trusts one more transparency log. One key has one entry.
    pub fn add_log(&mut self, log: TrustedLog) -> Result<(), AttestError> {
        log.check()?;
        if let Some(old) = self.logs.iter().find(|old| old.key == log.key) {
            return twice("log key", &log.name, &old.name);
        }
        self.check_room(self.logs.len(), &log.name)?;
        self.logs.push(log);
        Ok(())
    }

    /// Stops trusting the key of this name or id; gives it back if it was there.
    pub fn remove(&mut self, name_or_id: &str) -> Option<TrustedKey> {
        let named = |key: &TrustedKey| key.name == name_or_id || key.public_key.id() == name_or_id;
        let at = self.keys.iter().position(named)?;
        Some(self.keys.remove(at))
    }

    /// The keys in the order of the file.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The identities in the order of the file.
    pub fn identities(&self) -> &[TrustedIdentity] {
        &self.identities
    }

    /// The certificate authorities in the order of the file.
    pub fn authorities(&self) -> &[TrustedAuthority] {
        &self.authorities
    }

    /// The Sigstore instances in the order of the file.
    pub fn sigstore(&self) -> &[SigstoreInstance] {
        &self.sigstore
    }

    /// The transparency logs in the order of the file.
    pub fn logs(&self) -> &[TrustedLog] {
        &self.logs
    }

    /// The entry of `key`.
    pub fn get(&self, key: &PublicKey) -> Option<&TrustedKey> {
        self.keys.iter().find(|trusted| trusted.public_key == *key)
    }

    /// Whether an entry of any kind is called so.
    pub fn has_name(&self, name: &str) -> bool {
        self.entries().any(|entry| entry.name() == name)
    }

    fn check_room(&self, entries: usize, name: &str) -> Result<(), AttestError> {
        let reason = if entries >= MAX_ENTRIES {
            format!("more than {MAX_ENTRIES} entries of one kind")
        } else if self.has_name(name) {
            format!("the name `{name}` is already there")
        } else {
            return Ok(());
        };
        Err(AttestError::TrustRootInvalid { reason })
    }
}

fn twice(what: &str, new: &str, old: &str) -> Result<(), AttestError> {
    let reason = format!("the {what} of `{new}` is already there as `{old}`");
    Err(AttestError::TrustRootInvalid { reason })
}

fn check_name(name: &str) -> Result<(), AttestError> {
    let reason = if name.trim().is_empty() || name.len() > MAX_NAME {
        "the name is empty or too long"
    } else if name.chars().any(sealkit_report::is_deceptive) {
        "the name has a character that is not seen, or that turns what is written"
    } else {
        return Ok(());
    };
    let name = AttestError::quote(name);
    Err(AttestError::TrustRootInvalid { reason: format!("`{name}`: {reason}") })
}

fn check_order(name: &str, from: Option<i64>, until: Option<i64>) -> Result<(), AttestError> {
    if matches!((from, until), (Some(from), Some(until)) if from > until) {
        let name = AttestError::quote(name);
        let reason = format!("`{name}`: `validUntil` is before `validFrom`");
        return Err(AttestError::TrustRootInvalid { reason });
    }
    Ok(())
}
