//! Which bytes a version of a dataset is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::resource::{ResourceDescriptor, fault_in};
use super::values::{DigestSet, Timestamp};

/// What the version of a dataset is: the digests of its splits, where they came from, under which
/// terms. Two statements that give one `id` and `version` other digests contradict each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatasetVersion {
    /// What the dataset is called everywhere: a URI, or `owner/name`.
    pub id: String,
    /// The version: any text; it says nothing without the digests.
    pub version: String,
    /// When the data was taken from its sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_time: Option<Timestamp>,
    /// Where the data came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ResourceDescriptor>,
    /// Splits by name, such as `train` and `test`; at least one.
    pub splits: BTreeMap<String, Split>,
    /// Digests of the schema that the records have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<DigestSet>,
    /// Root of a Merkle tree over the records, so that one record can be proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<RecordTree>,
    /// Licence as an SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Whether the people in the data agreed to its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Whether there is personal data in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_data: Option<PersonalData>,
    /// The dataset versions that it was made from, each with a digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<ResourceDescriptor>,
}

/// One split of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Split {
    /// Digests of its bytes; of its layer where it is packed.
    pub digest: DigestSet,
    /// How many records it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// A Merkle tree over the records of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordTree {
    /// How the tree is built: `rfc6962-sha256` is the one that is defined.
    pub algorithm: String,
    /// Digest of the root.
    pub root: DigestSet,
    /// How many records are its leaves.
    pub leaves: u64,
}

/// Whether the people in the data agreed to its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// They agreed.
    Obtained,
    /// No one is in it.
    NotApplicable,
    /// It is used on another legal ground.
    OtherBasis,
    /// They were not asked.
    NotObtained,
    /// It is not known.
    Unknown,
}

/// Whether there is personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersonalData {
    /// There is none.
    None,
    /// It was removed or made unrecognisable.
    Anonymised,
    /// It was replaced by pseudonyms.
    Pseudonymised,
    /// There is.
    Present,
    /// It is not known.
    Unknown,
}

impl DatasetVersion {
    /// The first split that both name with digests that differ, where both claim to be one version
    /// of one dataset (reference §9.2, case 36).
    pub fn conflict<'a>(&'a self, other: &Self) -> Option<&'a str> {
        if self.id != other.id || self.version != other.version {
            return None;
        }
        let differs = |(name, split): &(&'a String, &'a Split)| {
            let theirs = other.splits.get(*name);
            theirs.is_some_and(|theirs| !split.digest.agrees_with(&theirs.digest))
        };
        self.splits.iter().find(differs).map(|(name, _)| name.as_str())
    }
}

impl Predicate for DatasetVersion {
    const TYPE: &'static str = "https://sealkit.dev/attestations/dataset-version/v1";

    fn fault(&self) -> Option<String> {
        if self.id.is_empty() || self.version.is_empty() {
            return Some("`id` and `version` of a dataset are not empty".to_owned());
        }
        if self.splits.is_empty() {
            return Some("a dataset version has at least one split".to_owned());
        }
        if self.parents.iter().any(|parent| parent.digest.is_none()) {
            return Some("a parent is named without a digest".to_owned());
        }
        fault_in(self.sources.iter().chain(&self.parents))
    }
}
