//! A key that is trusted.

use serde::{Deserialize, Serialize};

use super::{Role, Window, check_name, check_order};
use crate::{AttestError, PublicKey};

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

impl TrustedKey {
    /// A key that is trusted without end.
    pub fn new(public_key: PublicKey, name: impl Into<String>, role: Role) -> Self {
        let (name, comment) = (name.into(), String::new());
        Self { public_key, name, role, valid_from: None, valid_until: None, comment }
    }

    /// Where `now` (unix seconds) lies.
    pub fn window(&self, now: i64) -> Window {
        Window::at(now, self.valid_from, self.valid_until)
    }

    /// What a signature of this key proves, as a sentence without a full stop.
    pub fn proves(&self) -> String {
        let (name, fingerprint) = (AttestError::quote(&self.name), self.public_key.fingerprint());
        match self.role {
            Role::Own => "signed by you: unchanged since you sealed it, nothing more".to_owned(),
            _ => format!("signed by `{name}`, {fingerprint}"),
        }
    }

    pub(super) fn check(&self) -> Result<(), AttestError> {
        check_name(&self.name)?;
        check_order(&self.name, self.valid_from, self.valid_until)
    }
}
