//! AIBOMs that a hub holds, and the key that signs those it made itself.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::Known;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// The key with which a hub signs what it found itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubKeyInfo {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Algorithm of the key.
    pub algorithm: String,
    /// SHA-256 of its DER form, in hex digits.
    pub id: String,
    /// The same, short, as people compare it.
    pub fingerprint: String,
    /// The public key, PEM (`PUBLIC KEY`).
    pub pem: String,
}

/// The AIBOMs that are attached to one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomList {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the version's manifest.
    pub digest: Digest,
    /// The AIBOMs: the hub's own first, the newest before the others, then those that are verified.
    pub aiboms: Vec<AibomEntry>,
    /// Whether there are more than were looked at.
    pub more: bool,
    /// Why the hub made none itself, where it tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl AibomList {
    /// A list in the current version.
    pub fn new(name: String, digest: Digest, aiboms: Vec<AibomEntry>, more: bool) -> Self {
        Self { schema_version: SCHEMA_VERSION, name, digest, aiboms, more, problem: None }
    }
}

/// One AIBOM of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomEntry {
    /// Digest of the manifest that attaches it: its name.
    pub referrer: Digest,
    /// Format of the document with its version, e.g. `CycloneDX 1.6`.
    pub format: String,
    /// Digest of the document.
    pub document: Digest,
    /// Size of the document in bytes.
    pub size: u64,
    /// Whether this hub made and signed it.
    pub own: bool,
    /// Whether its signature is valid, of somebody whom the hub trusts, and about this version.
    pub verified: bool,
    /// Who signed it, as the hub calls them; none where it is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Fingerprint of the key that claims to have signed it, where it is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<String>,
    /// Why it is not verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it came, RFC 3339 in UTC, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    /// Version of SealKit that made it, where this hub did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Where the document is: a path of the same server.
    pub download: String,
}

/// What one AIBOM says, for people: the document itself has all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomSummary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the version's manifest.
    pub digest: Digest,
    /// Which AIBOM it is.
    pub aibom: AibomEntry,
    /// The kit, then everything else but single files: models first, then by kind and name.
    pub components: Vec<AibomComponent>,
    /// How the components that are told belong together; at most 2,000 ties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<AibomRelation>,
    /// How many components there are, single files left out: some may not be told here.
    pub count: u64,
    /// How many single files are listed.
    pub files: u64,
    /// What the AIBOM says of its own completeness, in words.
    pub completeness: Vec<String>,
    /// How much of each profile it says.
    pub scores: Vec<AibomScore>,
}

/// One component of an AIBOM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomComponent {
    /// What it is, e.g. `model` or `library`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its licences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<String>,
    /// Package URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// How it is known that it is there.
    pub known: Known,
    /// What is said of it.
    pub statements: Vec<AibomStatement>,
}

/// A tie between two components of an AIBOM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomRelation {
    /// Place in `components` of where it starts.
    pub from: usize,
    /// Place in `components` of where it ends.
    pub to: usize,
    /// What it means: `contains`, `derived-from`, `trained-on`, `evaluated-on`, `depends-on`, `loads` or `documents`.
    pub relation: String,
    /// More of it: `adapter`, `quantized`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How it is known; declared where the AIBOM does not say.
    pub known: Known,
    /// File and place that say so; empty where the AIBOM does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// Something that an AIBOM says of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomStatement {
    /// What it is, in words.
    pub what: String,
    /// The value, as text.
    pub value: String,
    /// How it is known: `measured`, `attested`, `declared` or `inferred`; empty where the AIBOM does not say.
    pub known: String,
    /// File and place that say so; empty where the AIBOM does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// How much of what a profile asks for an AIBOM says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomScore {
    /// Id of the profile, e.g. `g7-ai`.
    pub profile: String,
    /// What the profile is.
    pub title: String,
    /// How much is said, in percent.
    pub percent: f64,
    /// Elements that are demanded or recommended and not said.
    pub missing: Vec<AibomGap>,
}

/// An element of a profile that an AIBOM does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AibomGap {
    /// Its id in the profile.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Whether the profile demands it.
    pub demanded: bool,
    /// How to supply it.
    pub supply: String,
}
