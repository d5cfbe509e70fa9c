//! Log entries of a bundle (protobuf-specs, `sigstore_rekor.proto`), read strictly.

use serde::Deserialize;
use serde_json::Value;

use super::bad_proof;
use crate::log::MerkleHash;
use crate::{AttestError, base64};

/// Most hashes of an inclusion proof: a tree of 2^64 entries needs no more.
const MAX_HASHES: usize = 64;
/// Largest entry that is read, in bytes.
const MAX_BODY: usize = 32 << 20;

/// The kinds of entries that can be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `hashedrekord` 0.0.1 of Rekor v1.
    HashedRekord1,
    /// `hashedrekord` 0.0.2 of Rekor v2 and of logs of tiles.
    HashedRekord2,
    /// `dsse` 0.0.1 of Rekor v1.
    Dsse1,
    /// `intoto` 0.0.2 of Rekor v1.
    Intoto2,
}

impl Kind {
    /// Whether the entry is of a log of tiles, which signs no times.
    pub(super) fn is_tiled(self) -> bool {
        self == Self::HashedRekord2
    }

    /// The kind's name and version.
    pub(super) fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::HashedRekord1 => ("hashedrekord", "0.0.1"),
            Self::HashedRekord2 => ("hashedrekord", "0.0.2"),
            Self::Dsse1 => ("dsse", "0.0.1"),
            Self::Intoto2 => ("intoto", "0.0.2"),
        }
    }
}

/// A log entry as it came. Nothing of it is verified.
pub(super) struct Entry {
    pub(super) index: u64,
    pub(super) log_id: Vec<u8>,
    pub(super) kind: Kind,
    /// When the log took it, unix seconds: a claim, unless `promise` holds.
    pub(super) time: Option<i64>,
    /// The signed entry timestamp.
    pub(super) promise: Option<Vec<u8>>,
    pub(super) proof: Option<Proof>,
    pub(super) body: Vec<u8>,
}

/// An inclusion proof with its checkpoint.
pub(super) struct Proof {
    pub(super) index: u64,
    pub(super) size: u64,
    pub(super) root: Vec<u8>,
    pub(super) hashes: Vec<MerkleHash>,
    pub(super) checkpoint: String,
}

impl Entry {
    /// Reads an entry of a bundle.
    pub(super) fn parse(value: &Value) -> Result<Self, AttestError> {
        let json: EntryJson = crate::strict_json::read_value(value)
            .map_err(|source| AttestError::Json { document: "log entry", source })?;
        let kinds = [Kind::HashedRekord1, Kind::HashedRekord2, Kind::Dsse1, Kind::Intoto2];
        let named = (json.kind_version.kind.as_str(), json.kind_version.version.as_str());
        let Some(kind) = kinds.into_iter().find(|kind| kind.name() == named) else {
            let (kind, version) = (AttestError::quote(named.0), AttestError::quote(named.1));
            return bad_proof(format!("entries of kind `{kind}` {version} are not supported"));
        };
        let body = base64::decode(&json.canonicalized_body, "canonicalizedBody")?;
        if body.len() > MAX_BODY {
            return Err(AttestError::Limit {
                document: "log entry",
                what: "byte",
                limit: MAX_BODY,
            });
        }
        let promise = json.inclusion_promise.map(|promise| promise.signed_entry_timestamp);
        let promise =
            promise.map(|text| base64::decode(&text, "signedEntryTimestamp")).transpose()?;
        Ok(Self {
            index: json.log_index.whole("logIndex")?,
            log_id: base64::decode(&json.log_id.key_id, "keyId")?,
            kind,
            // Zero is how "none" is written.
            time: json.integrated_time.map(|time| time.seconds()).transpose()?.filter(|t| *t != 0),
            promise,
            proof: json.inclusion_proof.map(Proof::read).transpose()?,
            body,
        })
    }
}

impl Proof {
    fn read(json: ProofJson) -> Result<Self, AttestError> {
        if json.hashes.len() > MAX_HASHES {
            return bad_proof("the inclusion proof is too long");
        }
        let hash = |text: &String| match MerkleHash::try_from(base64::decode(text, "hashes")?) {
            Ok(hash) => Ok(hash),
            Err(_) => bad_proof("a hash of the inclusion proof has another length"),
        };
        let Some(checkpoint) = json.checkpoint else {
            return bad_proof("the inclusion proof has no checkpoint");
        };
        Ok(Self {
            index: json.log_index.whole("logIndex")?,
            size: json.tree_size.whole("treeSize")?,
            root: base64::decode(&json.root_hash, "rootHash")?,
            hashes: json.hashes.iter().map(hash).collect::<Result<_, _>>()?,
            checkpoint: checkpoint.envelope,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryJson {
    #[serde(default)]
    log_index: Number,
    log_id: LogIdJson,
    kind_version: KindJson,
    #[serde(default)]
    integrated_time: Option<Number>,
    #[serde(default)]
    inclusion_promise: Option<PromiseJson>,
    #[serde(default)]
    inclusion_proof: Option<ProofJson>,
    canonicalized_body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogIdJson {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindJson {
    kind: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PromiseJson {
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProofJson {
    #[serde(default)]
    log_index: Number,
    root_hash: String,
    tree_size: Number,
    #[serde(default)]
    hashes: Vec<String>,
    #[serde(default)]
    checkpoint: Option<CheckpointJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointJson {
    envelope: String,
}

/// An `int64`, which protobuf's JSON writes as text and reads as a number too. One that is left out
/// is zero.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Plain(i64),
}

impl Default for Number {
    fn default() -> Self {
        Self::Plain(0)
    }
}

impl Number {
    fn seconds(&self) -> Result<i64, AttestError> {
        match self {
            Self::Plain(number) => Ok(*number),
            Self::Text(text) => match text.parse::<i64>() {
                Ok(number) if number.to_string() == *text => Ok(number),
                _ => bad_proof("a number of the entry can not be read"),
            },
        }
    }

    fn whole(&self, field: &str) -> Result<u64, AttestError> {
        let number = self.seconds()?;
        u64::try_from(number).or_else(|_| bad_proof(format!("`{field}` is negative")))
    }
}
