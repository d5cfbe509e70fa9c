//! What the log of a hub says: one act each, as canonical JSON (RFC 8785), so that one act has one
//! hash. An entry has names of repositories, tags and actors, digests and a time; nothing else.

use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::strict_json::{self, Limits};
use crate::{AttestError, Timestamp};

/// Version of the form.
const VERSION: u32 = 1;
/// How large an entry may be that is read.
const LIMITS: Limits = Limits { bytes: u16::MAX as usize, depth: 2, string: 4096 };

/// One entry: who did what, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLeaf {
    /// Name of the user, token or job.
    pub actor: String,
    /// By the hub's clock, unix seconds. The order of the log, and not the clock, says what came first.
    pub time: i64,
    /// Where it happened.
    pub repository: String,
    /// What was done.
    pub act: LogAct,
}

/// What was done in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogAct {
    /// A manifest or index came.
    Push {
        /// The manifest.
        digest: Digest,
        /// Its media type.
        media_type: String,
    },
    /// A tag was set or moved.
    Tag {
        /// The tag.
        tag: String,
        /// Where it points now.
        digest: Digest,
        /// Where it pointed before; none where it was not there.
        old: Option<Digest>,
        /// The entry before this one about the same tag, so that no entry can be left out of a
        /// tag's history unseen.
        previous: Option<u64>,
    },
    /// A tag was removed.
    Untag {
        /// The tag.
        tag: String,
        /// Where it pointed.
        old: Digest,
        /// The entry before this one about the same tag.
        previous: Option<u64>,
    },
    /// A manifest was removed.
    Delete {
        /// The manifest.
        digest: Digest,
    },
    /// A signed document was attached to a manifest.
    Attest {
        /// The manifest that carries the document.
        digest: Digest,
        /// The manifest that the document is about.
        subject: Digest,
        /// Type of the document's statement, where it says one.
        predicate_type: Option<String>,
    },
    /// A policy was asked.
    Verdict {
        /// The manifest.
        digest: Digest,
        /// The policy's bytes.
        policy: Digest,
        /// Its answer.
        outcome: LogOutcome,
    },
    /// A manifest may not be pulled any more.
    Quarantine {
        /// The manifest.
        digest: Digest,
    },
    /// A manifest may be pulled again.
    QuarantineLifted {
        /// The manifest.
        digest: Digest,
    },
    /// An advisory about a manifest was attached.
    Advisory {
        /// The advisory.
        digest: Digest,
        /// The manifest that it is about.
        subject: Digest,
    },
}

/// What a policy answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogOutcome {
    /// Yes.
    Allow,
    /// No.
    Deny,
    /// It could not be told, which denies too.
    Unknown,
}

impl LogAct {
    /// The name of its type, as entries have it.
    pub fn name(&self) -> &'static str {
        self.kind().name()
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Push { .. } => Kind::Push,
            Self::Tag { .. } => Kind::Tag,
            Self::Untag { .. } => Kind::Untag,
            Self::Delete { .. } => Kind::Delete,
            Self::Attest { .. } => Kind::Attest,
            Self::Verdict { .. } => Kind::Verdict,
            Self::Quarantine { .. } => Kind::Quarantine,
            Self::QuarantineLifted { .. } => Kind::QuarantineLifted,
            Self::Advisory { .. } => Kind::Advisory,
        }
    }

    /// The manifest that the act made, removed or is about; none where it only removed a tag.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Push { digest, .. }
            | Self::Tag { digest, .. }
            | Self::Delete { digest }
            | Self::Attest { digest, .. }
            | Self::Verdict { digest, .. }
            | Self::Quarantine { digest }
            | Self::QuarantineLifted { digest }
            | Self::Advisory { digest, .. } => Some(digest),
            Self::Untag { .. } => None,
        }
    }

    /// The tag that it set or removed.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Tag { tag, .. } | Self::Untag { tag, .. } => Some(tag),
            _ => None,
        }
    }

    /// Every digest that it names of something that is kept: what one can ask for.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        let other = match self {
            Self::Tag { old, .. } => old.as_ref(),
            Self::Untag { old, .. } => Some(old),
            Self::Attest { subject, .. } | Self::Advisory { subject, .. } => Some(subject),
            _ => None,
        };
        self.digest().into_iter().chain(other)
    }
}

