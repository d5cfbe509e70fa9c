//! What was done on a hub, and how often kits were pulled.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// A page of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubEvents {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The events, the newest first.
    pub events: Vec<HubEvent>,
    /// What to give as `before` for the events before these; none where there are no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

impl HubEvents {
    /// A page in the current version.
    pub fn new(events: Vec<HubEvent>, next: Option<i64>) -> Self {
        Self { schema_version: SCHEMA_VERSION, events, next }
    }
}

/// Something that was done, or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubEvent {
    /// Its number: a later event has a larger one.
    pub number: i64,
    /// When, in seconds since 1970.
    pub time: i64,
    /// Who: a user, `anonymous`, `operator` for commands on the hub's own machine, or `hub`.
    pub actor: String,
    /// What: `SCOPE.ACTION`, e.g. `manifest.push`.
    pub action: String,
    /// Where; none for what concerns the whole hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Which digest, tag or number it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// More for people, e.g. what was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How often it happened: what is refused again and again is one event for each minute.
    pub count: u64,
}

/// How often the manifests of a kit were pulled, the most pulled ones first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PullCounts {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The kit.
    pub name: String,
    /// At most 100.
    pub pulls: Vec<PullCount>,
}

impl PullCounts {
    /// Counts in the current version.
    pub fn new(name: String, pulls: Vec<PullCount>) -> Self {
        Self { schema_version: SCHEMA_VERSION, name, pulls }
    }
}

/// How often one manifest was pulled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PullCount {
    /// The manifest.
    pub digest: Digest,
    /// How often.
    pub count: u64,
    /// When it was last pulled, in seconds since 1970.
    pub last: i64,
}
