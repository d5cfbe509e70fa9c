//! Whoever a verified signature is by.

use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use super::{CertifiedSubject, Role, TrustedAuthority, TrustedIdentity, TrustedKey, Window};
use crate::AttestError;

/// The certificate that somebody signed with. Its name is what they are known by; key and certificate are
/// what can be stolen, and what two names can share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SigningCertificate {
    /// Id of its key, as [`crate::PublicKey::id`] makes it.
    pub key: String,
    /// Lower-case hex SHA-256 of the signer's own certificate, then of those that came with it.
    pub fingerprints: Vec<String>,
}

impl SigningCertificate {
    /// A certificate over the key of this id; `chain` is it and what came with it, DER.
    pub(crate) fn new<'a>(key: String, chain: impl Iterator<Item = &'a [u8]>) -> Self {
        let fingerprints = chain.map(|der| Digest::of(der).hex().to_owned()).collect();
        Self { key, fingerprints }
    }
}

/// Whoever a signature is by, as the trust root knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustedSigner {
    /// A key.
    Key(TrustedKey),
    /// An identity of a Sigstore instance, the name that its certificate gave, and that certificate;
    /// none in facts that were written down without it.
    Identity(TrustedIdentity, CertifiedSubject, Option<SigningCertificate>),
    /// Somebody whom an authority of the user's own certified, by which name, and with which certificate;
    /// none in facts that were written down without it.
    Certified(TrustedAuthority, CertifiedSubject, Option<SigningCertificate>),
}

impl TrustedSigner {
    /// How the user calls them.
    pub fn name(&self) -> &str {
        match self {
            Self::Key(key) => &key.name,
            Self::Identity(identity, ..) => &identity.name,
            Self::Certified(authority, ..) => &authority.name,
        }
    }

    /// What they are trusted for.
    pub fn role(&self) -> &Role {
        match self {
            Self::Key(key) => &key.role,
            Self::Identity(identity, ..) => &identity.role,
            Self::Certified(authority, ..) => &authority.role,
        }
    }

    /// Where `now` (unix seconds) lies against their window of trust.
    pub fn window(&self, now: i64) -> Window {
        match self {
            Self::Key(key) => key.window(now),
            Self::Identity(identity, ..) => identity.window(now),
            Self::Certified(authority, ..) => authority.window(now),
        }
    }

    /// Tells signers apart: two signatures with one id are by one signer, however many keys or
    /// certificates were used. Two with one [`Self::key_id`] are so, too.
    pub fn id(&self) -> String {
        let name =
            |subject: &CertifiedSubject| format!("{}:{}", subject.kind.name(), subject.value);
        match self {
            Self::Key(key) => format!("key:{}", key.public_key.id()),
            Self::Identity(identity, subject, _) => {
                format!("{}|{}", identity.issuer, name(subject))
            }
            Self::Certified(authority, subject, _) => {
                format!("{}|{}", authority.name, name(subject))
            }
        }
    }

    /// The trusted key, if that is what they are known by.
    pub fn key(&self) -> Option<&TrustedKey> {
        match self {
            Self::Key(key) => Some(key),
            _ => None,
        }
    }

    /// The certificate that they signed with, if a certificate names them.
    pub fn certificate(&self) -> Option<&SigningCertificate> {
        match self {
            Self::Key(_) => None,
            Self::Identity(_, _, certificate) | Self::Certified(_, _, certificate) => {
                certificate.as_ref()
            }
        }
    }

    /// Id of the key that made the signature: the trusted one, or that of the certificate.
    pub fn key_id(&self) -> Option<String> {
        match self.key() {
            Some(key) => Some(key.public_key.id()),
            None => self.certificate().map(|certificate| certificate.key.clone()),
        }
    }

    /// What a signature of theirs proves, as a sentence without a full stop.
    pub fn proves(&self) -> String {
        let quote = AttestError::quote;
        match self {
            Self::Key(key) => key.proves(),
            Self::Identity(identity, subject, _) => format!(
                "signed by `{}`, {} by {}",
                quote(&identity.name),
                quote(&subject.value),
                quote(&identity.issuer)
            ),
            Self::Certified(authority, subject, _) => {
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