impl LogLeaf {
    /// The bytes of the entry: keys in order, nothing between them, a time of whole seconds in UTC.
    ///
    /// A year that RFC 3339 can not write, and what is too long for an entry, is
    /// [`AttestError::LogProofInvalid`].
    pub fn encode(&self) -> Result<Vec<u8>, AttestError> {
        let wire = Wire::of(self).ok_or_else(|| fault("the time of an entry has no form"))?;
        let bytes = serde_json::to_vec(&wire);
        let bytes = bytes.map_err(|source| AttestError::Json { document: "log entry", source })?;
        if bytes.len() > LIMITS.bytes {
            let (document, limit) = ("log entry", LIMITS.bytes);
            return Err(AttestError::Limit { document, what: "byte", limit });
        }
        Ok(bytes)
    }

    /// Reads an entry in its one form.
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestError> {
        let wire: Wire = strict_json::from_slice(bytes, "log entry", LIMITS)?;
        let leaf = wire.leaf().ok_or_else(|| fault("an entry lacks a field of its type"))?;
        // A second form of one act would be a second hash, and what the type does not have, unread.
        if leaf.encode()? == bytes { Ok(leaf) } else { Err(fault("an entry is not canonical")) }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Push,
    Tag,
    Untag,
    Delete,
    Attest,
    Verdict,
    Quarantine,
    QuarantineLifted,
    Advisory,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Tag => "tag",
            Self::Untag => "untag",
            Self::Delete => "delete",
            Self::Attest => "attest",
            Self::Verdict => "verdict",
            Self::Quarantine => "quarantine",
            Self::QuarantineLifted => "quarantine-lifted",
            Self::Advisory => "advisory",
        }
    }
}

/// The entry as it is written. The fields stand in the order of their names: that is the canonical one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<LogOutcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<u64>,
    repository: String,
    schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    time: Timestamp,
    #[serde(rename = "type")]
    kind: Kind,
}

impl Wire {
    fn of(leaf: &LogLeaf) -> Option<Self> {
        let mut wire = Self {
            actor: leaf.actor.clone(),
            digest: leaf.act.digest().cloned(),
            media_type: None,
            old: None,
            outcome: None,
            policy: None,
            predicate_type: None,
            previous: None,
            repository: leaf.repository.clone(),
            schema_version: VERSION,
            subject: None,
            tag: leaf.act.tag().map(str::to_owned),
            time: Timestamp::from_unix(leaf.time).ok()?,
            kind: leaf.act.kind(),
        };
        match &leaf.act {
            LogAct::Push { media_type, .. } => wire.media_type = Some(media_type.clone()),
            LogAct::Tag { old, previous, .. } => {
                (wire.old, wire.previous) = (old.clone(), *previous);
            }
            LogAct::Untag { old, previous, .. } => {
                (wire.old, wire.previous) = (Some(old.clone()), *previous);
            }
            LogAct::Attest { subject, predicate_type, .. } => {
                wire.subject = Some(subject.clone());
                wire.predicate_type.clone_from(predicate_type);
            }
            LogAct::Verdict { policy, outcome, .. } => {
                (wire.policy, wire.outcome) = (Some(policy.clone()), Some(*outcome));
            }
            LogAct::Advisory { subject, .. } => wire.subject = Some(subject.clone()),
            LogAct::Delete { .. } | LogAct::Quarantine { .. } | LogAct::QuarantineLifted { .. } => {
            }
        }
        Some(wire)
    }

    /// The entry; none where it lacks a field, or is of another version.
    fn leaf(self) -> Option<LogLeaf> {
        let act = match self.kind {
            Kind::Push => LogAct::Push { digest: self.digest?, media_type: self.media_type? },
            Kind::Tag => LogAct::Tag {
                tag: self.tag?,
                digest: self.digest?,
                old: self.old,
                previous: self.previous,
            },
            Kind::Untag => {
                LogAct::Untag { tag: self.tag?, old: self.old?, previous: self.previous }
            }
            Kind::Delete => LogAct::Delete { digest: self.digest? },
            Kind::Attest => LogAct::Attest {
                digest: self.digest?,
                subject: self.subject?,
                predicate_type: self.predicate_type,
            },
            Kind::Verdict => LogAct::Verdict {
                digest: self.digest?,
                policy: self.policy?,
                outcome: self.outcome?,
            },
            Kind::Quarantine => LogAct::Quarantine { digest: self.digest? },
            Kind::QuarantineLifted => LogAct::QuarantineLifted { digest: self.digest? },
            Kind::Advisory => LogAct::Advisory { digest: self.digest?, subject: self.subject? },
        };
        let (actor, repository) = (self.actor, self.repository);
        let leaf = LogLeaf { actor, time: self.time.unix(), repository, act };
        (self.schema_version == VERSION).then_some(leaf)
    }
}

fn fault(reason: &str) -> AttestError {
    AttestError::LogProofInvalid { reason: reason.to_owned() }
}
