//! Credentials in environment variables. The environment is an argument.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::{Credential, CredentialError, Found, Origin};

/// Environment variables, as data.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, OsString>);

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Env(..)")
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    /// From pairs such as those of `std::env::vars_os`. Empty values count as unset.
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        let pairs = pairs.into_iter().filter_map(|(name, value)| {
            let (name, value) = (name.into().into_string().ok()?, value.into());
            (!value.is_empty()).then_some((name, value))
        });
        Self(pairs.collect())
    }
}

impl Env {
    /// A variable as text; none where it is unset, empty or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str()
    }

    /// A variable as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).map(PathBuf::from)
    }

    /// The credential for `registry`: first from the variables for this host alone
    /// (`SEALKIT_TOKEN_REGISTRY_EXAMPLE_COM_5000`: upper case, all else than letters and digits
    /// as `_`), then from those for all hosts. `SEALKIT_REGISTRY`, where it is set, names the one
    /// registry that the variables for all hosts are meant for.
    pub(super) fn credential(&self, registry: &str) -> Result<Option<Found>, CredentialError> {
        let suffix: String = registry.chars().map(variable_char).collect();
        if let Some(found) = self.with_suffix(&format!("_{suffix}"))? {
            return Ok(Some(found));
        }
        match self.text("SEALKIT_REGISTRY") {
            Some(only) if only != registry => Ok(None),
            _ => self.with_suffix(""),
        }
    }

    /// A user makes the token a password; alone it is sent as it is. `SEALKIT_PASSWORD` has no part
    /// in this: it opens signing keys, and must never be shown to a registry.
    fn with_suffix(&self, suffix: &str) -> Result<Option<Found>, CredentialError> {
        let name = |part: &str| format!("SEALKIT_{part}{suffix}");
        let (token, user) = (name("TOKEN"), name("USERNAME"));
        let (credential, names) = match (self.text(&user), self.text(&token)) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(CredentialError::HalfSet { set: user, missing: token }),
            (None, Some(text)) => (Credential::Token(text.to_owned().into()), token),
            (Some(name), Some(secret)) => {
                let (name, secret) = (name.to_owned(), secret.to_owned().into());
                let credential = Credential::Basic { user: name, password: secret };
                (credential, format!("{user} and {token}"))
            }
        };
        Ok(Some(Found { credential, origin: Origin::Environment(names) }))
    }
}

fn variable_char(c: char) -> char {
    if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }
}
