//! What the hub knows across all kits: search, impact, and what waits to be looked at.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::{Known, Severity};
use serde::{Deserialize, Serialize};

/// Something that inspection found in a kit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the rule.
    pub rule: String,
    /// The file.
    pub file: String,
    /// Place inside the file: a byte, a line, a JSON pointer; empty for the whole file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What it is, for people.
    pub message: String,
}

/// Someone who signed a statement about a kit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// Name in the trust root of whoever looked, or what the signature claims.
    pub name: String,
    /// What was signed: the predicate type.
    pub statement: String,
    /// Whether the signature was verified under that trust root.
    pub verified: bool,
}

/// A version that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The tags that point at it, sorted.
    pub tags: Vec<String>,
    /// When it came, in seconds since 1970; 0 where nobody knows.
    pub pushed: i64,
    /// Bytes of config and layers together.
    pub size: u64,
    /// Name in its Kitfile.
    pub title: Option<String>,
    /// Description in its Kitfile or card.
    pub description: Option<String>,
    /// Number of parameters of its main model.
    pub parameters: Option<u64>,
    /// Worst finding, none where there is none.
    pub findings: Option<Severity>,
    /// Who signed it, verified.
    pub signers: Vec<String>,
    /// Licences, as they are written.
    pub licences: Vec<String>,
}

/// How many of what was found have a value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FacetCount {
    /// The facet.
    pub facet: String,
    /// The value.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchResult {
    /// Version of this document's form.
    pub schema_version: u32,
    /// How many there are; where `more` is set, at least so many.
    pub total: u64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// One page of them: the best first where there is text to search, else the newest.
    pub hits: Vec<Hit>,
    /// By what they can be narrowed down, the most frequent first.
    pub facets: Vec<FacetCount>,
    /// The offset of the next page; none on the last.
    pub next: Option<u64>,
}

/// One step of a path from a kit to what was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ImpactStep")]
pub struct Step {
    /// Where it starts.
    pub from: String,
    /// What it means: `contains`, `derived-from`, `trained-on`, `depends-on`, `same-bytes-as`, `is`.
    pub relation: String,
    /// Where it ends.
    pub to: String,
    /// How it is known.
    pub known: Known,
    /// File and place that say so; empty where the bytes themselves do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// A version that contains what was asked about, or descends from one that does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Affected {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The tags that point at it, sorted.
    pub tags: Vec<String>,
    /// Derivations between it and a kit that contains the thing itself; 0 for that kit.
    pub distance: u32,
    /// Whether every step is more than a guess and the version is the one asked about.
    pub certain: bool,
    /// How it is affected: from the kit to the thing.
    pub path: Vec<Step>,
    /// Where it holds the tensor, where one was asked about: at most a hundred places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tensors: Vec<HeldTensor>,
}

/// A place of a tensor that was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldTensor {
    /// Path of the file that holds it.
    pub file: String,
    /// What it is called in there.
    pub name: String,
    /// The layer that holds the file, where that is known.
    pub layer: Option<Digest>,
    /// Where it begins in the file, in bytes; none for a file of a compressed layer.
    pub offset: Option<u64>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Every version that something concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Impact {
    /// Version of this document's form.
    pub schema_version: u32,
    /// What was asked about.
    pub question: String,
    /// The versions, those that contain it first, then by repository and digest.
    pub affected: Vec<Affected>,
    /// Whether a bound was met: there may be more.
    pub more: bool,
    /// Versions that were looked through.
    pub searched: u64,
    /// Versions that are not looked at yet: they may be affected too.
    pub waiting: u64,
    /// Versions of which not everything could be read, and that are not among the affected: they may be so too. Where
    /// a tensor was asked about, those with tensors that could not be hashed are among them.
    #[serde(default)]
    pub unread: u64,
    /// Those that wait or could not be read, at most a hundred, with the reason of each.
    #[serde(default)]
    pub open: Vec<OpenVersion>,
    /// Why what was asked about is known to nobody here, and what may be meant: no answer follows from an empty list then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A version of which it could not be told whether something concerns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenVersion {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// Why it could not be told, for people.
    pub reason: String,
}

/// How far the hub's index is behind its store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogState {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Versions in the index.
    pub versions: u64,
    /// Versions that wait to be looked at.
    pub waiting: u64,
    /// Versions whose tensors wait to be hashed.
    #[serde(default)]
    pub tensors_waiting: u64,
    /// The next of them that were tried in vain, at most a hundred.
    pub failing: Vec<FailingJob>,
}

/// A version that could not be looked at so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailingJob {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed the last time.
    pub problem: String,
}
