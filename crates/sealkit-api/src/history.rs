//! What became of a kit on a hub.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// A page of what was done in a repository, as the transparency log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitHistory {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The repository.
    pub name: String,
    /// The acts, the newest first.
    pub acts: Vec<KitAct>,
    /// What to give as `before` for the acts before these; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl KitHistory {
    /// A history in the current version.
    pub fn new(name: String, acts: Vec<KitAct>, next: Option<u64>) -> Self {
        Self { schema_version: SCHEMA_VERSION, name, acts, next }
    }
}

/// Something that was done to the versions of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitAct {
    /// Number of its entry in the log; `/api/v1/log/proof?index=` proves it.
    pub index: u64,
    /// When, by the hub's clock, in seconds since 1970.
    pub time: i64,
    /// Who did it.
    pub actor: String,
    /// What: `tag`, `untag`, `delete`, `verdict`, `quarantine`, `quarantine-lifted` or `advisory`.
    pub act: String,
    /// The tag that was set, moved or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The manifest: where the tag points from then on, or what the act is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Where the tag pointed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Digest>,
    /// What a policy answered: `allow`, `deny` or `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Whether the hub's rules, as they are now, keep this tag from being moved.
    #[serde(default)]
    pub immutable: bool,
}
