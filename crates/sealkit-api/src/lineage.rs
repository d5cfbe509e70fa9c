//! What a version came from and what came from it, as a graph.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::Known;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// The lineage of one version, as far as the hub's kits and verified statements tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitLineage {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest: what was asked for by tag is answered by digest.
    pub digest: Digest,
    /// Whether the hub has looked at this version; where not, only what came from it can be told.
    pub inspected: bool,
    /// The things. The first is the version itself.
    pub nodes: Vec<LineageNode>,
    /// How they belong together.
    pub edges: Vec<LineageEdge>,
    /// Place in `edges` of the tie that is known worst, the nearest of those; none where every tie is attested or
    /// measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weakest: Option<usize>,
    /// Whether things descend from themselves: somebody's word in it is wrong.
    pub circular: bool,
    /// Whether a limit was met: there may be more.
    pub more: bool,
    /// Versions that the hub has not looked at yet: they may belong here too.
    pub waiting: u64,
    /// Whether the hub's trust file changed since some of it was looked at: what was attested then counts as declared.
    pub trust_changed: bool,
}

impl KitLineage {
    /// The lineage of a version of which nothing is known.
    pub fn new(name: String, digest: Digest) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            name,
            digest,
            inspected: false,
            nodes: Vec::new(),
            edges: Vec::new(),
            weakest: None,
            circular: false,
            more: false,
            waiting: 0,
            trust_changed: false,
        }
    }
}

/// A thing of a lineage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageNode {
    /// What it is: `kit`, `base-model`, `dataset`, `external-dataset`, `external-model`, `other`.
    pub kind: String,
    /// What it is called: the repository of a kit, else as a file or a statement names it.
    pub name: String,
    /// Its version, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its digest, `ALGORITHM:HEX`, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How it is known.
    pub known: Known,
    /// Ties between it and the version: above 0 for what it came from, below 0 for what came from it.
    pub steps: i64,
    /// Versions of this hub that it is, or that hold it: of those that whoever asks may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kits: Vec<LineageKit>,
}

/// A version of the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageKit {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The tags that point at it, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// That one thing came from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageEdge {
    /// Place in `nodes` of what came to be.
    pub from: usize,
    /// Place in `nodes` of what it came from.
    pub to: usize,
    /// How: `derived-from`, `trained-on`, `evaluated-on`, `loads`, `same-bytes-as`.
    pub relation: String,
    /// More of it: `adapter`, `quantized`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How it is known: as well as the worst of what it stands on.
    pub known: Known,
    /// File and place, or the statement, that say so; empty where the bytes themselves do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
}
