//! What a signer is trusted for, and when.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::AttestError;

/// Longest name of a role, in bytes.
const MAX_ROLE: usize = 40;

/// What a signer is trusted for. Policies ask for signers by their role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Role {
    /// The user's own key: it proves "unchanged since I sealed it", nothing more. `self` in files.
    Own,
    /// Somebody whose kits the user wants to use. `signer` in files.
    Signer,
    /// A role that the user named: lower-case letters, digits and `-`, e.g. `ci` or `security`. Two names have
    /// a meaning of their own: [`Role::REVOKER`] and [`Role::HUB`].
    Named(String),
}

impl Role {
    /// The role of signers who may revoke, and need not be trusted for more: only their advisories count.
    pub const REVOKER: &'static str = "revoker";
    /// The role of a hub's own key: what the hub found out counts, and no signature of a kit.
    pub const HUB: &'static str = "hub";

    /// Whether a signature of this role stands for a kit. Whoever is trusted for another purpose alone, to
    /// revoke or to say what a hub found, releases none.
    pub fn vouches_for_kits(&self) -> bool {
        !matches!(self.name(), Self::REVOKER | Self::HUB)
    }

    /// The name in files.
    pub fn name(&self) -> &str {
        match self {
            Self::Own => "self",
            Self::Signer => "signer",
            Self::Named(name) => name,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = AttestError;

    fn from_str(name: &str) -> Result<Self, AttestError> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match name {
            "self" => Ok(Self::Own),
            "signer" => Ok(Self::Signer),
            _ if (1..=MAX_ROLE).contains(&name.len()) && name.chars().all(good) => {
                Ok(Self::Named(name.to_owned()))
            }
            _ => Err(AttestError::TrustRootInvalid {
                reason: format!(
                    "role `{}` is not 1 to {MAX_ROLE} lower-case letters, digits and `-`",
                    AttestError::quote(name)
                ),
            }),
        }
    }
}

impl TryFrom<String> for Role {
    type Error = AttestError;

    fn try_from(name: String) -> Result<Self, AttestError> {
        name.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.name().to_owned()
    }
}

/// Where a time lies against a window of trust; both ends belong to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Before it; it begins at this second.
    Before(i64),
    /// In it.
    Inside,
    /// After it; it ended at this second.
    After(i64),
}

impl Window {
    /// Where `now` lies against `from` to `until` (unix seconds); none is without an end.
    pub fn at(now: i64, from: Option<i64>, until: Option<i64>) -> Self {
        match (from, until) {
            (Some(from), _) if now < from => Self::Before(from),
            (_, Some(until)) if now > until => Self::After(until),
            _ => Self::Inside,
        }
    }

    /// Refuses what lies outside of the window of the entry called `name`.
    pub(crate) fn check(self, name: &str) -> Result<(), AttestError> {
        let name = AttestError::quote(name);
        match self {
            Self::Inside => Ok(()),
            Self::Before(from) => Err(AttestError::KeyNotYetValid { name, from }),
            Self::After(until) => Err(AttestError::KeyExpired { name, until }),
        }
    }
}
