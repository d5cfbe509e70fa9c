//! Who is trusted: a list of keys, each with a name, a role and a window of time.

use serde::{Deserialize, Serialize};

use crate::strict_json::{self, Limits};
use crate::{AttestError, PublicKey};

const SCHEMA_VERSION: u32 = 1;

/// Most keys of one trust root. Every one may have to be tried on a signature.
const MAX_KEYS: usize = 1000;

/// Longest name of a key, in bytes.
const MAX_NAME: usize = 200;

/// What a key is trusted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// The user's own key: it proves "unchanged since I sealed it", nothing more.
    #[serde(rename = "self")]
    Own,
    /// Somebody whose kits the user wants to use.
    Signer,
}

/// A key that is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedKey {
    /// The key; `PUBLIC KEY` PEM in the file.
    pub public_key: PublicKey,
    /// Whose it is, as the user calls them: unique, not empty.
    pub name: String,
    /// What it is trusted for.
    pub role: Role,
    /// First second of trust, unix time; none: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    /// Last second of trust, unix time; none: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
    /// Anything that the user wants to remember.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// Where a time lies against a key's window; both ends belong to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Before it; it begins at this second.
    Before(i64),
    /// In it.
    Inside,
    /// After it; it ended at this second.
    After(i64),
}

impl TrustedKey {
    /// A key that is trusted without end.
    pub fn new(public_key: PublicKey, name: impl Into<String>, role: Role) -> Self {
        let (name, comment) = (name.into(), String::new());
        Self { public_key, name, role, valid_from: None, valid_until: None, comment }
    }

    /// Where `now` (unix seconds) lies.
    pub fn window(&self, now: i64) -> Window {
        match (self.valid_from, self.valid_until) {
            (Some(from), _) if now < from => Window::Before(from),
            (_, Some(until)) if now > until => Window::After(until),
            _ => Window::Inside,
        }
    }

    /// What a signature of this key proves, as a sentence without a full stop.
    pub fn proves(&self) -> String {
        let (name, fingerprint) = (AttestError::quote(&self.name), self.public_key.fingerprint());
        match self.role {
            Role::Own => "signed by you: unchanged since you sealed it, nothing more".to_owned(),
            Role::Signer => format!("signed by `{name}`, {fingerprint}"),
        }
    }

    fn check(&self) -> Result<(), AttestError> {
        let fault = |reason: &str| {
            let name = AttestError::quote(&self.name);
            Err(AttestError::TrustRootInvalid { reason: format!("key `{name}`: {reason}") })
        };
        if self.name.trim().is_empty() || self.name.len() > MAX_NAME {
            return fault("the name is empty or too long");
        }
        if self.name.chars().any(char::is_control) {
            return fault("the name has a control character");
        }
        if matches!((self.valid_from, self.valid_until), (Some(from), Some(until)) if from > until)
        {
            return fault("`validUntil` is before `validFrom`");
        }
        Ok(())
    }
}

/// The keys that are trusted. The empty one trusts nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustRoot {
    keys: Vec<TrustedKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TrustRootJson {
    schema_version: u32,
    keys: Vec<TrustedKey>,
}

impl TrustRoot {
    /// Reads a trust root file: strict JSON, an unknown field is an error, since it may be a limit
    /// that this version would not keep.
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestError> {
        let limits = Limits { bytes: 4 << 20, ..Limits::default() };
        let json: TrustRootJson = strict_json::from_slice(bytes, "trust root", limits)?;
        if json.schema_version != SCHEMA_VERSION {
            let reason = format!("`schemaVersion` is {}, not 1", json.schema_version);
            return Err(AttestError::TrustRootInvalid { reason });
        }
        let mut root = Self::default();
        for key in json.keys {
            root.add(key)?;
        }
        Ok(root)
    }

    /// The file's bytes: indented JSON with a newline at the end.
    pub fn to_json(&self) -> Result<Vec<u8>, AttestError> {
        let json = TrustRootJson { schema_version: SCHEMA_VERSION, keys: self.keys.clone() };
        let mut bytes = serde_json::to_vec_pretty(&json)
            .map_err(|source| AttestError::Json { document: "trust root", source })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Trusts one more key. One key has one entry, and one name one key.
    pub fn add(&mut self, key: TrustedKey) -> Result<(), AttestError> {
        key.check()?;
        let reason = if self.keys.len() >= MAX_KEYS {
            format!("more than {MAX_KEYS} keys")
        } else if let Some(old) = self.get(&key.public_key) {
            format!("the key of `{}` is already there as `{}`", key.name, old.name)
        } else if self.keys.iter().any(|old| old.name == key.name) {
            format!("the name `{}` is already there", key.name)
        } else {
            self.keys.push(key);
            return Ok(());
        };
        Err(AttestError::TrustRootInvalid { reason })
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

    /// The entry of `key`.
    pub fn get(&self, key: &PublicKey) -> Option<&TrustedKey> {
        self.keys.iter().find(|trusted| trusted.public_key == *key)
    }
}
