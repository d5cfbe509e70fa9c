//! Sigstore instances and transparency logs that are trusted.

use serde::{Deserialize, Serialize};

use super::{Window, check_name, check_order};
use crate::log::NoteKey;
use crate::{AttestError, SigstoreRoot};

/// A Sigstore instance: it may vouch for identities, and its logs and timestamp authorities are
/// witnesses. By itself it makes nobody trusted: that takes a [`super::TrustedIdentity`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "InstanceJson", into = "InstanceJson")]
pub struct SigstoreInstance {
    /// How the user calls it: unique, not empty.
    pub name: String,
    /// Its `trusted_root.json`.
    pub root: SigstoreRoot,
}

/// The trusted root is kept as the text that it is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InstanceJson {
    name: String,
    trusted_root: String,
}

impl TryFrom<InstanceJson> for SigstoreInstance {
    type Error = AttestError;

    fn try_from(json: InstanceJson) -> Result<Self, AttestError> {
        let root = SigstoreRoot::parse(json.trusted_root.into_bytes())?;
        Ok(Self { name: json.name, root })
    }
}

impl From<SigstoreInstance> for InstanceJson {
    fn from(instance: SigstoreInstance) -> Self {
        // It was read as JSON, which is text.
        let trusted_root = String::from_utf8_lossy(instance.root.bytes()).into_owned();
        Self { name: instance.name, trusted_root }
    }
}

impl SigstoreInstance {
    pub(super) fn check(&self) -> Result<(), AttestError> {
        check_name(&self.name)
    }
}

/// A transparency log by its key. Its name is the operator: two logs of one name are one witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustedLog {
    /// How the user calls it: unique, not empty.
    pub name: String,
    /// Its key, whose name is the log's origin; `origin+id+key` in the file.
    pub key: NoteKey,
    /// First second of trust, unix time; none: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    /// Last second of trust, unix time; none: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
}

impl TrustedLog {
    /// Where `now` (unix seconds) lies.
    pub fn window(&self, now: i64) -> Window {
        Window::at(now, self.valid_from, self.valid_until)
    }

    pub(super) fn check(&self) -> Result<(), AttestError> {
        check_name(&self.name)?;
        check_order(&self.name, self.valid_from, self.valid_until)
    }
}
