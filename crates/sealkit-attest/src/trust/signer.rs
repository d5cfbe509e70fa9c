//! Whoever a verified signature is by.

use super::{CertifiedSubject, Role, TrustedAuthority, TrustedIdentity, TrustedKey, Window};
use crate::AttestError;

/// Whoever a signature is by, as the trust root knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustedSigner {
    /// A key.
    Key(TrustedKey),
    /// An identity of a Sigstore instance, and the name that its certificate gave.
    Identity(TrustedIdentity, CertifiedSubject),
    /// Somebody whom an authority of the user's own certified.
    Certified(TrustedAuthority, CertifiedSubject),
}

impl TrustedSigner {
    /// How the user calls them.
    pub fn name(&self) -> &str {
        match self {
            Self::Key(key) => &key.name,
            Self::Identity(identity, _) => &identity.name,
            Self::Certified(authority, _) => &authority.name,
        }
    }

    /// What they are trusted for.
    pub fn role(&self) -> &Role {
        match self {
            Self::Key(key) => &key.role,
            Self::Identity(identity, _) => &identity.role,
            Self::Certified(authority, _) => &authority.role,
        }
    }

    /// Where `now` (unix seconds) lies against their window of trust.
    pub fn window(&self, now: i64) -> Window {
        match self {
            Self::Key(key) => key.window(now),
            Self::Identity(identity, _) => identity.window(now),
            Self::Certified(authority, _) => authority.window(now),
        }
    }

    /// Tells signers apart: two signatures with one id are by one signer, however many keys or
    /// certificates were used.
    pub fn id(&self) -> String {
        let name =
            |subject: &CertifiedSubject| format!("{}:{}", subject.kind.name(), subject.value);
        match self {
            Self::Key(key) => format!("key:{}", key.public_key.id()),
            Self::Identity(identity, subject) => format!("{}|{}", identity.issuer, name(subject)),
            Self::Certified(authority, subject) => format!("{}|{}", authority.name, name(subject)),
        }
    }

    /// The trusted key, if that is what they are known by.
    pub fn key(&self) -> Option<&TrustedKey> {
        match self {
            Self::Key(key) => Some(key),
            _ => None,
        }
    }

    /// What a signature of theirs proves, as a sentence without a full stop.
    pub fn proves(&self) -> String {
        let quote = AttestError::quote;
        match self {
            Self::Key(key) => key.proves(),
            Self::Identity(identity, subject) => format!(
                "signed by `{}`, {} by {}",
                quote(&identity.name),
                quote(&subject.value),
                quote(&identity.issuer)
            ),
            Self::Certified(authority, subject) => {
                format!(
                    "signed by {}, certified by `{}`",
                    quote(&subject.value),
                    quote(&authority.name)
                )
            }
        }
    }
}

/// What independent witnesses say of a signature: logs that hold it, and when it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnesses {
    /// Logs whose proof was verified, one entry each.
    pub logs: Vec<LogWitness>,
    /// Times that verified timestamps give, unix seconds.
    pub timestamps: Vec<i64>,
}

/// A log that holds the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogWitness {
    /// Who runs the log; two logs of one operator are one witness.
    pub operator: String,
    /// The log's origin or address.
    pub log: String,
    /// Position of the entry.
    pub index: u64,
    /// When the log says it took the entry, unix seconds; only where the log signed it.
    pub time: Option<i64>,
    /// The tree that the entry was proven to be in; none where it is not known any more.
    pub tree: Option<LogTree>,
}

/// What a log said of itself: the tree of so many entries has this root. Two roots of one size are two
/// histories.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogTree {
    /// The log's unique name, as its checkpoint gives it.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree, lower-case hex SHA-256.
    pub root: String,
}

impl Witnesses {
    /// The earliest proven time, unix seconds: the signature is at least as old.
    pub fn earliest(&self) -> Option<i64> {
        let logged = self.logs.iter().filter_map(|log| log.time);
        self.timestamps.iter().copied().chain(logged).min()
    }
}
